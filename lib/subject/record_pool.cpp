// SPDX-License-Identifier: Apache-2.0
//
// Blocks of one size in chunks, each chunk with its own list of freed blocks.

#include "subject/record_pool.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace leafnats::subject {
namespace {

// A class starts with this much, and grows by an eighth of what it holds.
constexpr std::size_t first_chunk_bytes = 256;
constexpr std::size_t growth_divisor = 8;

}  // namespace

Ref RecordPool::allocate(std::size_t bytes) {
  const unsigned size_class = class_of(bytes);
  if (size_class == own_chunk) return allocate_alone(bytes);
  std::uint32_t id = partial_[size_class];
  const std::size_t block = block_bytes(size_class);
  if (id == 0) {
    const std::size_t blocks = blocks_for_next_chunk(size_class);
    id = add_chunk(blocks * block);
    chunks_[id].blocks = static_cast<std::uint16_t>(blocks);
    link(id, size_class);
  }
  Chunk& chunk = chunks_[id];
  std::uint16_t number = chunk.free_head;
  if (number != none) {
    std::memcpy(&chunk.free_head, memory_[id].get() + number * block, sizeof chunk.free_head);
  } else {
    number = chunk.used++;
  }
  ++live_[size_class];
  if (++chunk.live == chunk.blocks) unlink(id, size_class);
  return (id << unit_bits) | static_cast<Ref>(number * block / unit_bytes);
}

void RecordPool::free(Ref ref, std::size_t bytes) noexcept {
  const std::uint32_t id = ref >> unit_bits;
  LEAFNATS_ASSERT(id != 0 && id < chunks_.size() && chunks_[id].live != 0);
  Chunk& chunk = chunks_[id];
  const unsigned size_class = class_of(bytes);
  if (size_class == own_chunk) return drop_chunk(id, bytes);
  const std::size_t block = block_bytes(size_class);
  const auto number =
      static_cast<std::uint16_t>((ref & (units_max - 1)) * unit_bytes / block);
  std::memcpy(memory_[id].get() + number * block, &chunk.free_head, sizeof chunk.free_head);
  chunk.free_head = number;
  if (chunk.live == chunk.blocks) link(id, size_class);
  --live_[size_class];
  if (--chunk.live != 0) return;
  unlink(id, size_class);
  drop_chunk(id, chunk.blocks * block);
}

unsigned RecordPool::class_of(std::size_t bytes) noexcept {
  const std::size_t units = (std::max(bytes, std::size_t{1}) + unit_bytes - 1) / unit_bytes;
  if (units <= fine_classes) return static_cast<unsigned>(units) - 1;
  if (bytes > class_bytes_max) return own_chunk;
  // Above 16 units: which doubling, and which of its quarters.
  const std::size_t above = units - 1;
  const unsigned doubling = static_cast<unsigned>(std::bit_width(above)) - 1;
  const unsigned quarter = static_cast<unsigned>(above >> (doubling - 2)) & 3u;
  return fine_classes + (doubling - 4) * 4 + quarter;
}

std::size_t RecordPool::block_bytes(unsigned size_class) noexcept {
  if (size_class < fine_classes) return (size_class + 1) * unit_bytes;
  const unsigned doubling = (size_class - fine_classes) / 4 + 4;
  const unsigned quarter = (size_class - fine_classes) % 4;
  return (std::size_t{5 + quarter} << (doubling - 2)) * unit_bytes;
}

std::size_t RecordPool::blocks_for_next_chunk(unsigned size_class) const noexcept {
  const std::size_t block = block_bytes(size_class);
  const std::size_t wanted = live_[size_class] * block / growth_divisor;
  return std::max(std::clamp(wanted, first_chunk_bytes, chunk_bytes_max) / block, std::size_t{1});
}

Ref RecordPool::allocate_alone(std::size_t bytes) {
  const std::uint32_t id = add_chunk(bytes);
  chunks_[id].blocks = chunks_[id].used = chunks_[id].live = 1;
  return id << unit_bits;
}

std::uint32_t RecordPool::add_chunk(std::size_t bytes) {
  // Not make_unique: it would write zeros over memory that is about to be written anyway.
  std::unique_ptr<std::byte[]> memory(new std::byte[bytes]);
  std::uint32_t id = vacant_;
  if (id != 0) {
    vacant_ = chunks_[id].next;
    --vacant_count_;
  } else {
    if (chunks_.empty()) {
      chunks_.emplace_back();
      memory_.emplace_back();
    }
    if (chunks_.size() == chunks_max) throw std::bad_alloc();
    id = static_cast<std::uint32_t>(chunks_.size());
    chunks_.emplace_back();
    memory_.emplace_back();
  }
  chunks_[id] = Chunk{};
  memory_[id] = std::move(memory);
  reserved_bytes_ += bytes;
  return id;
}

void RecordPool::drop_chunk(std::uint32_t id, std::size_t bytes) noexcept {
  memory_[id].reset();
  reserved_bytes_ -= bytes;
  chunks_[id] = Chunk{};
  chunks_[id].next = vacant_;
  vacant_ = id;
  ++vacant_count_;
  if (vacant_count_ + 1 < chunks_.size()) return;
  // Nothing is left: the tables go too.
  chunks_ = std::vector<Chunk>();
  memory_ = std::vector<std::unique_ptr<std::byte[]>>();
  vacant_ = vacant_count_ = 0;
}

void RecordPool::link(std::uint32_t id, unsigned size_class) noexcept {
  const std::uint32_t head = partial_[size_class];
  chunks_[id].next = head;
  chunks_[id].previous = 0;
  if (head != 0) chunks_[head].previous = id;
  partial_[size_class] = id;
}

void RecordPool::unlink(std::uint32_t id, unsigned size_class) noexcept {
  const Chunk& chunk = chunks_[id];
  if (chunk.previous != 0) {
    chunks_[chunk.previous].next = chunk.next;
  } else {
    partial_[size_class] = chunk.next;
  }
  if (chunk.next != 0) chunks_[chunk.next].previous = chunk.previous;
}

}  // namespace leafnats::subject
