// SPDX-License-Identifier: Apache-2.0
//
// A client behind a simulated wire. It writes and reads the protocol on its own, without wire/.
#pragma once

#include "client.hpp"
#include "pipe.hpp"
#include "server_end.hpp"

#include <string>
#include <string_view>

namespace leafnats::sim {

class WireClient final : public Client {
 public:
  /// Connects to any shard of `server`, and subscribes to its inbox.
  WireClient(Stage& stage, SimServer& server);

  void subscribe(std::string pattern, std::string queue) override;
  void unsubscribe(SubscriptionRecord& subscription, std::uint32_t max) override;
  void publish(const Publication& publication) override;
  void ping() override;
  void stall(std::int64_t duration_ns) override;
  void leave(bool orderly) override;
  void lose_server() override;
  [[nodiscard]] bool idle() const override;

 private:
  void connect();
  void send(std::string_view bytes);
  void pump();
  void on_readable();
  bool take_operation();
  bool take_message(std::string_view line, std::size_t line_end);
  void on_end();

  Pipe to_server_;
  Pipe to_client_;
  ServerEnd end_;
  std::string unsent_;
  std::string input_;
  std::size_t begin_ = 0;           // of what is not parsed yet
  std::int64_t stalled_until_ns_ = 0;
  bool finishing_ = false;          // leaves when unsent_ is out
};

}  // namespace leafnats::sim
