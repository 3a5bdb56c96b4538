// SPDX-License-Identifier: Apache-2.0
//
// Memory for the many small records of an index: subjects with their text, nodes of the wildcard
// tree, queue names. A record is named by 32 bits instead of a pointer, which halves the tables
// that lead to it, and costs no allocator header. Records never move. Blocks of one size share a
// chunk; a chunk goes back to the system when its last block is freed, and chunks start small, so
// that an index with ten subscriptions takes a few hundred bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace leafnats::subject {

/// Names a record; 0 is none.
using Ref = std::uint32_t;

class RecordPool {
 public:
  RecordPool() noexcept = default;
  RecordPool(const RecordPool&) = delete;
  RecordPool& operator=(const RecordPool&) = delete;

  /// Memory aligned to 8 bytes, uninitialised. Throws std::bad_alloc when the system has no more,
  /// or when 32 bits cannot name more (32 GiB of records).
  [[nodiscard]] Ref allocate(std::size_t bytes);

  /// `bytes` must be what was asked for.
  void free(Ref ref, std::size_t bytes) noexcept;

  [[nodiscard]] void* at(Ref ref) const noexcept {
    return memory_[ref >> unit_bits].get() + (ref & (units_max - 1)) * unit_bytes;
  }

  /// Bytes taken from the system.
  [[nodiscard]] std::size_t reserved_bytes() const noexcept { return reserved_bytes_; }

 private:
  // A reference is a chunk's number and the offset of the record in it, counted in units.
  static constexpr std::size_t unit_bytes = 8;
  static constexpr unsigned unit_bits = 8;
  static constexpr std::size_t units_max = std::size_t{1} << unit_bits;
  // 2 KiB: large enough that headers do not matter, small enough that a few survivors of a large
  // index do not hold all of its memory.
  static constexpr std::size_t chunk_bytes_max = units_max * unit_bytes;
  static constexpr std::uint32_t chunks_max = std::uint32_t{1} << (32 - unit_bits);
  // Steps of 8 up to 128, then four steps to each doubling up to 512; larger records have a chunk
  // of their own.
  static constexpr unsigned fine_classes = 16;
  static constexpr unsigned classes = fine_classes + 8;
  static constexpr std::size_t class_bytes_max = 512;
  static constexpr unsigned own_chunk = classes;

  struct Chunk {
    std::uint32_t next = 0;  // in the list of chunks of this class that have a free block
    std::uint32_t previous = 0;
    std::uint16_t blocks = 0;
    std::uint16_t used = 0;  // blocks handed out at least once; the rest were never touched
    std::uint16_t live = 0;
    std::uint16_t free_head = none;  // freed blocks hold the number of the next one
  };
  static constexpr std::uint16_t none = 0xffff;

  static unsigned class_of(std::size_t bytes) noexcept;
  static std::size_t block_bytes(unsigned size_class) noexcept;
  std::uint32_t add_chunk(std::size_t bytes);
  void drop_chunk(std::uint32_t id, std::size_t bytes) noexcept;
  Ref allocate_alone(std::size_t bytes);
  std::size_t blocks_for_next_chunk(unsigned size_class) const noexcept;
  void link(std::uint32_t id, unsigned size_class) noexcept;
  void unlink(std::uint32_t id, unsigned size_class) noexcept;

  std::vector<std::unique_ptr<std::byte[]>> memory_;  // by chunk number; number 0 stays unused
  std::vector<Chunk> chunks_;                         // the same order
  std::uint32_t vacant_ = 0;                          // numbers without memory, linked by next
  std::uint32_t vacant_count_ = 0;
  std::array<std::uint32_t, classes> partial_{};      // first chunk with a free block, by class
  std::array<std::uint32_t, classes> live_{};         // blocks in use, by class
  std::size_t reserved_bytes_ = 0;
};

}  // namespace leafnats::subject
