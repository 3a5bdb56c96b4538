// SPDX-License-Identifier: Apache-2.0
//
// Records keep their bytes, do not overlap, and their memory goes back.

#include "subject/record_pool.hpp"

#include "support/catch.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace leafnats::subject;

namespace {

struct Record {
  Ref ref;
  std::size_t bytes;
  unsigned char fill;
};

bool intact(const RecordPool& pool, const Record& record) {
  const auto* at = static_cast<const unsigned char*>(pool.at(record.ref));
  for (std::size_t i = 0; i < record.bytes; ++i) {
    if (at[i] != record.fill) return false;
  }
  return reinterpret_cast<std::uintptr_t>(at) % 8 == 0;
}

std::size_t random_size(test::Random& random) {
  const std::size_t kind = test::below(random, 10);
  if (kind < 6) return 1 + test::below(random, 130);
  return kind < 9 ? 1 + test::below(random, 2100) : 1 + test::below(random, 70'000);
}

}  // namespace

TEST_CASE("records of all sizes live side by side", "[subject][pool]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  test::Random random(seed);
  RecordPool pool;
  std::vector<Record> records;
  for (int step = 0; step < 20'000; ++step) {
    if (records.empty() || test::below(random, 100) < (step < 10'000 ? 60u : 40u)) {
      const std::size_t bytes = random_size(random);
      const auto fill = static_cast<unsigned char>(random());
      records.push_back({pool.allocate(bytes), bytes, fill});
      REQUIRE(records.back().ref != 0);
      std::memset(pool.at(records.back().ref), fill, bytes);
    } else {
      const std::size_t at = test::below(random, records.size());
      REQUIRE(intact(pool, records[at]));
      pool.free(records[at].ref, records[at].bytes);
      records[at] = records.back();
      records.pop_back();
    }
  }
  for (const Record& record : records) {
    REQUIRE(intact(pool, record));
    pool.free(record.ref, record.bytes);
  }
  CHECK(pool.reserved_bytes() == 0);
}

TEST_CASE("a pool wastes little, whether it holds few records or many", "[subject][pool]") {
  RecordPool pool;
  CHECK(pool.reserved_bytes() == 0);
  (void)pool.allocate(32);
  CHECK(pool.reserved_bytes() <= 256);
  std::size_t used = 32;
  for (int i = 0; i < 100'000; ++i) {
    (void)pool.allocate(32);
    used += 32;
    REQUIRE(pool.reserved_bytes() <= used + used / 8 + 512);
  }
}

TEST_CASE("freed records are used again", "[subject][pool]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  test::Random random(seed);
  RecordPool pool;
  std::vector<Ref> refs;
  for (int i = 0; i < 5'000; ++i) refs.push_back(pool.allocate(40));
  const std::size_t before = pool.reserved_bytes();
  for (int round = 0; round < 10; ++round) {
    std::shuffle(refs.begin(), refs.end(), random);
    for (std::size_t i = 0; i < 2'000; ++i) pool.free(refs[i], 40);
    for (std::size_t i = 0; i < 2'000; ++i) refs[i] = pool.allocate(40);
    REQUIRE(pool.reserved_bytes() <= before + before / 8);
  }
}

TEST_CASE("every size fits its block", "[subject][pool]") {
  for (std::size_t bytes = 1; bytes <= 600; ++bytes) {
    RecordPool pool;
    std::vector<Ref> refs;
    for (int i = 0; i < 64; ++i) refs.push_back(pool.allocate(bytes));
    for (std::size_t i = 0; i < refs.size(); ++i) {
      std::memset(pool.at(refs[i]), static_cast<int>(i), bytes);
    }
    for (std::size_t i = 0; i < refs.size(); ++i) {
      REQUIRE(intact(pool, {refs[i], bytes, static_cast<unsigned char>(i)}));
      pool.free(refs[i], bytes);
    }
    REQUIRE(pool.reserved_bytes() == 0);
  }
}
