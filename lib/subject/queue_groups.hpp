// SPDX-License-Identifier: Apache-2.0
//
// The queue groups at one subject, or in one match. They stand in an array in no particular
// order, so that one leaves without moving the others; a few are found by looking at each, more
// through a table. Names are interned: groups of one name point to the same QueueName.
#pragma once

#include "subject/interest.hpp"
#include "subject/slot_table.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace leafnats::subject {

struct QueueName;

/// The members of one queue group at one subject or in one match; never empty in a set.
class QueueGroup {
 public:
  QueueGroup() noexcept = default;
  explicit QueueGroup(const QueueName& name) noexcept : name_(&name) {}

  [[nodiscard]] std::string_view name() const noexcept;
  [[nodiscard]] std::span<Interest* const> members() const noexcept { return members_.all(); }

 private:
  friend class QueueGroups;
  // The index keeps the name for as long as it has an Interest with it.
  const QueueName* name_ = nullptr;
  InterestList members_;
};

class QueueGroups {
 public:
  QueueGroups() noexcept = default;
  QueueGroups(const QueueGroups&) = delete;
  QueueGroups& operator=(const QueueGroups&) = delete;

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::span<const QueueGroup> all() const noexcept { return {groups_.get(), count_}; }

  /// The group that has the same name as another set's group, or null.
  [[nodiscard]] const QueueGroup* find_same(const QueueGroup& other) const noexcept {
    return find(*other.name_);
  }

  void insert(Interest& interest, const QueueName& name);
  void remove(const Interest& interest, const QueueName& name);
  /// Adds members to the group of that name without touching positions.
  void append(const QueueGroup& group);

  /// Bytes allocated beyond the object itself.
  [[nodiscard]] std::size_t extra_bytes() const noexcept;

 private:
  // Up to here looking at each is as fast as asking the table.
  static constexpr std::uint32_t scanned_max = 16;

  [[nodiscard]] QueueGroup* find(const QueueName& name) const noexcept;
  QueueGroup& obtain(const QueueName& name);
  void erase(QueueGroup& group);
  void resize(std::uint32_t count);
  void index_all();

  std::unique_ptr<QueueGroup[]> groups_;  // its capacity is the next power of two
  std::unique_ptr<SlotTable> table_;      // name to position; only beyond scanned_max groups
  std::uint32_t count_ = 0;
};

}  // namespace leafnats::subject
