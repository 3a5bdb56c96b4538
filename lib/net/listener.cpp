// SPDX-License-Identifier: Apache-2.0
//
// Listening and accepting.

#include "net/listener.hpp"

#include <chrono>

namespace leafnats::net {
namespace {

// Connections accepted at one wake-up; the rest has to wait for a turn.
constexpr int accepts_per_turn_max = 32;

// After running out of descriptors: time for some to be closed.
constexpr std::chrono::milliseconds retry_pause{100};

Error failure(const std::string& host, std::uint16_t port, const asio::error_code& error) {
  const Errc code =
      error == asio::error::address_in_use ? Errc::address_in_use : Errc::io_error;
  const std::string why =
      code == Errc::address_in_use ? "address already in use" : error.message();
  return {code, "listen tcp " + host + ":" + std::to_string(port) + ": bind: " + why};
}

}  // namespace

Listener::Listener(Reactor& reactor, OnAccept on_accept)
    : reactor_(reactor),
      on_accept_(std::move(on_accept)),
      acceptor_(reactor.io()),
      retry_timer_(reactor.io()) {}

Result<void> Listener::open(const std::string& host, std::uint16_t port) {
  asio::error_code error;
  asio::ip::tcp::resolver resolver(reactor_.io());
  const auto found = resolver.resolve(host, std::to_string(port),
                                      asio::ip::resolver_base::passive |
                                          asio::ip::resolver_base::numeric_service,
                                      error);
  if (error || found.empty()) return failure(host, port, error);
  const asio::ip::tcp::endpoint wanted = found.begin()->endpoint();
  acceptor_.open(wanted.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(wanted, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) {
    asio::error_code ignored;
    acceptor_.close(ignored);
    return failure(host, port, error);
  }
  return {};
}

void Listener::start() { wait(); }

void Listener::close() {
  asio::error_code ignored;
  acceptor_.close(ignored);
  retry_timer_.cancel();
}

void Listener::wait() {
  acceptor_.async_wait(asio::socket_base::wait_read, [this](const asio::error_code& error) {
    if (!error) accept_waiting();
  });
}

void Listener::accept_waiting() {
  for (int i = 0; i < accepts_per_turn_max; ++i) {
    asio::ip::tcp::socket socket(reactor_.io());
    asio::error_code error;
    acceptor_.accept(socket, error);
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    if (error == asio::error::no_descriptors || error == asio::error::no_memory) {
      retry_timer_.expires_after(retry_pause);
      retry_timer_.async_wait([this](const asio::error_code& cancelled) {
        if (!cancelled) wait();
      });
      return;
    }
    // Anything else concerns the one connection, which gave up before we took it.
    if (!error) on_accept_(std::move(socket));
  }
  if (acceptor_.is_open()) wait();
}

}  // namespace leafnats::net
