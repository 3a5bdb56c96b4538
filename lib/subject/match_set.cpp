// SPDX-License-Identifier: Apache-2.0
//
// One word for one entry, a block for more, and the way back when entries leave.

#include "subject/match_set.hpp"

#include "base/assert.hpp"

#include <memory>
#include <utility>

namespace leafnats::subject {

MatchSet& MatchSet::operator=(MatchSet&& other) noexcept {
  std::swap(word_, other.word_);
  return *this;
}

void MatchSet::insert(Interest& interest, const QueueName* name) {
  if (name != nullptr) {
    obtain_block().groups.insert(interest, *name);
  } else if (word_ != nullptr) {
    obtain_block().plain.insert(interest);
  } else {
    interest.position = 0;
    word_ = &interest;
  }
}

void MatchSet::remove(Interest& interest, const QueueName* name) {
  if (!shared()) {
    LEAFNATS_ASSERT(word_ == &interest && name == nullptr);
    word_ = nullptr;
    return;
  }
  if (name != nullptr) {
    block().groups.remove(interest, *name);
  } else {
    block().plain.remove(interest);
  }
  settle();
}

void MatchSet::append(const MatchSet& other) {
  if (other.empty()) return;
  if (empty() && !other.shared()) {
    word_ = other.word_;
    return;
  }
  Block& mine = obtain_block();
  mine.plain.append(other.plain());
  for (const QueueGroup& group : other.queues()) mine.groups.append(group);
}

void MatchSet::clear() noexcept {
  if (shared()) std::unique_ptr<Block> owned(&block());
  word_ = nullptr;
}

std::size_t MatchSet::extra_bytes() const noexcept {
  if (!shared()) return 0;
  return sizeof(Block) + block().plain.extra_bytes() + block().groups.extra_bytes();
}

/// Makes room for more than one plain entry.
MatchSet::Block& MatchSet::obtain_block() {
  if (!shared()) {
    auto made = std::make_unique<Block>();
    if (word_ != nullptr) made->plain.append({&word_, 1});
    word_ = reinterpret_cast<Interest*>(reinterpret_cast<std::uintptr_t>(made.release()) | 1u);
  }
  return block();
}

/// Back to one word when no more than one plain entry is left, whose position then is 0.
void MatchSet::settle() noexcept {
  const Block& mine = block();
  if (!mine.groups.empty() || mine.plain.size() > 1) return;
  Interest* const last = mine.plain.size() == 0 ? nullptr : mine.plain.all()[0];
  clear();
  word_ = last;
}

}  // namespace leafnats::subject
