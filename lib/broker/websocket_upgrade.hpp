// SPDX-License-Identifier: Apache-2.0
//
// A connection to the WebSocket listener until its HTTP request has been answered. The request
// tells what it is to be: a client's or a leaf's session then takes the stream over and this one
// ends without a word. Nothing is parsed here: before the answer there are no operations.
//
// Limit: what a filter holds before it is open; handshake_timeout.
// Thread: its shard's.
#pragma once

#include "broker/session.hpp"
#include "wire/websocket_handshake.hpp"

#include <leafnats/options.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leafnats::broker {

/// What the listener of these options demands and offers. They were validated.
[[nodiscard]] wire::UpgradePolicy make_upgrade_policy(const Options& options);

class WebSocketUpgrade final : public Session {
 public:
  WebSocketUpgrade(Shard& shard, base::ConnectionId id, Transport& transport, std::string address);

  /// Begins to wait for the request.
  void open();

  // ---- For monitoring, which shows it as a client that has not logged in ----
  void for_each_subscription(const SubscriptionVisit&) const override {}
  [[nodiscard]] std::size_t subscription_count() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t last_input_ns() const noexcept override { return started_ns(); }
  [[nodiscard]] std::int64_t rtt_ns() const noexcept override { return 0; }

 private:
  void on_operation(const wire::Op&) override {}
  void on_fault(wire::Fault, std::string_view) override {}
  void on_close(CloseReason reason, std::string_view detail) override;
  void on_timer(std::int64_t now_ns) override;
  void describe_more(ConnectionDescription&) const override {}
  [[nodiscard]] std::int64_t next_timer() const noexcept override { return deadline_ns_; }
  bool admits_first_byte(char) override { return false; }
  void on_input() override {}
  void on_stream_open() override;

  std::int64_t deadline_ns_ = never;
};

}  // namespace leafnats::broker
