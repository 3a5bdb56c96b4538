// SPDX-License-Identifier: Apache-2.0
//
// Shards for the tests of in-process clients, without sockets. By hand, a test runs each turn
// itself under a clock that it moves, so that everything is decided; with run_on_thread() a real
// thread takes the turns, for the calls that block.
#pragma once

#include "base/random.hpp"
#include "broker/context.hpp"
#include "broker/mailbox.hpp"
#include "broker/shard.hpp"
#include "net/shard_access.hpp"
#include "server/client_core.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace leafnats::test {

/// A sequence from a fixed seed.
class SeededEntropy final : public base::Entropy {
 public:
  void fill(std::span<unsigned char> bytes) override {
    const std::lock_guard lock(mutex_);
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random_.next());
  }

 private:
  std::mutex mutex_;
  base::Random random_{7};
};

class AdmitAll final : public auth::Authenticator {
 public:
  bool required(auth::Entrance) const override { return false; }
  std::optional<auth::Login> login(const auth::LoginRequest&) override {
    auth::Login login;
    login.accepted = true;
    return login;
  }
};

class FakeShard final : public net::ShardAccess {
 public:
  FakeShard(base::ShardId id, broker::Context& context, broker::Shell& shell)
      : shard_(std::make_unique<broker::Shard>(id, context, shell)) {}
  ~FakeShard() override { stop(); }

  broker::Shard& shard() override { return *shard_; }
  bool on_shard_thread() const override { return turning_.load() == std::this_thread::get_id(); }

  bool post(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return false;
      ++posts_;
      tasks_.push_back(std::move(task));
    }
    work_.notify_all();
    return true;
  }

  /// What Shell::wake() does for this shard.
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    work_.notify_all();
  }

  /// One turn at `now_ns`, with all tasks that are there or come meanwhile.
  void turn(std::int64_t now_ns) {
    turning_.store(std::this_thread::get_id());
    shard_->begin_turn(now_ns);
    while (std::function<void()> task = take_task()) task();
    shard_->apply_mailboxes();
    shard_->run_timers();
    shard_->end_turn();
    turning_.store(std::thread::id());
  }

  [[nodiscard]] bool has_work(std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    return has_work_locked(now_ns);
  }

  /// Tasks that were ever posted.
  [[nodiscard]] int posts() {
    const std::lock_guard lock(mutex_);
    return posts_;
  }

  void run_on_thread() {
    thread_ = std::thread([this] { loop(); });
  }

  /// The end of a server: no turn any more, tasks that were not run are dropped, the shard ends.
  void stop() {
    std::deque<std::function<void()>> dropped;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      dropped.swap(tasks_);
    }
    work_.notify_all();
    if (thread_.joinable()) thread_.join();
    dropped.clear();
    shard_.reset();
  }

 private:
  std::function<void()> take_task() {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    if (tasks_.empty()) return nullptr;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  bool has_work_locked(std::int64_t now_ns) {
    return !tasks_.empty() || woken_ || shard_->next_deadline() <= now_ns;
  }

  static std::int64_t steady_ns() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }

  void loop() {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        const auto ready = [&] { return stopped_ || has_work_locked(steady_ns()); };
        if (shard_->next_deadline() == broker::Timed::never) {
          work_.wait(lock, ready);
        } else {
          work_.wait_until(lock,
                           std::chrono::steady_clock::time_point(
                               std::chrono::nanoseconds(shard_->next_deadline())),
                           ready);
        }
        if (stopped_) return;
      }
      turn(steady_ns());
    }
  }

  std::unique_ptr<broker::Shard> shard_;
  std::atomic<std::thread::id> turning_{};
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::function<void()>> tasks_;
  int posts_ = 0;
  bool woken_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

/// One or more shards that know each other.
class FakeServer final : public broker::Shell {
 public:
  explicit FakeServer(unsigned shards = 1, Options options = {}) {
    context_.options = std::move(options);
    context_.entropy = &entropy_;
    context_.authenticator = &admit_all_;
    for (unsigned i = 0; i < shards; ++i) {
      shards_.push_back(std::make_shared<FakeShard>(base::ShardId{static_cast<std::uint8_t>(i)},
                                                    context_, *this));
    }
    for (unsigned a = 0; a < shards; ++a) {
      for (unsigned b = a + 1; b < shards; ++b) attach(*shards_[a], *shards_[b]);
    }
  }
  ~FakeServer() override { stop(); }

  [[nodiscard]] FakeShard& shard(unsigned index = 0) { return *shards_[index]; }

  [[nodiscard]] Client connect(unsigned shard = 0, const ClientOptions& options = {}) {
    return server::make_client(shards_[shard], options);
  }

  /// Turns of all shards until nothing is to be done at the present time.
  void settle() {
    for (bool worked = true; worked;) {
      worked = false;
      for (auto& shard : shards_) {
        if (!shard->has_work(now_ns_)) continue;
        shard->turn(now_ns_);
        worked = true;
      }
    }
  }

  void advance(std::chrono::milliseconds time) {
    now_ns_ += broker::to_ns(time);
    settle();
  }

  void turn(unsigned shard = 0) { shards_[shard]->turn(now_ns_); }

  void run_on_threads() {
    for (auto& shard : shards_) shard->run_on_thread();
  }

  void stop() {
    for (auto& shard : shards_) shard->stop();
  }

  void wake(base::ShardId shard) override { shards_[base::to_index(shard)]->wake(); }

 private:
  void attach(FakeShard& a, FakeShard& b) {
    mailboxes_.push_back(std::make_unique<broker::Mailbox>());
    broker::Mailbox& to_b = *mailboxes_.back();
    mailboxes_.push_back(std::make_unique<broker::Mailbox>());
    broker::Mailbox& to_a = *mailboxes_.back();
    a.shard().attach_peer(b.shard().id(), to_b, to_a);
    b.shard().attach_peer(a.shard().id(), to_a, to_b);
  }

  SeededEntropy entropy_;
  AdmitAll admit_all_;
  broker::Context context_;
  std::vector<std::unique_ptr<broker::Mailbox>> mailboxes_;
  std::vector<std::shared_ptr<FakeShard>> shards_;
  std::int64_t now_ns_ = 1'000'000'000;
};

}  // namespace leafnats::test
