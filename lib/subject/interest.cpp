// SPDX-License-Identifier: Apache-2.0
//
// A list between one inline entry and an array.

#include "subject/interest.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

namespace leafnats::subject {
namespace {

/// Array slots that go with a size; a single entry lives inline.
std::uint32_t capacity_for(std::uint32_t size) { return size <= 1 ? 0 : std::bit_ceil(size); }

}  // namespace

InterestList& InterestList::operator=(InterestList&& other) noexcept {
  std::swap(word_, other.word_);
  std::swap(size_, other.size_);
  return *this;
}

InterestList::~InterestList() { resize(0); }

void InterestList::append(std::span<Interest* const> interests) {
  const std::uint32_t before = size_;
  resize(before + static_cast<std::uint32_t>(interests.size()));
  std::copy(interests.begin(), interests.end(), data() + before);
}

void InterestList::insert(Interest& interest) {
  interest.position = size_;
  resize(size_ + 1);
  data()[interest.position] = &interest;
}

void InterestList::remove(const Interest& interest) {
  const std::uint32_t at = interest.position;
  LEAFNATS_ASSERT(at < size_ && data()[at] == &interest);
  Interest* const last = data()[size_ - 1];
  data()[at] = last;
  last->position = at;
  resize(size_ - 1);
}

/// Changes the size and keeps the entries where that size keeps them. New places are not written.
void InterestList::resize(std::uint32_t size) {
  const std::uint32_t old_capacity = capacity_for(size_);
  const std::uint32_t new_capacity = capacity_for(size);
  if (old_capacity != new_capacity) {
    std::allocator<Interest*> memory;
    Interest* one = nullptr;
    Interest** const to = new_capacity == 0 ? &one : memory.allocate(new_capacity);
    std::copy_n(data(), std::min(size_, size), to);
    if (old_capacity != 0) memory.deallocate(array(), old_capacity);
    word_ = new_capacity == 0 ? one : reinterpret_cast<Interest*>(to);
  }
  size_ = size;
  if (size_ == 0) word_ = nullptr;
}

std::size_t InterestList::extra_bytes() const noexcept {
  return capacity_for(size_) * sizeof(Interest*);
}

}  // namespace leafnats::subject
