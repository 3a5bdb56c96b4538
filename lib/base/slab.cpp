// SPDX-License-Identifier: Apache-2.0
//
// Allocation and recycling of read buffers.

#include "base/slab.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

#include <new>

namespace leafnats::base {

Slab* Slab::allocate(std::size_t capacity) {
  void* memory = ::operator new(sizeof(Slab) + capacity);
  return ::new (memory) Slab(capacity);
}

void Slab::free(Slab* slab) noexcept {
  slab->~Slab();
  ::operator delete(slab);
}

void SlabRef::reset() noexcept {
  Slab* slab = std::exchange(slab_, nullptr);
  if (slab == nullptr) return;
  // Acquire-release: whoever frees the block must see all that others did with it.
  if (slab->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) Slab::free(slab);
}

SlabPool::~SlabPool() {
  for (Slab* slab : idle_) Slab::free(slab);
  for (Slab* slab : idle_large_) Slab::free(slab);
}

SlabRef SlabPool::take(std::size_t capacity) {
  const bool standard = capacity <= limits::slab_bytes;
  if (!standard && capacity > limits::large_slab_bytes) return take_exact(capacity);
  std::vector<Slab*>& idle = standard ? idle_ : idle_large_;
  if (idle.empty()) {
    return SlabRef(Slab::allocate(standard ? limits::slab_bytes : limits::large_slab_bytes));
  }
  Slab* slab = idle.back();
  idle.pop_back();
  return SlabRef(slab);
}

SlabRef SlabPool::take_exact(std::size_t capacity) { return SlabRef(Slab::allocate(capacity)); }

void SlabPool::give_back(SlabRef slab) {
  LEAFNATS_ASSERT(slab);
  if (!slab.unique()) return;
  if (slab->capacity() == limits::slab_bytes && idle_.size() < limits::slab_pool_idle_max) {
    idle_.push_back(std::exchange(slab.slab_, nullptr));
  } else if (slab->capacity() == limits::large_slab_bytes &&
             idle_large_.size() < limits::large_slab_pool_idle_max) {
    idle_large_.push_back(std::exchange(slab.slab_, nullptr));
  }
}

}  // namespace leafnats::base
