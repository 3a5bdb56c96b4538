// SPDX-License-Identifier: Apache-2.0
//
// Linear probing with backward-shift deletion: no tombstones, so a client that subscribes and
// unsubscribes for days has a table as quick as a new one.

#include "broker/sid_table.hpp"

#include "base/assert.hpp"

#include <cstring>
#include <new>

namespace leafnats::broker {
namespace {

constexpr std::size_t capacity_min = 4;

std::size_t hash(std::string_view sid) noexcept {
  // FNV-1a, then a finishing mix: sids are short and chosen by the one client they matter to.
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : sid) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::size_t>(value ^ (value >> 32));
}

void destroy(ClientSubscription* subscription) noexcept {
  subscription->~ClientSubscription();
  ::operator delete(subscription);
}

}  // namespace

SidTable::~SidTable() {
  for_each([](ClientSubscription& subscription) { destroy(&subscription); });
}

std::size_t SidTable::home(std::string_view sid) const noexcept {
  return hash(sid) & (capacity_ - 1);
}

ClientSubscription* SidTable::find(std::string_view sid) const noexcept {
  if (capacity_ == 0) return nullptr;
  for (std::size_t i = home(sid); slots_[i] != nullptr; i = (i + 1) & (capacity_ - 1)) {
    if (slots_[i]->sid() == sid) return slots_[i];
  }
  return nullptr;
}

ClientSubscription& SidTable::add(Subscriber& owner, std::string_view sid) {
  LEAFNATS_ASSERT(sid.size() <= UINT16_MAX);
  if (4 * (size_ + 1) > 3 * capacity_) rehash(capacity_ == 0 ? capacity_min : 2 * capacity_);
  void* memory = ::operator new(sizeof(ClientSubscription) + sid.size());
  auto* subscription = ::new (memory) ClientSubscription(owner);
  subscription->sid_size = static_cast<std::uint16_t>(sid.size());
  std::memcpy(subscription + 1, sid.data(), sid.size());
  std::size_t i = home(sid);
  while (slots_[i] != nullptr) i = (i + 1) & (capacity_ - 1);
  slots_[i] = subscription;
  ++size_;
  return *subscription;
}

void SidTable::remove(ClientSubscription& subscription) noexcept {
  LEAFNATS_ASSERT(subscription.node == nullptr);
  const std::size_t mask = capacity_ - 1;
  std::size_t hole = home(subscription.sid());
  while (slots_[hole] != &subscription) hole = (hole + 1) & mask;
  for (std::size_t i = (hole + 1) & mask; slots_[i] != nullptr; i = (i + 1) & mask) {
    // An entry may fill the hole if its home does not lie behind the hole.
    const std::size_t distance = (i - home(slots_[i]->sid())) & mask;
    if (distance < ((i - hole) & mask)) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = nullptr;
  --size_;
  destroy(&subscription);
  if (size_ == 0) {
    slots_.reset();
    capacity_ = 0;
  } else if (capacity_ > capacity_min && size_ * 8 < capacity_) {
    rehash(capacity_ / 2);
  }
}

void SidTable::rehash(std::size_t capacity) {
  const std::unique_ptr<ClientSubscription*[]> old = std::move(slots_);
  const std::size_t old_capacity = capacity_;
  slots_ = std::make_unique<ClientSubscription*[]>(capacity);
  capacity_ = capacity;
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i] == nullptr) continue;
    std::size_t at = home(old[i]->sid());
    while (slots_[at] != nullptr) at = (at + 1) & (capacity_ - 1);
    slots_[at] = old[i];
  }
}

}  // namespace leafnats::broker
