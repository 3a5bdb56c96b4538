// SPDX-License-Identifier: Apache-2.0
//
// Slabs: who holds them, when they come back, and how many are kept.

#include "base/limits.hpp"
#include "base/slab.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace leafnats;
using namespace leafnats::base;

// The slab given back last is the next one out: the memory that is still in the cache.
TEST_CASE("base: slabs are handed out last in first out", "[base]") {
  SlabPool pool;
  SlabRef first = pool.take(1);
  SlabRef second = pool.take(limits::slab_bytes);
  CHECK(first->capacity() == limits::slab_bytes);
  CHECK(second->capacity() == limits::slab_bytes);
  Slab* const first_address = first.get();
  Slab* const second_address = second.get();
  pool.give_back(std::move(first));
  pool.give_back(std::move(second));
  CHECK(pool.idle() == 2);
  SlabRef again = pool.take(1);
  CHECK(again.get() == second_address);
  SlabRef older = pool.take(1);
  CHECK(older.get() == first_address);
  CHECK(pool.idle() == 0);
}

// A slab that somebody else refers to does not go back; the last reference decides.
TEST_CASE("base: a shared slab comes back with its last reference", "[base]") {
  SlabPool pool;
  SlabRef reader = pool.take(1);
  SlabRef slice = reader;
  CHECK_FALSE(reader.unique());
  pool.give_back(std::move(reader));
  CHECK(pool.idle() == 0);
  CHECK(slice.unique());
  slice->bytes()[0] = 'x';  // still there
  pool.give_back(std::move(slice));
  CHECK(pool.idle() == 1);
}

// A reference may be dropped without the pool, as on another shard.
TEST_CASE("base: slabs are freed where no pool is at hand", "[base]") {
  SlabPool pool;
  SlabRef slab = pool.take(1);
  SlabRef copy = slab;
  slab.reset();
  CHECK_FALSE(slab);
  CHECK(copy.unique());
  copy = SlabRef();
  CHECK_FALSE(copy);
  CHECK(pool.idle() == 0);
}

// Sizes: the standard and the large one are pooled, each up to its limit; all others are exact.
TEST_CASE("base: what a pool keeps", "[base]") {
  SlabPool pool;
  CHECK(pool.take(limits::slab_bytes + 1)->capacity() == limits::large_slab_bytes);
  CHECK(pool.take(limits::large_slab_bytes)->capacity() == limits::large_slab_bytes);
  CHECK(pool.take(limits::large_slab_bytes + 1)->capacity() == limits::large_slab_bytes + 1);
  CHECK(SlabPool::take_exact(100)->capacity() == 100);

  std::vector<SlabRef> many;
  for (std::size_t i = 0; i < 2 * limits::slab_pool_idle_max; ++i) {
    many.push_back(pool.take(1));
    many.push_back(pool.take(limits::large_slab_bytes));
  }
  many.push_back(pool.take(limits::large_slab_bytes + 1));
  many.push_back(SlabPool::take_exact(100));
  for (SlabRef& slab : many) pool.give_back(std::move(slab));
  CHECK(pool.idle() == limits::slab_pool_idle_max + limits::large_slab_pool_idle_max);
}
