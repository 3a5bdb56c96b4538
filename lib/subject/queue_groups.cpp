// SPDX-License-Identifier: Apache-2.0
//
// Groups come with their first member and go with their last.

#include "subject/queue_groups.hpp"

#include "base/assert.hpp"
#include "subject/node.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace leafnats::subject {
namespace {

/// Spreads the numbers of names, which are dense. They are the pool's choice, not a peer's.
std::uint64_t hash_of(const QueueName& name) noexcept { return name.number * 0x9e3779b97f4a7c15u; }

}  // namespace

std::string_view QueueGroup::name() const noexcept { return name_->name(); }

void QueueGroups::insert(Interest& interest, const QueueName& name) {
  obtain(name).members_.insert(interest);
}

void QueueGroups::remove(const Interest& interest, const QueueName& name) {
  QueueGroup* const group = find(name);
  LEAFNATS_ASSERT(group != nullptr);
  group->members_.remove(interest);
  if (group->members_.size() == 0) erase(*group);
}

void QueueGroups::append(const QueueGroup& group) {
  obtain(*group.name_).members_.append(group.members());
}

std::size_t QueueGroups::extra_bytes() const noexcept {
  if (count_ == 0) return 0;
  std::size_t bytes = std::bit_ceil(count_) * sizeof(QueueGroup);
  for (const QueueGroup& group : all()) bytes += group.members_.extra_bytes();
  return bytes + (table_ == nullptr ? 0 : sizeof(SlotTable) + table_->bytes());
}

QueueGroup* QueueGroups::find(const QueueName& name) const noexcept {
  if (table_ == nullptr) {
    QueueGroup* const end = groups_.get() + count_;
    QueueGroup* const found = std::find_if(groups_.get(), end, [&name](const QueueGroup& group) {
      return group.name_ == &name;
    });
    return found == end ? nullptr : found;
  }
  // The table holds positions plus one, because 0 is its "none".
  const Ref found = table_->find(hash_of(name), [&](Ref ref) {
    return groups_[ref - 1].name_ == &name;
  });
  return found == 0 ? nullptr : &groups_[found - 1];
}

QueueGroup& QueueGroups::obtain(const QueueName& name) {
  if (QueueGroup* const known = find(name)) return *known;
  resize(count_ + 1);
  groups_[count_ - 1] = QueueGroup(name);
  if (table_ != nullptr) {
    table_->insert(hash_of(name), count_);
  } else if (count_ > scanned_max) {
    index_all();
  }
  return groups_[count_ - 1];
}

/// The last group moves to the place of an empty one.
void QueueGroups::erase(QueueGroup& group) {
  const auto position = static_cast<Ref>(&group - groups_.get()) + 1;
  QueueGroup& last = groups_[count_ - 1];
  if (table_ != nullptr) {
    table_->erase(hash_of(*group.name_), position);
    if (position != count_) {
      table_->erase(hash_of(*last.name_), count_);
      table_->insert(hash_of(*last.name_), position);
    }
  }
  if (position != count_) group = std::move(last);
  resize(count_ - 1);
  if (count_ <= scanned_max / 2) table_.reset();
}

void QueueGroups::resize(std::uint32_t count) {
  const auto capacity_for = [](std::uint32_t n) { return n == 0 ? 0 : std::bit_ceil(n); };
  const std::uint32_t capacity = capacity_for(count);
  if (capacity != capacity_for(count_)) {
    auto groups = capacity == 0 ? nullptr : std::make_unique<QueueGroup[]>(capacity);
    std::move(groups_.get(), groups_.get() + std::min(count, count_), groups.get());
    groups_ = std::move(groups);
  } else if (count < count_) {
    groups_[count] = QueueGroup();
  }
  count_ = count;
}

void QueueGroups::index_all() {
  table_ = std::make_unique<SlotTable>();
  for (std::uint32_t i = 0; i < count_; ++i) table_->insert(hash_of(*groups_[i].name_), i + 1);
}

}  // namespace leafnats::subject
