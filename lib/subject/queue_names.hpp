// SPDX-License-Identifier: Apache-2.0
//
// The names of the queue groups of an index, each stored once and known by a number. Numbers,
// unlike addresses, are the same in every run, so that groups come in a reproducible order.
#pragma once

#include "subject/hash.hpp"
#include "subject/node.hpp"
#include "subject/record_pool.hpp"
#include "subject/slot_table.hpp"

#include <cstdint>
#include <string_view>

namespace leafnats::subject {

class QueueNames {
 public:
  QueueNames(const Hasher& hasher, RecordPool& pool) noexcept : hasher_(hasher), pool_(pool) {}
  QueueNames(const QueueNames&) = delete;
  QueueNames& operator=(const QueueNames&) = delete;

  /// The name's record, with one more entry counted on it.
  [[nodiscard]] const QueueName& acquire(std::string_view name);

  /// One entry less; the last one takes the record away.
  void release(std::uint32_t number) noexcept;

  [[nodiscard]] const QueueName& at(std::uint32_t number) const noexcept { return record(number); }

 private:
  [[nodiscard]] QueueName& record(Ref ref) const noexcept {
    return *static_cast<QueueName*>(pool_.at(ref));
  }

  const Hasher& hasher_;
  RecordPool& pool_;
  SlotTable slots_;
};

}  // namespace leafnats::subject
