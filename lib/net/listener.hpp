// SPDX-License-Identifier: Apache-2.0
//
// A listening socket. What it accepts is handed to whoever asked, as a connected socket.
//
// Thread: its reactor's.
#pragma once

#include "net/reactor.hpp"

#include <leafnats/result.hpp>

#include <asio/ip/tcp.hpp>

#include <functional>
#include <string>

namespace leafnats::net {

class Listener {
 public:
  /// Takes a connected socket, still bound to the listener's io_context.
  using OnAccept = std::function<void(asio::ip::tcp::socket socket)>;

  Listener(Reactor& reactor, OnAccept on_accept);

  /// Binds and listens. Errors: address_in_use, invalid_argument, io_error; the context names the
  /// endpoint. May be called on any thread before the reactor starts.
  Result<void> open(const std::string& host, std::uint16_t port);

  /// Begins to accept.
  void start();
  void close();

  /// Where it listens, with the port that the system chose for 0.
  [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return endpoint_; }

 private:
  void wait();
  void accept_waiting();

  Reactor& reactor_;
  const OnAccept on_accept_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer retry_timer_;
  asio::ip::tcp::endpoint endpoint_;
};

}  // namespace leafnats::net
