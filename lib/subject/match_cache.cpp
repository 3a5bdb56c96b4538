// SPDX-License-Identifier: Apache-2.0
//
// What is worth keeping, where, and what gives way.

#include "subject/match_cache.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace leafnats::subject {

const MatchSet* MatchCache::store(std::string_view subject, std::uint64_t hash, Stamp stamp,
                                  std::span<const MatchSet* const> found) {
  loose_.clear();
  if (found.size() > 1) {
    for (const MatchSet* set : found) loose_.append(*set);
  }
  const MatchSet* result = found.empty() ? nullptr : found.size() == 1 ? found[0] : &loose_;
  Slot* slot = find_slot(subject, hash);
  if (slot == nullptr) {
    note(hash);
    return result;
  }
  drop(*slot);
  const std::size_t bytes = sizeof(Entry) + subject.size() + loose_.extra_bytes();
  if (bytes > match_cache_bytes_max / 4) return result;
  if (bytes_ + bytes > match_cache_bytes_max) {
    drop_all();
    note(hash);
    slot = find_slot(subject, hash);
  }
  slot->tag = tag_of(hash);
  write(*slot, subject, stamp, result, bytes);
  return slot->entry->result;
}

void MatchCache::clear() noexcept {
  drop_all();
  loose_.clear();
}

void MatchCache::drop_all() noexcept {
  for (Set& set : sets_) {
    for (Slot& slot : set.slots) drop(slot);
  }
  sets_ = std::vector<Set>();
}

/// The slot of a subject that has an answer, or was noted.
MatchCache::Slot* MatchCache::find_slot(std::string_view subject, std::uint64_t hash) noexcept {
  if (sets_.empty()) return nullptr;
  Slot* noted = nullptr;
  for (Slot& slot : sets_[index_of(tag_of(hash))].slots) {
    if (slot.tag != tag_of(hash)) continue;
    if (slot.entry == nullptr) noted = &slot;
    if (slot.entry != nullptr && slot.entry->subject() == subject) return &slot;
  }
  return noted;
}

/// Remembers that a subject was asked for. The slots of a set without an answer are a queue of
/// such subjects: the newest comes first, the oldest is forgotten. Before one is forgotten the
/// cache grows, as long as it may.
void MatchCache::note(std::uint64_t hash) {
  const std::uint32_t tag = tag_of(hash);
  if (sets_.empty()) sets_.resize(sets_min);
  const auto used = [](const Slot& slot) { return slot.tag != 0; };
  while (sets_.size() < sets_max && std::ranges::all_of(sets_[index_of(tag)].slots, used)) grow();
  std::uint32_t carried = tag;
  auto& slots = sets_[index_of(tag)].slots;
  for (Slot& slot : slots) {
    if (slot.entry == nullptr) std::swap(slot.tag, carried);
  }
  const bool only_answers = carried == tag;
  if (!only_answers || ++turn_ % intruders_divisor != 0) return;
  Slot& slot = slots[turn_ / intruders_divisor % ways];
  drop(slot);
  slot.tag = tag;
}

void MatchCache::write(Slot& slot, std::string_view subject, Stamp stamp, const MatchSet* result,
                       std::size_t bytes) {
  void* memory = ::operator new(sizeof(Entry) + subject.size());
  auto* entry = ::new (memory) Entry;
  entry->stamp = stamp;
  entry->length = static_cast<std::uint32_t>(subject.size());
  entry->bytes = bytes;
  entry->own = std::move(loose_);
  entry->result = result == &loose_ ? &entry->own : result;
  std::copy(subject.begin(), subject.end(), reinterpret_cast<char*>(entry + 1));
  slot.entry = entry;
  bytes_ += bytes;
  ++size_;
}

void MatchCache::drop(Slot& slot) noexcept {
  Entry* entry = std::exchange(slot.entry, nullptr);
  slot.tag = 0;
  if (entry == nullptr) return;
  bytes_ -= entry->bytes;
  --size_;
  entry->~Entry();
  ::operator delete(entry);
}

/// Twice as many sets. Each slot moves to one of the two that its old set was split into, so
/// there is always room.
void MatchCache::grow() {
  std::vector<Set> old = std::exchange(sets_, std::vector<Set>(sets_.size() * 2));
  for (Set& set : old) {
    for (Slot& slot : set.slots) {
      if (slot.tag == 0) continue;
      auto& slots = sets_[index_of(slot.tag)].slots;
      *std::ranges::find(slots, 0u, &Slot::tag) = slot;
    }
  }
}

}  // namespace leafnats::subject
