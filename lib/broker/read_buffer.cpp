// SPDX-License-Identifier: Apache-2.0
//
// Which slab the next bytes of a connection go to.

#include "broker/read_buffer.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <cstring>

namespace leafnats::broker {
namespace {

// A rest up to this size is kept in a block of its own; a longer one is worth its slab.
constexpr std::size_t small_rest_bytes_max = 4096;

// With less free space than this a read would return little for its system call.
constexpr std::size_t read_bytes_min = 4096;

std::size_t capacity_for(std::size_t needed) {
  if (needed < limits::large_body_bytes) return limits::slab_bytes;
  return std::max(needed, limits::large_slab_bytes);
}

}  // namespace

std::span<char> ReadBuffer::prepare(base::SlabPool& pool, std::size_t needed) {
  if (!slab_) {
    slab_ = pool.take(capacity_for(needed));
    begin_ = end_ = 0;
  }
  const std::size_t capacity = slab_->capacity();
  const bool too_short = capacity - begin_ < needed;
  if (too_short || capacity - end_ < read_bytes_min) {
    move_to(pool.take(capacity_for(std::max(needed, size() + read_bytes_min))), pool);
  }
  return slab_->bytes().subspan(end_);
}

void ReadBuffer::settle(base::SlabPool& pool) {
  if (!slab_) return;
  if (size() == 0) {
    pool.give_back(std::move(slab_));
    slab_.reset();
    begin_ = end_ = 0;
  } else if (size() <= small_rest_bytes_max && slab_->capacity() > small_rest_bytes_max) {
    move_to(base::SlabPool::take_exact(size()), pool);
  }
}

void ReadBuffer::move_to(base::SlabRef slab, base::SlabPool& pool) {
  const std::size_t rest = size();
  LEAFNATS_ASSERT(rest <= slab->capacity());
  std::memcpy(slab->bytes().data(), data() + begin_, rest);
  pool.give_back(std::exchange(slab_, std::move(slab)));
  begin_ = 0;
  end_ = rest;
}

}  // namespace leafnats::broker
