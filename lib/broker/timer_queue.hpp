// SPDX-License-Identifier: Apache-2.0
//
// Deadlines of one shard: a binary heap whose entries know their place in it, so that a deadline
// moves without allocation. Nothing is armed for what is not pending, so an idle shard sleeps.
//
// Thread: its shard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace leafnats::broker {

/// Something with one deadline. The owner must outlive its stay in the queue, or leave it first.
class Timed {
 public:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  /// The deadline has passed; it was taken out of the queue before the call.
  virtual void on_deadline(std::int64_t now_ns) = 0;

 protected:
  Timed() = default;
  virtual ~Timed() = default;

 private:
  friend class TimerQueue;
  static constexpr std::uint32_t not_queued = ~std::uint32_t{0};
  std::uint32_t place_ = not_queued;
};

class TimerQueue {
 public:
  /// Sets or moves the deadline of `timed`; `never` takes it out.
  void set(Timed& timed, std::int64_t deadline_ns);
  void remove(Timed& timed);

  /// The earliest deadline, or Timed::never.
  [[nodiscard]] std::int64_t next() const noexcept {
    return heap_.empty() ? Timed::never : heap_.front().deadline_ns;
  }

  /// Calls on_deadline for all that are due. Those may set deadlines again.
  void run(std::int64_t now_ns);

 private:
  struct Entry {
    std::int64_t deadline_ns;
    Timed* timed;
  };

  void place(std::size_t index, Entry entry) noexcept;
  void sift_up(std::size_t index, Entry entry) noexcept;
  void sift_down(std::size_t index, Entry entry) noexcept;

  std::vector<Entry> heap_;
};

}  // namespace leafnats::broker
