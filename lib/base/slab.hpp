// SPDX-License-Identifier: Apache-2.0
//
// Read buffers. A Slab is a block of bytes with a reference count: the connection that reads into
// it holds one reference, and each Slice of a large payload that waits in some outbox holds
// another. The pool hands slabs out last-in-first-out, so that a busy shard keeps writing into
// the same cache-hot memory, and a connection with nothing unparsed gives its slab back: an idle
// connection holds none.
//
// Thread: a SlabPool belongs to one shard. The count is atomic because a slice may be dropped on
// another shard; the memory then goes back to the system, not to a foreign pool.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace leafnats::base {

class SlabPool;

/// A counted block of bytes; the bytes follow the header in the same allocation.
class Slab {
 public:
  [[nodiscard]] std::span<char> bytes() noexcept {
    return {reinterpret_cast<char*>(this + 1), capacity_};
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  friend class SlabPool;
  friend class SlabRef;
  explicit Slab(std::size_t capacity) noexcept : capacity_(capacity) {}

  static Slab* allocate(std::size_t capacity);
  static void free(Slab* slab) noexcept;

  std::atomic<std::uint32_t> references_{1};
  std::size_t capacity_;
};

/// One reference to a slab. Copying adds a reference; the last one frees the slab.
class SlabRef {
 public:
  SlabRef() noexcept = default;
  SlabRef(const SlabRef& other) noexcept : slab_(other.slab_) {
    // Relaxed: a new reference is always made from one that the caller already holds.
    if (slab_ != nullptr) slab_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  SlabRef(SlabRef&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)) {}
  SlabRef& operator=(SlabRef other) noexcept {
    std::swap(slab_, other.slab_);
    return *this;
  }
  ~SlabRef() { reset(); }

  explicit operator bool() const noexcept { return slab_ != nullptr; }
  Slab* operator->() const noexcept { return slab_; }
  [[nodiscard]] Slab* get() const noexcept { return slab_; }
  void reset() noexcept;

  /// True if nobody else holds the slab, so that its bytes may be overwritten.
  [[nodiscard]] bool unique() const noexcept {
    // Acquire: the last reader's loads must be over before we write into the block.
    return slab_->references_.load(std::memory_order_acquire) == 1;
  }

 private:
  friend class SlabPool;
  explicit SlabRef(Slab* slab) noexcept : slab_(slab) {}
  Slab* slab_ = nullptr;
};

/// Recycles slabs of the standard and of the large size; others are allocated and freed on demand.
class SlabPool {
 public:
  SlabPool() = default;
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;
  ~SlabPool();

  /// A slab of at least `capacity` bytes, referenced once.
  [[nodiscard]] SlabRef take(std::size_t capacity);

  /// A slab of exactly `capacity` bytes that never enters a pool: for data that will stay a while.
  [[nodiscard]] static SlabRef take_exact(std::size_t capacity);

  /// Gives a reference back. The slab is kept for reuse if it has a pooled size, nobody else
  /// refers to it, and the pool is not full.
  void give_back(SlabRef slab);

  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size() + idle_large_.size(); }

 private:
  std::vector<Slab*> idle_;
  std::vector<Slab*> idle_large_;
};

}  // namespace leafnats::base
