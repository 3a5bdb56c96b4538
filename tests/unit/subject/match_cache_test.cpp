// SPDX-License-Identifier: Apache-2.0
//
// What the cache keeps, and what it does not.

#include "subject/match_cache.hpp"

#include "subject/hash.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;

namespace {

using Found = std::vector<const MatchSet*>;

std::uint64_t hash_of(const std::string& subject) { return Hasher(1)(subject); }

const MatchSet* store(MatchCache& cache, const std::string& subject, const Found& found,
                      std::uint64_t stamp = 1) {
  return cache.store(subject, hash_of(subject), {stamp, 0}, found);
}

const MatchCache::Entry* find(const MatchCache& cache, const std::string& subject) {
  return cache.find(subject, hash_of(subject));
}

/// A set with so many plain entries.
void fill(MatchSet& set, std::vector<Interest>& entries, std::size_t size) {
  entries.resize(size);
  for (Interest& entry : entries) set.insert(entry, nullptr);
}

}  // namespace

TEST_CASE("a subject is kept when it comes a second time", "[subject][cache]") {
  MatchCache cache;
  Interest interest;
  MatchSet set;
  set.insert(interest, nullptr);
  CHECK(store(cache, "foo", {&set}) == &set);
  CHECK(find(cache, "foo") == nullptr);
  CHECK(store(cache, "foo", {&set}, 7) == &set);
  REQUIRE(find(cache, "foo") != nullptr);
  CHECK(find(cache, "foo")->result == &set);
  CHECK(find(cache, "foo")->stamp.value == 7);
  CHECK(cache.size() == 1);
  store(cache, "foo", {}, 8);
  CHECK(find(cache, "foo")->result == nullptr);
  CHECK(find(cache, "foo")->stamp.value == 8);
  cache.clear();
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
  CHECK(find(cache, "foo") == nullptr);
}

TEST_CASE("several sets are kept as their union", "[subject][cache]") {
  MatchCache cache;
  std::vector<Interest> one;
  std::vector<Interest> two;
  MatchSet a;
  MatchSet b;
  fill(a, one, 1);
  fill(b, two, 3);
  for (int round = 0; round < 3; ++round) {
    const MatchSet* both = store(cache, "foo", {&a, &b});
    REQUIRE(both->plain().size() == 4);
    CHECK(both->plain()[0] == &one[0]);
    CHECK(both->plain()[3] == &two[2]);
  }
  CHECK(find(cache, "foo")->result == &find(cache, "foo")->own);
}

TEST_CASE("subjects with equal hashes are told apart", "[subject][cache]") {
  MatchCache cache;
  Interest interest;
  MatchSet set;
  set.insert(interest, nullptr);
  for (int round = 0; round < 2; ++round) (void)cache.store("foo", 42, {1, 0}, Found{&set});
  CHECK(cache.find("foo", 42) != nullptr);
  CHECK(cache.find("bar", 42) == nullptr);
  for (int round = 0; round < 2; ++round) (void)cache.store("bar", 42, {1, 0}, Found{});
  REQUIRE(cache.find("bar", 42) != nullptr);
  CHECK(cache.find("bar", 42)->result == nullptr);
  CHECK(cache.find("foo", 42)->result == &set);
}

TEST_CASE("the number of answers is bounded, and those in use survive a flood",
          "[subject][cache]") {
  MatchCache cache;
  std::vector<std::string> used;
  for (int i = 0; i < 100; ++i) used.push_back("used." + std::to_string(i));
  for (int round = 0; round < 2; ++round) {
    for (const std::string& subject : used) store(cache, subject, {});
  }
  for (int i = 0; i < 100'000; ++i) store(cache, "once." + std::to_string(i), {});
  for (const std::string& subject : used) REQUIRE(find(cache, subject) != nullptr);
  CHECK(cache.size() <= used.size() + 5);
  for (int i = 0; i < 20'000; ++i) {
    for (int round = 0; round < 2; ++round) store(cache, "twice." + std::to_string(i), {});
  }
  CHECK(cache.size() <= limits::match_cache_entries_max);
  const std::size_t full = cache.size();
  CHECK(full > limits::match_cache_entries_max / 2);
  for (int i = 0; i < 4'000; ++i) store(cache, "late." + std::to_string(i), {});
  CHECK(cache.size() > full - 400);
}

TEST_CASE("the bytes of answers are bounded, and one alone may not take a quarter",
          "[subject][cache]") {
  MatchCache cache;
  std::vector<Interest> one;
  std::vector<Interest> many;
  std::vector<Interest> too_many;
  MatchSet small;
  MatchSet large;
  MatchSet too_large;
  fill(small, one, 1);
  fill(large, many, 10'000);
  fill(too_large, too_many, match_cache_bytes_max / 4 / sizeof(Interest*));
  for (int i = 0; i < 200; ++i) {
    for (int round = 0; round < 2; ++round) store(cache, std::to_string(i), {&small, &large});
    REQUIRE(find(cache, std::to_string(i)) != nullptr);
    REQUIRE(cache.bytes() <= match_cache_bytes_max);
  }
  for (int round = 0; round < 3; ++round) {
    const MatchSet* both = store(cache, "foo", {&small, &too_large});
    REQUIRE(both->plain().size() == one.size() + too_many.size());
    CHECK(find(cache, "foo") == nullptr);
  }
  // A single set is not copied, so its size does not matter.
  for (int round = 0; round < 2; ++round) store(cache, "bar", {&too_large});
  CHECK(find(cache, "bar") != nullptr);
}
