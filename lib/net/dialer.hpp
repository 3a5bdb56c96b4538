// SPDX-License-Identifier: Apache-2.0
//
// One attempt to connect to a host by name: resolves it, and lets its addresses race. They stand
// in the resolver's order with the families taking turns; each gets a head start of 250 ms before
// the next one is tried beside it, and the first that answers wins (RFC 8305, "happy eyeballs").
// So a family that leads nowhere costs a quarter of a second, not the whole timeout.
//
// Thread: that of its io_context. A dialer does one attempt at a time; cancel() or the destructor
// ends it, and its handler is not called any more.
#pragma once

#include <leafnats/events.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace leafnats::net {

class Dialer {
 public:
  using Endpoint = asio::ip::tcp::endpoint;

  /// A socket, or why there is none.
  struct Outcome {
    asio::ip::tcp::socket* socket = nullptr;  ///< to be moved from; null: failed
    LinkReason reason = LinkReason::none;
    std::string words;                        ///< "connection refused"
  };
  using Handler = std::function<void(Outcome outcome)>;

  explicit Dialer(asio::io_context& io);
  ~Dialer();

  /// `timeout` is for all of it.
  void dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
            Handler handler);
  void cancel();

 private:
  // Shared with the handlers under way, so that those which come late find it ended.
  struct Attempt;

  asio::io_context& io_;
  std::shared_ptr<Attempt> attempt_;
};

/// The order of the race: families take turns, beginning with that of the first address.
[[nodiscard]] std::vector<Dialer::Endpoint> racing_order(std::vector<Dialer::Endpoint> endpoints);

}  // namespace leafnats::net
