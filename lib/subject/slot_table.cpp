// SPDX-License-Identifier: Apache-2.0
//
// Insertion shifts up to the next gap, removal shifts back over it.

#include "subject/slot_table.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <new>

namespace leafnats::subject {
namespace {

constexpr std::uint32_t capacity_min = 8;
// Slots behind the last home when a table is built; more are added should they ever be needed.
constexpr std::size_t tail_slots = 8;

/// Above this many records the table grows: 80 % keeps a probe within one or two cache lines.
constexpr std::uint64_t fill_max(std::uint64_t capacity) { return capacity * 4 / 5; }
/// Below this many it shrinks, well apart from growing, so that nothing swings between the two.
constexpr std::uint64_t fill_min(std::uint64_t capacity) { return capacity / 4; }

}  // namespace

void SlotTable::insert(std::uint64_t hash, Ref ref) {
  if (size_ + std::uint64_t{1} > fill_max(capacity_)) {
    const std::uint64_t larger = std::max<std::uint64_t>(capacity_min, capacity_ * 3ull / 2);
    if (larger > UINT32_MAX) throw std::bad_alloc();
    rebuild(static_cast<std::uint32_t>(larger));
  }
  const std::uint64_t slot = key_of(hash) | ref;
  std::size_t at = home_of(slot);
  while (slots_[at] < slot) ++at;
  std::size_t gap = at;
  while (slots_[gap] != vacant) ++gap;
  if (gap + 1 == slots_.size()) lengthen_tail(gap + 2);
  std::copy_backward(slots_.begin() + static_cast<std::ptrdiff_t>(at),
                     slots_.begin() + static_cast<std::ptrdiff_t>(gap),
                     slots_.begin() + static_cast<std::ptrdiff_t>(gap) + 1);
  slots_[at] = slot;
  ++size_;
}

void SlotTable::erase(std::uint64_t hash, Ref ref) noexcept {
  LEAFNATS_ASSERT(size_ != 0);
  const std::uint64_t slot = key_of(hash) | ref;
  std::size_t at = home_of(slot);
  while (slots_[at] < slot) ++at;
  LEAFNATS_ASSERT(slots_[at] == slot);
  // Whoever was pushed beyond its home by this slot moves back.
  for (; slots_[at + 1] != vacant && home_of(slots_[at + 1]) <= at; ++at) {
    slots_[at] = slots_[at + 1];
  }
  slots_[at] = vacant;
  --size_;
  if (size_ == 0) {
    slots_ = std::vector<std::uint64_t>();
    capacity_ = 0;
  } else if (capacity_ > capacity_min && size_ < fill_min(capacity_)) {
    rebuild(std::max(capacity_min, size_ * 2));
  }
}

void SlotTable::rebuild(std::uint32_t capacity) {
  std::vector<std::uint64_t> old = std::move(slots_);
  capacity_ = capacity;
  slots_ = std::vector<std::uint64_t>(std::size_t{capacity} + tail_slots, vacant);
  std::size_t next = 0;
  for (const std::uint64_t slot : old) {
    if (slot == vacant) continue;
    const std::size_t at = std::max(next, home_of(slot));
    if (at + 1 >= slots_.size()) lengthen_tail(at + 2);
    slots_[at] = slot;
    next = at + 1;
  }
}

/// Makes it at least so many slots. By hand, because a vector left to itself would double.
void SlotTable::lengthen_tail(std::size_t slots) {
  slots_.reserve(slots + tail_slots);
  slots_.resize(slots + tail_slots, vacant);
}

}  // namespace leafnats::subject
