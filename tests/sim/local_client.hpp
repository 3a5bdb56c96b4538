// SPDX-License-Identifier: Apache-2.0
//
// An in-process client. Its operations run as tasks of its shard, and take effect there at once;
// its PONG is that the other shards have settled.
#pragma once

#include "broker/local_session.hpp"
#include "client.hpp"

#include <functional>
#include <utility>

namespace leafnats::sim {

class LocalClient final : public Client, private broker::LocalSink {
 public:
  LocalClient(Stage& stage, SimServer& server);

  void subscribe(std::string pattern, std::string queue) override;
  void unsubscribe(SubscriptionRecord& subscription, std::uint32_t max) override;
  void publish(const Publication& publication) override;
  void ping() override;
  void stall(std::int64_t) override {}  // it has no wire that could fill
  void leave(bool orderly) override;
  void lose_server() override;
  [[nodiscard]] bool idle() const override { return tasks_ == 0 && pings_.empty(); }

 private:
  void on_messages(std::vector<broker::LocalDelivery>& messages) override;
  void on_closed() override {}

  /// Runs `task` in a turn, if the session is still there.
  void post(std::function<void()> task);
  void publish_now(const Publication& publication);
  void answer_pings();

  const unsigned shard_;
  broker::LocalSession* session_ = nullptr;
  std::deque<std::uint64_t> records_;  // of pings_: what must have settled
  int tasks_ = 0;
  bool in_turn_ = false;
};

}  // namespace leafnats::sim
