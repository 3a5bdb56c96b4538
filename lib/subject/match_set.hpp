// SPDX-License-Identifier: Apache-2.0
//
// What hangs at one subject, and what a match hands out. Most subjects have exactly one plain
// subscription, so a MatchSet is one word: the pointer itself. From the second entry or the first
// queue group on, the word leads to a block with a list of plain entries and the groups.
#pragma once

#include "subject/interest.hpp"
#include "subject/queue_groups.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace leafnats::subject {

/// Plain entries and queue groups.
class MatchSet {
 public:
  MatchSet() noexcept = default;
  MatchSet(MatchSet&& other) noexcept : word_(other.word_) { other.word_ = nullptr; }
  MatchSet& operator=(MatchSet&& other) noexcept;
  ~MatchSet() {
    if (shared()) clear();
  }

  [[nodiscard]] std::span<Interest* const> plain() const noexcept {
    if (!shared()) return {&word_, word_ != nullptr ? std::size_t{1} : std::size_t{0}};
    return block().plain.all();
  }
  [[nodiscard]] std::span<const QueueGroup> queues() const noexcept {
    if (!shared()) return {};
    return block().groups.all();
  }
  [[nodiscard]] bool empty() const noexcept { return word_ == nullptr; }

  /// The group that has the same name as another set's group, or null.
  [[nodiscard]] const QueueGroup* find_same(const QueueGroup& group) const noexcept {
    return shared() ? block().groups.find_same(group) : nullptr;
  }

  // Everything below is for the index alone.

  /// Adds an entry and writes its position; `name` is null for a plain one.
  void insert(Interest& interest, const QueueName* name);
  /// Takes it out; the position of the entry that moves to its place is corrected.
  void remove(Interest& interest, const QueueName* name);
  /// Adds all of another set without touching positions: this set is a result, not a place.
  void append(const MatchSet& other);
  void clear() noexcept;
  /// Bytes allocated beyond the set itself.
  [[nodiscard]] std::size_t extra_bytes() const noexcept;

 private:
  struct Block {
    InterestList plain;
    QueueGroups groups;
  };

  [[nodiscard]] bool shared() const noexcept {
    return (reinterpret_cast<std::uintptr_t>(word_) & 1u) != 0;
  }
  [[nodiscard]] Block& block() const noexcept {
    return *reinterpret_cast<Block*>(reinterpret_cast<std::uintptr_t>(word_) - 1u);
  }
  Block& obtain_block();
  void settle() noexcept;

  // The one plain entry; or, with the lowest bit set, the block of a larger set, which is never
  // empty: an empty set is a null word.
  Interest* word_ = nullptr;
};

/// The answer to "who wants this subject": at most two sets, either of which may be null. One
/// subscription stands in one of them only, but one queue group may have members in both.
struct Match {
  const MatchSet* literal = nullptr;
  const MatchSet* wildcard = nullptr;
  [[nodiscard]] bool empty() const noexcept { return literal == nullptr && wildcard == nullptr; }
};

/// Calls f(name, first, second) once for each queue group of the match: the members are those of
/// `first` (from the literal set) and `second` (from the wildcard set); one of them may be empty.
template <class F>
void for_each_queue(const Match& match, F&& f) {
  const std::span<Interest* const> none;
  if (match.literal != nullptr) {
    for (const QueueGroup& group : match.literal->queues()) {
      const QueueGroup* same =
          match.wildcard != nullptr ? match.wildcard->find_same(group) : nullptr;
      f(group.name(), group.members(), same != nullptr ? same->members() : none);
    }
  }
  if (match.wildcard == nullptr) return;
  for (const QueueGroup& group : match.wildcard->queues()) {
    const bool seen = match.literal != nullptr && match.literal->find_same(group) != nullptr;
    if (!seen) f(group.name(), none, group.members());
  }
}

}  // namespace leafnats::subject
