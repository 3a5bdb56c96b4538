// SPDX-License-Identifier: Apache-2.0
//
// One direction between two shards: a bounded queue of batches with one producer and one
// consumer. A batch is what one shard has for another at the end of a read batch: records in a
// byte string, and references to the slabs that large payloads lie in.
//
// Thread: push() and the producer's flags belong to the sending shard, pop() and applied() to
// the receiving one. There is no lock; each atomic names its reason.
#pragma once

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/slab.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leafnats::broker {

struct Batch {
  std::string records;
  std::vector<base::SlabRef> slabs;
  std::uint64_t last_record = 0;  ///< the sender's number of the last record in it
};

class Mailbox {
 public:
  /// Holds `batches`, a power of two and at most limits::mailbox_batches_max. Fewer than that is
  /// for tests, which want to see it full.
  explicit Mailbox(std::uint32_t batches = limits::mailbox_batches_max) noexcept
      : capacity_(batches) {
    LEAFNATS_ASSERT(batches <= limits::mailbox_batches_max && (batches & (batches - 1)) == 0);
  }

  /// Takes `batch` over if there is room; else leaves it and returns false. After false the
  /// producer is woken when there is room again.
  bool push(std::unique_ptr<Batch>& batch) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);  // only we write it
    if (tail - head_.load(std::memory_order_acquire) == capacity_) {
      wants_space_.store(true);
      // The consumer may have made room before it could see the flag: look again.
      if (tail - head_.load() == capacity_) return false;
    }
    slots_[tail & (capacity_ - 1)] = std::move(batch);
    tail_.store(tail + 1, std::memory_order_release);  // publishes the slot
    return true;
  }

  /// The oldest batch, or null. Sets `wake_producer` if it waits for room.
  std::unique_ptr<Batch> pop(bool& wake_producer) {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);  // only we write it
    if (tail_.load(std::memory_order_acquire) == head) return nullptr;
    std::unique_ptr<Batch> batch = std::move(slots_[head & (capacity_ - 1)]);
    head_.store(head + 1);  // sequentially consistent: ordered against wants_space_
    if (wants_space_.exchange(false)) wake_producer = true;
    return batch;
  }

  /// The consumer has applied everything up to `record`. True if the producer waits to know.
  bool acknowledge(std::uint64_t record) {
    applied_.store(record);  // sequentially consistent: ordered against wants_acknowledgement_
    return wants_acknowledgement_.exchange(false);
  }

  /// Asks to be woken at the next acknowledgement, then tells how far the consumer is.
  std::uint64_t await_acknowledgement() {
    wants_acknowledgement_.store(true);
    return applied_.load();
  }

  [[nodiscard]] std::uint64_t applied() const {
    return applied_.load(std::memory_order_acquire);
  }

 private:
  const std::uint32_t capacity_;
  std::array<std::unique_ptr<Batch>, limits::mailbox_batches_max> slots_;
  // The two sides write to cache lines of their own.
  alignas(64) std::atomic<std::uint32_t> tail_{0};
  std::atomic<bool> wants_space_{false};
  std::atomic<bool> wants_acknowledgement_{false};
  alignas(64) std::atomic<std::uint32_t> head_{0};
  std::atomic<std::uint64_t> applied_{0};
};

}  // namespace leafnats::broker
