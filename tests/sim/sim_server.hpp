// SPDX-License-Identifier: Apache-2.0
//
// A server under virtual time: what net/ does with threads and sockets is done here with events.
// Each shard has a queue of tasks, and a turn takes a random number of them after a random
// delay, so that shards overtake each other as threads would.
#pragma once

#include "broker/context.hpp"
#include "broker/mailbox.hpp"
#include "broker/shard.hpp"
#include "stage.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace leafnats::sim {

class SimServer final : public broker::Shell {
 public:
  SimServer(Stage& stage, int index);
  ~SimServer() override;

  [[nodiscard]] int index() const noexcept { return index_; }
  [[nodiscard]] broker::Context& context() noexcept { return context_; }
  [[nodiscard]] broker::Shard& shard(unsigned i) { return *shards_[i].shard; }

  /// Where a new connection goes: any shard at work.
  [[nodiscard]] unsigned place();
  /// Puts the next shard to work, unless one is being put to work or all are.
  void activate_next();

  /// Shard `i` gets no processor for a while.
  void nap(unsigned i, std::int64_t duration_ns);
  [[nodiscard]] unsigned shards() const noexcept { return static_cast<unsigned>(shards_.size()); }

  /// Runs `task` inside a turn of shard `i`.
  void post(unsigned i, std::function<void()> task);
  /// Runs `hook` after each turn of shard `i`, for in-process clients.
  void add_after_turn(unsigned i, std::function<void()> hook);

  void wake(base::ShardId shard) override;

  // ---- At rest ----

  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::size_t sessions() const;
  [[nodiscard]] std::int64_t subscriptions() const;
  [[nodiscard]] const std::string& mark() const noexcept {
    return context_.identity.loop_detection_subject;
  }
  /// Connections that were cut off as slow consumers.
  [[nodiscard]] bool was_slow(std::uint64_t connection) const { return slow_.contains(connection); }

 private:
  class SimEntropy final : public base::Entropy {
   public:
    explicit SimEntropy(base::Random& random) noexcept : random_(random) {}
    void fill(std::span<unsigned char> bytes) override;

   private:
    base::Random& random_;
  };

  /// Lets everybody in; now and then it has to think about it.
  class OpenDoor final : public auth::Authenticator {
   public:
    explicit OpenDoor(SimServer& server) noexcept : server_(server) {}
    [[nodiscard]] bool required(auth::Entrance) const override { return true; }
    std::optional<auth::Login> login(const auth::LoginRequest& request) override;

   private:
    SimServer& server_;
  };

  struct SimShard {
    std::unique_ptr<broker::Shard> shard;
    std::deque<std::function<void()>> tasks;
    std::vector<std::function<void()>> after_turn;
    std::int64_t armed_for_ns = broker::Timed::never;
    std::int64_t asleep_until_ns = 0;
    bool turn_planned = false;
    bool woken = false;
  };

  void introduce();
  void activate(unsigned index);
  void attach_pair(unsigned veteran, unsigned novice);
  void plan_turn(unsigned i);
  void turn(unsigned i);
  void arm_timer(unsigned i);
  [[nodiscard]] broker::Mailbox& mailbox(unsigned from, unsigned to) {
    return *mailboxes_[from * shards_.size() + to];
  }

  Stage& stage_;
  const int index_;
  SimEntropy entropy_;
  broker::Context context_;
  OpenDoor authenticator_;
  std::vector<std::unique_ptr<broker::Mailbox>> mailboxes_;
  std::vector<SimShard> shards_;
  std::set<std::uint64_t> slow_;
  unsigned at_work_ = 1;
  bool ended_ = false;
  unsigned attachments_missing_ = 0;
};

}  // namespace leafnats::sim
