// SPDX-License-Identifier: Apache-2.0
//
// The literal subjects of an index: one record each, found by the hash of the whole subject.
#pragma once

#include "subject/hash.hpp"
#include "subject/node.hpp"
#include "subject/record_pool.hpp"
#include "subject/slot_table.hpp"
#include "subject/text.hpp"

#include <cstdint>
#include <string_view>

namespace leafnats::subject {

class LiteralTable {
 public:
  LiteralTable(const Hasher& hasher, RecordPool& pool) noexcept : hasher_(hasher), pool_(pool) {}
  LiteralTable(const LiteralTable&) = delete;
  LiteralTable& operator=(const LiteralTable&) = delete;
  ~LiteralTable();

  [[nodiscard]] bool empty() const noexcept { return slots_.size() == 0; }

  /// The record of a subject, or null. `hash` is the hasher's value for it.
  [[nodiscard]] const Node* find(std::string_view subject, std::uint64_t hash) const {
    const Ref ref = find_ref(subject, hash);
    return ref != 0 ? &at(ref) : nullptr;
  }

  /// The record of a subject, made if it is not there yet.
  [[nodiscard]] Ref obtain(std::string_view subject);

  /// Takes away a record on which nothing hangs any more.
  void release(Ref ref) noexcept;

  /// Calls f(node) for every record.
  template <class F>
  void for_each(F&& f) const {
    slots_.for_each([&](Ref ref) { f(at(ref)); });
  }

 private:
  [[nodiscard]] Node& at(Ref ref) const noexcept { return *static_cast<Node*>(pool_.at(ref)); }
  [[nodiscard]] Ref find_ref(std::string_view subject, std::uint64_t hash) const {
    return slots_.find(hash, [&](Ref ref) { return same_text(at(ref).subject(), subject); });
  }

  const Hasher& hasher_;
  RecordPool& pool_;
  SlotTable slots_;
};

}  // namespace leafnats::subject
