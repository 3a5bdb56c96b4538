// SPDX-License-Identifier: Apache-2.0
//
// Virtual time: a queue of events, ordered by time and then by when they were planned. Timers are
// told from work, so that the world knows when nothing is left to happen but to wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace leafnats::sim {

inline constexpr std::int64_t us = 1'000;
inline constexpr std::int64_t ms = 1'000'000;
inline constexpr std::int64_t seconds = 1'000'000'000;

class Scheduler {
 public:
  enum class Kind : std::uint8_t { work, timer };
  using Event = std::function<void()>;

  [[nodiscard]] std::int64_t now() const noexcept { return now_ns_; }
  [[nodiscard]] bool has_work() const noexcept { return work_ > 0; }
  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }

  void after(std::int64_t delay_ns, Event event) { at(now_ns_ + delay_ns, std::move(event)); }
  void at(std::int64_t when_ns, Event event, Kind kind = Kind::work) {
    if (kind == Kind::work) ++work_;
    queue_.push({when_ns < now_ns_ ? now_ns_ : when_ns, next_++, kind, std::move(event)});
  }

  /// Moves time to the next event and lets it happen. There must be one.
  void run_next() {
    // The entry leaves the queue before it runs: it may plan others.
    Entry entry = std::move(const_cast<Entry&>(queue_.top()));
    queue_.pop();
    if (entry.kind == Kind::work) --work_;
    now_ns_ = entry.when_ns;
    entry.event();
  }

 private:
  struct Entry {
    std::int64_t when_ns;
    std::uint64_t number;
    Kind kind;
    Event event;
    bool operator<(const Entry& other) const noexcept {  // the top is the largest
      return when_ns != other.when_ns ? when_ns > other.when_ns : number > other.number;
    }
  };

  std::priority_queue<Entry> queue_;
  std::int64_t now_ns_ = 1 * seconds;  // not 0, which the broker uses for "not set"
  std::uint64_t next_ = 0;
  std::size_t work_ = 0;
};

}  // namespace leafnats::sim
