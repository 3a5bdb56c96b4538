// SPDX-License-Identifier: Apache-2.0
//
// The subscriptions of one client by sid: open addressing over pointers, with the sid bytes kept
// behind each subscription, so that a subscription costs one allocation and a slot and a half.
//
// Thread: its shard's.
#pragma once

#include "broker/subscription.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace leafnats::broker {

class SidTable {
 public:
  SidTable() = default;
  SidTable(const SidTable&) = delete;
  SidTable& operator=(const SidTable&) = delete;
  ~SidTable();

  [[nodiscard]] ClientSubscription* find(std::string_view sid) const noexcept;

  /// Makes a subscription of `owner` under `sid`, which must not be in the table.
  ClientSubscription& add(Subscriber& owner, std::string_view sid);

  /// Frees `subscription`, which must be in the table and in no index.
  void remove(ClientSubscription& subscription) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Calls `visit` for each subscription; it must not change the table.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < capacity_; ++i) {
      if (slots_[i] != nullptr) visit(*slots_[i]);
    }
  }

 private:
  [[nodiscard]] std::size_t home(std::string_view sid) const noexcept;
  void rehash(std::size_t capacity);

  std::unique_ptr<ClientSubscription*[]> slots_;
  std::size_t capacity_ = 0;  // a power of two, or 0
  std::size_t size_ = 0;
};

}  // namespace leafnats::broker
