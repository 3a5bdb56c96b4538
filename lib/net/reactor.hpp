// SPDX-License-Identifier: Apache-2.0
//
// One shard and the thread that runs it. The reactor waits with Asio, turns what became ready
// into turns of the shard, and is the one door through which other threads get work in.
//
// A turn spans everything that was ready at one wake-up, so that a connection which got messages
// from several publishers is flushed once.
//
// Thread: post(), wake() and cpu_share() from any; the rest on the reactor's own thread.
#pragma once

#include "broker/shard.hpp"
#include "net/shard_access.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace leafnats::net {

class Reactor final : public ShardAccess {
 public:
  Reactor(base::ShardId id, broker::Context& context, broker::Shell& shell);
  ~Reactor() override;

  /// Starts the thread. Work that was posted before runs first.
  void start();
  /// Ends the shard's sessions, then the thread, and waits for it. Not from its own thread.
  void stop();

  [[nodiscard]] broker::Shard& shard() override { return shard_; }
  [[nodiscard]] bool on_shard_thread() const override {
    return std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed);
  }
  bool post(std::function<void()> task) override;

  /// Makes the shard look into its mailboxes; costs nothing if it was told already.
  void wake();

  /// Opens a turn unless one is open. Every handler calls this before it touches the shard.
  void enter();

  [[nodiscard]] asio::io_context& io() noexcept { return io_; }

  /// The share of one core that the thread used lately, 0 to 1.
  [[nodiscard]] double cpu_share() const noexcept {
    return cpu_share_.load(std::memory_order_relaxed);
  }

  /// Takes the counters as they were at the end of the last turn.
  [[nodiscard]] broker::ShardStatistics statistics() const;

 private:
  void run();
  void close_turn();
  void arm_timer();
  void measure_load();
  void publish_statistics();

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  broker::Shard shard_;
  asio::steady_timer timer_;
  asio::steady_timer load_timer_;
  std::int64_t armed_for_ns_ = broker::Timed::never;
  std::int64_t measured_wall_ns_ = 0;
  std::int64_t measured_cpu_ns_ = 0;
  bool turn_open_ = false;
  bool measuring_ = false;
  bool stopping_ = false;

  std::thread thread_;
  // Relaxed: set once before any handler runs, read to compare with one's own.
  std::atomic<std::thread::id> thread_id_{};
  std::atomic<bool> woken_{false};      // a wake-up is under way; coalesces the rest
  std::atomic<bool> stopped_{false};    // no task will run any more
  std::atomic<double> cpu_share_{0.0};  // relaxed: a hint for placing connections

  // A copy for readers on other threads; the mutex is taken once a turn and once a query.
  mutable std::mutex statistics_mutex_;
  broker::ShardStatistics published_;
};

/// Nanoseconds of the clock that all turns use.
[[nodiscard]] std::int64_t now_ns() noexcept;

}  // namespace leafnats::net
