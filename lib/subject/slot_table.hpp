// SPDX-License-Identifier: Apache-2.0
//
// A hash table of records: open addressing, eight bytes a slot (32 bits of hash, 32 bits that
// name the record), linear probing. The slots are kept in ascending order of hash, with gaps, so
//   - a miss ends at the first slot with a larger hash: as cheap as a hit at any load;
//   - growing and shrinking is one sequential pass that touches no record;
//   - an empty slot is the largest number of all, so a probe is one comparison a step.
// The home of a hash is its share of the capacity, which therefore need not be a power of two:
// the table grows by half and is never less than half full.
#pragma once

#include "subject/record_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace leafnats::subject {

class SlotTable {
 public:
  SlotTable() noexcept = default;
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  /// The record with this hash for which same(ref) holds, or 0.
  template <class Same>
  [[nodiscard]] Ref find(std::uint64_t hash, Same&& same) const {
    if (size_ == 0) return 0;
    const std::uint64_t key = key_of(hash);
    const std::uint64_t* slot = slots_.data() + home_of(key);
    while (*slot < key) ++slot;
    for (; (*slot ^ key) >> 32 == 0; ++slot) {
      const Ref ref = static_cast<Ref>(*slot);
      if (same(ref)) return ref;
    }
    return 0;
  }

  /// Adds a record that is not in the table.
  void insert(std::uint64_t hash, Ref ref);

  /// Removes a record that is in the table.
  void erase(std::uint64_t hash, Ref ref) noexcept;

  template <class F>
  void for_each(F&& f) const {
    for (const std::uint64_t slot : slots_) {
      if (slot != vacant) f(static_cast<Ref>(slot));
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(slots_[0]); }

 private:
  static constexpr std::uint64_t vacant = ~std::uint64_t{0};

  /// The upper half of the hash, with room for a reference below. The largest value would look
  /// like a vacant slot, so it shares its place with the one before.
  static std::uint64_t key_of(std::uint64_t hash) noexcept {
    const std::uint64_t key = hash >> 32 << 32;
    return key - (static_cast<std::uint64_t>(key == vacant >> 32 << 32) << 32);
  }
  [[nodiscard]] std::size_t home_of(std::uint64_t slot) const noexcept {
    return static_cast<std::size_t>((slot >> 32) * capacity_ >> 32);
  }
  void rebuild(std::uint32_t capacity);
  void lengthen_tail(std::size_t slots);

  // capacity_ homes, and behind them the tail into which the last ones may spill. The last slot
  // of all is always vacant: probes need no other end.
  std::vector<std::uint64_t> slots_;
  std::uint32_t capacity_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace leafnats::subject
