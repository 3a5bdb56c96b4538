// SPDX-License-Identifier: Apache-2.0
//
// The loop of a shard's thread.

#include "net/reactor.hpp"

#include "base/assert.hpp"

#include <asio/post.hpp>

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <future>

namespace leafnats::net {
namespace {

// Handlers in one turn at most: enough to batch what became ready together, few enough that
// nobody waits long for the flush.
constexpr int handlers_per_turn_max = 64;

// How long a measurement of the load takes.
constexpr std::chrono::milliseconds load_period{200};

std::int64_t read_clock(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::int64_t now_ns() noexcept { return read_clock(CLOCK_MONOTONIC); }

Reactor::Reactor(base::ShardId id, broker::Context& context, broker::Shell& shell)
    : work_(io_.get_executor()), shard_(id, context, shell), timer_(io_), load_timer_(io_) {}

Reactor::~Reactor() { LEAFNATS_ASSERT(!thread_.joinable()); }

void Reactor::start() {
  thread_ = std::thread([this] {
    thread_id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    run();
  });
}

void Reactor::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    enter();
    shard_.close_all();
    stopping_ = true;
  });
  thread_.join();
}

bool Reactor::post(std::function<void()> task) {
  if (stopped_.load(std::memory_order_acquire)) return false;
  asio::post(io_, [this, task = std::move(task)] {
    enter();
    task();
  });
  return true;
}

void Reactor::wake() {
  if (woken_.exchange(true)) return;
  asio::post(io_, [this] {
    // Cleared first: whoever fills a mailbox from here on wakes us again.
    woken_.store(false);
    enter();
    shard_.apply_mailboxes();
  });
}

void Reactor::enter() {
  if (turn_open_) return;
  turn_open_ = true;
  shard_.begin_turn(now_ns());
  if (!measuring_) measure_load();
}

void Reactor::run() {
  pthread_setname_np(pthread_self(), "leafnats");
  while (!stopping_) {
    io_.run_one();
    for (int i = 1; i < handlers_per_turn_max && io_.poll_one() != 0; ++i) {
    }
    if (turn_open_) close_turn();
  }
  stopped_.store(true, std::memory_order_release);
  timer_.cancel();
  load_timer_.cancel();
}

void Reactor::close_turn() {
  shard_.run_timers();
  shard_.end_turn();
  turn_open_ = false;
  publish_statistics();
  arm_timer();
}

void Reactor::arm_timer() {
  const std::int64_t deadline = shard_.next_deadline();
  // A timer that is armed too early costs one empty turn; moving it on every turn would cost a
  // system call each.
  if (deadline >= armed_for_ns_) return;
  armed_for_ns_ = deadline;
  timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(deadline)));
  timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    armed_for_ns_ = broker::Timed::never;
    enter();
  });
}

void Reactor::measure_load() {
  measuring_ = true;
  measured_wall_ns_ = now_ns();
  measured_cpu_ns_ = read_clock(CLOCK_THREAD_CPUTIME_ID);
  load_timer_.expires_after(load_period);
  load_timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    // Only a turn starts the next measurement, so that an idle shard sleeps for good.
    measuring_ = false;
    const auto wall = static_cast<double>(now_ns() - measured_wall_ns_);
    const auto cpu = static_cast<double>(read_clock(CLOCK_THREAD_CPUTIME_ID) - measured_cpu_ns_);
    cpu_share_.store(cpu / std::max(wall, 1.0), std::memory_order_relaxed);
  });
}

void Reactor::publish_statistics() {
  const std::lock_guard lock(statistics_mutex_);
  published_ = static_cast<const broker::Shard&>(shard_).statistics();
}

broker::ShardStatistics Reactor::statistics() const {
  const std::lock_guard lock(statistics_mutex_);
  return published_;
}

}  // namespace leafnats::net
