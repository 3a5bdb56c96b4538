// SPDX-License-Identifier: Apache-2.0
//
// The queue of pieces behind a connection.

#include "broker/outbox.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <cstring>

namespace leafnats::broker {
namespace {
// Entries for pieces kept allocated in an idle outbox; a batch of large messages needs this many,
// a conversation of small ones has one.
constexpr std::size_t idle_pieces_max = 32;
}  // namespace

Outbox::~Outbox() { clear(); }

void Outbox::append(std::string_view bytes) {
  while (!bytes.empty()) {
    char* out = reserve(1);
    const std::size_t part = std::min(bytes.size(), static_cast<std::size_t>(room_end_ - out));
    std::memcpy(out, bytes.data(), part);
    commit(out + part);
    bytes.remove_prefix(part);
  }
}

void Outbox::append_slice(const base::SlabRef& slab, std::string_view bytes) {
  pieces_.push_back({slab, bytes.data(), bytes.data() + bytes.size()});
  size_ += bytes.size();
  room_ = room_end_ = nullptr;
}

std::size_t Outbox::gather(std::span<Range> ranges) noexcept {
  copied_ = 0;
  const std::size_t count = std::min(ranges.size(), pieces_.size() - first_);
  for (std::size_t i = 0; i < count; ++i) {
    const Piece& piece = pieces_[first_ + i];
    ranges[i] = {piece.begin, static_cast<std::size_t>(piece.end - piece.begin)};
  }
  return count;
}

void Outbox::consume(std::size_t bytes) {
  LEAFNATS_ASSERT(bytes <= size_);
  size_ -= bytes;
  consumed_ += bytes;
  if (size_ == 0) {
    clear();
    return;
  }
  while (bytes > 0) {
    Piece& piece = pieces_[first_];
    const std::size_t part = std::min(bytes, static_cast<std::size_t>(piece.end - piece.begin));
    piece.begin += part;
    bytes -= part;
    if (piece.begin == piece.end) {
      release(piece);
      ++first_;
    }
  }
  // Written pieces are dropped when they are the larger half, so that the cost is amortised.
  if (first_ > pieces_.size() / 2) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void Outbox::compact() {
  if (first_ > 0) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  for (Piece& piece : pieces_) {
    const auto bytes = static_cast<std::size_t>(piece.end - piece.begin);
    if (bytes > piece.slab->capacity() / 4) continue;
    base::SlabRef small = base::SlabPool::take_exact(bytes);
    char* copy = small->bytes().data();
    std::memcpy(copy, piece.begin, bytes);
    pool_->give_back(std::exchange(piece.slab, std::move(small)));
    piece.begin = copy;
    piece.end = copy + bytes;
    if (&piece == &pieces_.back()) room_ = room_end_ = nullptr;
  }
}

void Outbox::clear() {
  for (std::size_t i = first_; i < pieces_.size(); ++i) release(pieces_[i]);
  pieces_.clear();
  if (pieces_.capacity() > idle_pieces_max) pieces_.shrink_to_fit();
  first_ = size_ = copied_ = 0;
  room_ = room_end_ = nullptr;
}

void Outbox::add_piece(std::size_t bytes) {
  base::SlabRef slab = pool_->take(bytes);
  room_ = slab->bytes().data();
  room_end_ = room_ + slab->capacity();
  pieces_.push_back({std::move(slab), room_, room_});
}

void Outbox::release(Piece& piece) {
  if (piece.slab) pool_->give_back(std::move(piece.slab));
}

}  // namespace leafnats::broker
