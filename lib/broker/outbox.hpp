// SPDX-License-Identifier: Apache-2.0
//
// What waits to be written to one connection: a queue of pieces, each a range of a counted slab.
// Small data are copied into the last piece while it has room; large payloads are appended as
// slices of the slab they were read into. The shell gathers the pieces for one writev and says
// how much was taken.
//
// Invariant: size() is the sum of the pieces. An empty outbox holds no slab.
// Thread: its shard's.
#pragma once

#include "base/slab.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class Outbox {
 public:
  explicit Outbox(base::SlabPool& pool) noexcept : pool_(&pool) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox();

  /// Room for at least `bytes` contiguous bytes; write there, then commit() what was written.
  /// Lifetime: the pointer is good until the next call on this outbox.
  char* reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(room_end_ - room_) < bytes) add_piece(bytes);
    return room_;
  }
  void commit(char* end) noexcept {
    size_ += static_cast<std::size_t>(end - room_);
    copied_ += static_cast<std::size_t>(end - room_);
    room_ = end;
    pieces_.back().end = end;
  }

  void append(std::string_view bytes);

  /// Appends `bytes`, which lie in `slab`, without copying them.
  void append_slice(const base::SlabRef& slab, std::string_view bytes);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// All that consume() was ever told of.
  [[nodiscard]] std::uint64_t consumed() const noexcept { return consumed_; }

  /// Copied bytes since the last gather(): what decides an early flush (slices are not counted,
  /// they are no hotter for being written sooner).
  [[nodiscard]] std::size_t copied() const noexcept { return copied_; }

  /// A range of bytes, left uninitialised in arrays on purpose.
  struct Range {
    const char* data;
    std::size_t size;
  };

  /// Fills `ranges` with the first pieces; returns how many were used.
  std::size_t gather(std::span<Range> ranges) noexcept;

  /// Drops the first `bytes` bytes: they were written.
  void consume(std::size_t bytes);

  /// The writer is blocked: moves what is left out of slabs that it would pin for a few bytes.
  void compact();

  void clear();

 private:
  struct Piece {
    base::SlabRef slab;
    const char* begin;
    const char* end;
  };

  void add_piece(std::size_t bytes);
  void release(Piece& piece);

  base::SlabPool* pool_;
  std::vector<Piece> pieces_;
  std::size_t first_ = 0;        // pieces_[0, first_) are written and released
  std::size_t size_ = 0;
  std::size_t copied_ = 0;
  std::uint64_t consumed_ = 0;
  char* room_ = nullptr;         // free part of the last piece; null if it is a slice
  char* room_end_ = nullptr;
};

}  // namespace leafnats::broker
