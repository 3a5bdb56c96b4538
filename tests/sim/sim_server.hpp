// SPDX-License-Identifier: Apache-2.0
//
// A server under virtual time: what net/ does with threads and sockets is done here with events.
// Each shard has a queue of tasks, and a turn takes a random number of them after a random
// delay, so that shards overtake each other as threads would. A server may die at any moment and
// start anew, with nothing but its name; events that were planned for the dead one do nothing.
#pragma once

#include "broker/loop_mark.hpp"
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
  SimServer(Stage& stage, int index, const ServerPlan& plan);
  ~SimServer() override;

  /// Everything on it is gone at once. Whoever is connected must have been told before.
  void restart();

  [[nodiscard]] int index() const noexcept { return index_; }
  [[nodiscard]] broker::Context& context() noexcept { return process_->context; }
  [[nodiscard]] broker::Shard& shard(unsigned i) { return *process_->shards[i].shard; }

  /// Where a new connection goes: any shard at work.
  [[nodiscard]] unsigned place();
  /// Puts the next shard to work, unless one is being put to work or all are.
  void activate_next();
  [[nodiscard]] bool starting() const noexcept { return process_->attachments_missing > 0; }

  /// Shard `i` gets no processor for a while.
  void nap(unsigned i, std::int64_t duration_ns);
  [[nodiscard]] unsigned shards() const noexcept { return plan_.shards; }

  /// Runs `task` inside a turn of shard `i`.
  void post(unsigned i, std::function<void()> task);
  /// Runs `hook` after each turn of shard `i`, for in-process clients.
  void add_after_turn(unsigned i, std::function<void()> hook);

  void wake(base::ShardId shard) override;

  // ---- At rest ----

  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::size_t sessions() const;
  [[nodiscard]] std::int64_t subscriptions() const;
  /// What the loop marks of all its links begin with.
  [[nodiscard]] std::string mark() const {
    const std::string& mark = process_->context.identity.loop_detection_subject;
    return mark.substr(0, mark.size() - broker::loop_mark_code_size);
  }
  /// A link carries no messages because a loop was found on it.
  [[nodiscard]] bool suspends() const { return !suspended_.empty(); }
  /// Connections that were cut off as slow consumers.
  [[nodiscard]] bool was_slow(std::uint64_t connection) const {
    return process_->slow.contains(connection);
  }

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

  /// What dies with the server.
  struct Process {
    explicit Process(SimServer& server) : door(server) {}

    OpenDoor door;
    broker::Context context;
    std::vector<std::unique_ptr<broker::Mailbox>> mailboxes;
    std::vector<SimShard> shards;
    std::set<std::uint64_t> slow;
    unsigned at_work = 1;
    unsigned attachments_missing = 0;
    bool ended = false;
  };

  void start();
  void configure(Options& options);
  void introduce();
  void activate(unsigned index);
  void attach_pair(unsigned veteran, unsigned novice);
  void attached(unsigned novice);
  void plan_turn(unsigned i);
  void turn(unsigned i);
  void arm_timer(unsigned i);
  /// Plans `event`, unless the process is another one by then.
  void plan_event(std::int64_t when_ns, std::function<void()> event, Scheduler::Kind kind);
  [[nodiscard]] broker::Mailbox& mailbox(unsigned from, unsigned to) {
    return *process_->mailboxes[from * plan_.shards + to];
  }

  Stage& stage_;
  const int index_;
  const ServerPlan plan_;
  SimEntropy entropy_;
  int processes_ = 0;
  std::unique_ptr<Process> process_;
  std::set<std::uint64_t> suspended_;  // links by their connection
};

}  // namespace leafnats::sim
