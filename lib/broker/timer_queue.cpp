// SPDX-License-Identifier: Apache-2.0
//
// The heap of deadlines.

#include "broker/timer_queue.hpp"

namespace leafnats::broker {

void TimerQueue::set(Timed& timed, std::int64_t deadline_ns) {
  if (deadline_ns == Timed::never) {
    remove(timed);
    return;
  }
  const Entry entry{deadline_ns, &timed};
  if (timed.place_ == Timed::not_queued) {
    heap_.push_back(entry);
    sift_up(heap_.size() - 1, entry);
  } else if (deadline_ns < heap_[timed.place_].deadline_ns) {
    sift_up(timed.place_, entry);
  } else {
    sift_down(timed.place_, entry);
  }
}

void TimerQueue::remove(Timed& timed) {
  if (timed.place_ == Timed::not_queued) return;
  const std::size_t index = timed.place_;
  timed.place_ = Timed::not_queued;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  const bool earlier = index > 0 && last.deadline_ns < heap_[(index - 1) / 2].deadline_ns;
  if (earlier) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

void TimerQueue::run(std::int64_t now_ns) {
  while (!heap_.empty() && heap_.front().deadline_ns <= now_ns) {
    Timed& timed = *heap_.front().timed;
    remove(timed);
    timed.on_deadline(now_ns);
  }
}

void TimerQueue::place(std::size_t index, Entry entry) noexcept {
  heap_[index] = entry;
  entry.timed->place_ = static_cast<std::uint32_t>(index);
}

void TimerQueue::sift_up(std::size_t index, Entry entry) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent].deadline_ns <= entry.deadline_ns) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void TimerQueue::sift_down(std::size_t index, Entry entry) noexcept {
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].deadline_ns < heap_[child].deadline_ns) {
      ++child;
    }
    if (entry.deadline_ns <= heap_[child].deadline_ns) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

}  // namespace leafnats::broker
