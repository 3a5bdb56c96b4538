// SPDX-License-Identifier: Apache-2.0
//
// What walks of the wildcard tree found, by subject. Sets of four slots, one cache line each; a
// subject has its set, and when that is full one of the four gives way. Two things keep it useful
// under load that it cannot help with:
//   - a subject is remembered by its hash at first and stored when it comes a second time, so
//     that replies to inboxes, each seen once, cost no memory and drive nothing out;
//   - an answer carries the stamp of the tree at that time, so that changes of the tree cost
//     nothing here. A stale answer is only overwritten, never looked into.
#pragma once

#include "base/limits.hpp"
#include "subject/match_set.hpp"
#include "subject/text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace leafnats::subject {

/// Limit: bytes of all answers of one cache, half a KiB for each entry. A cache that is full in
/// this sense is emptied; an answer that takes a quarter of it alone is not kept.
inline constexpr std::size_t match_cache_bytes_max = limits::match_cache_entries_max * 512;

class MatchCache {
 public:
  /// Which version of the tree an answer was taken from: one of the index's counters, and its
  /// value at the time.
  struct Stamp {
    std::uint64_t value = 0;
    std::uint32_t counter = 0;
  };

  /// An answer; the subject lies right behind it.
  struct Entry {
    Stamp stamp;
    std::uint32_t length = 0;
    // A set in the tree if one pattern matched, `own` if several did, null if none.
    const MatchSet* result = nullptr;
    MatchSet own;
    std::size_t bytes = 0;  // that the cache's account was charged for
    [[nodiscard]] std::string_view subject() const noexcept {
      return {reinterpret_cast<const char*>(this + 1), length};
    }
  };

  MatchCache() noexcept = default;
  MatchCache(const MatchCache&) = delete;
  MatchCache& operator=(const MatchCache&) = delete;
  ~MatchCache() { clear(); }

  /// The answer for a subject, fresh or stale, or null.
  [[nodiscard]] const Entry* find(std::string_view subject, std::uint64_t hash) const noexcept {
    if (sets_.empty()) return nullptr;
    for (const Slot& slot : set_of(hash).slots) {
      if (slot.tag == tag_of(hash) && slot.entry != nullptr &&
          same_text(slot.entry->subject(), subject)) {
        return slot.entry;
      }
    }
    return nullptr;
  }

  /// Takes what a walk found, keeps it if that is worth while, and returns it as one set, or null
  /// if nothing was found. Lifetime: until the next call.
  const MatchSet* store(std::string_view subject, std::uint64_t hash, Stamp stamp,
                        std::span<const MatchSet* const> found);

  void clear() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Slot {
    Entry* entry = nullptr;  // null with a tag: a subject that was seen once
    std::uint32_t tag = 0;   // 0: nothing at all
  };
  static constexpr std::size_t ways = 4;
  struct alignas(64) Set {
    std::array<Slot, ways> slots;
  };
  static constexpr std::size_t sets_min = 4;
  static constexpr std::size_t sets_max = limits::match_cache_entries_max / ways;
  // In a set full of answers, one in so many unknown subjects is noted at the cost of an answer:
  // a flood of subjects seen once must not drive out what is used.
  static constexpr std::uint32_t intruders_divisor = 16;

  // The lower half of the hash: the literal table uses the upper one, but nothing depends on it.
  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash) | 1u;
  }
  [[nodiscard]] std::size_t index_of(std::uint32_t tag) const noexcept {
    return (tag >> 1) & (sets_.size() - 1);
  }
  [[nodiscard]] const Set& set_of(std::uint64_t hash) const noexcept {
    return sets_[index_of(tag_of(hash))];
  }
  [[nodiscard]] Slot* find_slot(std::string_view subject, std::uint64_t hash) noexcept;
  void note(std::uint64_t hash);
  void write(Slot& slot, std::string_view subject, Stamp stamp, const MatchSet* result,
             std::size_t bytes);
  void drop(Slot& slot) noexcept;
  void drop_all() noexcept;
  void grow();

  std::vector<Set> sets_;  // a power of two of them, or none
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint32_t turn_ = 0;  // which of a full set gives way next
  MatchSet loose_;          // the union of an answer that is not kept
};

}  // namespace leafnats::subject
