// SPDX-License-Identifier: Apache-2.0
//
// What the index allocates: little for a subscription, nothing for a match, and nothing stays.

#include "subject/index.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"
#include "unit/subject/allocation_counter.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using namespace leafnats::subject;

namespace {

constexpr std::size_t many = 200'000;

/// Twenty characters, like what devices are called.
std::string subject_of(std::size_t i) {
  char text[32];
  std::snprintf(text, sizeof text, "plant.line.dev%06zu", i);
  return text;
}

/// Bytes for each of `many` entries, the Interests themselves left out.
template <class Subject>
double bytes_each(Subject&& subject, std::string_view queue) {
  std::vector<Interest> entries(many);
  const std::size_t before = test::allocated_bytes();
  SubjectIndex index(1);
  for (std::size_t i = 0; i < many; ++i) index.insert(subject(i), queue, entries[i]);
  return static_cast<double>(test::allocated_bytes() - before) / many;
}

}  // namespace

TEST_CASE("an Interest is four words of 32 bits", "[subject][memory]") {
  CHECK(sizeof(Interest) == 16);
}

TEST_CASE("200,000 literal subscriptions take few bytes each", "[subject][memory]") {
  REQUIRE(subject_of(0).size() == 20);
  CHECK(bytes_each(subject_of, "") < 60);
}

TEST_CASE("200,000 patterns and queue subscriptions take few bytes each", "[subject][memory]") {
  const auto inbox = [](std::size_t i) { return "_INBOX." + subject_of(i).substr(11) + ".*"; };
  CHECK(bytes_each(inbox, "") < 120);
  CHECK(bytes_each(subject_of, "workers") < 150);
  CHECK(bytes_each([](std::size_t) { return "the.same.subject"; }, "") < 20);
  CHECK(bytes_each([](std::size_t) { return "the.same.subject"; }, "workers") < 20);
}

TEST_CASE("an index that holds a few entries is small", "[subject][memory]") {
  std::vector<Interest> entries(10);
  const std::size_t before = test::allocated_bytes();
  SubjectIndex index(1);
  CHECK(test::allocated_bytes() == before);
  for (std::size_t i = 0; i < entries.size(); ++i) index.insert(subject_of(i), "", entries[i]);
  CHECK(test::allocated_bytes() - before < 1500);
}

TEST_CASE("when subscriptions leave, their memory leaves", "[subject][memory]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  test::Random random(seed);
  std::vector<Interest> entries(many);
  std::vector<std::size_t> order(many);
  for (std::size_t i = 0; i < many; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  const std::size_t before = test::allocated_bytes();
  SubjectIndex index(1);
  for (std::size_t i = 0; i < many; ++i) {
    const std::string subject = i % 2 == 0 ? subject_of(i) : subject_of(i) + ".*";
    index.insert(subject, i % 5 == 0 ? "workers" : "", entries[i]);
  }
  const std::size_t full = test::allocated_bytes() - before;
  for (std::size_t i = 0; i + 1000 < many; ++i) index.remove(entries[order[i]]);
  CHECK(test::allocated_bytes() - before < full / 4);
  for (std::size_t i = many - 1000; i < many; ++i) index.remove(entries[order[i]]);
  // Scratch space of walks and names of the last pattern stay: a constant.
  CHECK(test::allocated_bytes() - before < 1000);
}

TEST_CASE("matching literal subjects allocates nothing", "[subject][memory]") {
  std::vector<Interest> entries(1000);
  SubjectIndex index(1);
  std::vector<std::string> subjects;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    subjects.push_back(subject_of(i));
    index.insert(subjects[i], i % 7 == 0 ? "workers" : "", entries[i]);
  }
  const std::size_t before = test::allocations();
  std::size_t hits = 0;
  for (const std::string& subject : subjects) hits += index.match(subject).empty() ? 0 : 1;
  CHECK(hits == entries.size());
  CHECK(index.match("nobody").empty());
  CHECK(test::allocations() == before);
}

TEST_CASE("matching patterns allocates nothing once it is warm", "[subject][memory]") {
  std::vector<Interest> entries(4);
  SubjectIndex index(1);
  index.insert("plant.>", "", entries[0]);
  index.insert("plant.*.*", "workers", entries[1]);
  index.insert("*.line.*", "", entries[2]);
  index.insert("_INBOX.me.*", "", entries[3]);
  std::vector<std::string> subjects;
  for (std::size_t i = 0; i < 500; ++i) subjects.push_back(subject_of(i));
  std::vector<std::string> replies;
  for (int i = 0; i < 30'000; ++i) replies.push_back("_INBOX.me." + std::to_string(i));
  // Warm: the cache has grown to its full size, and every subject was asked for twice.
  for (int i = 0; i < 20'000; ++i) (void)index.match(replies[i]);
  for (int round = 0; round < 2; ++round) {
    for (const std::string& subject : subjects) (void)index.match(subject);
  }
  const std::size_t before = test::allocations();
  for (const std::string& subject : subjects) {
    REQUIRE(index.match(subject).wildcard->plain().size() == 2);
  }
  // Replies, each seen once, are not worth a place in the cache; nor do they drive others out.
  for (int i = 20'000; i < 30'000; ++i) {
    if (index.match(replies[i]).wildcard->plain().size() != 1) FAIL(replies[i]);
  }
  for (const std::string& subject : subjects) (void)index.match(subject);
  CHECK(test::allocations() == before);
}

TEST_CASE("literal subscriptions come and go without touching the cache", "[subject][memory]") {
  SubjectIndex index(1);
  std::vector<Interest> entries(2);
  index.insert("a.*", "", entries[0]);
  index.insert("*.b", "", entries[1]);
  for (int i = 0; i < 3; ++i) (void)index.match("a.b");
  for (int i = 0; i < 100; ++i) {
    Interest inbox;
    index.insert("_INBOX." + std::to_string(i), "", inbox);
    const std::size_t before = test::allocations();
    // A union of two sets: it would be built anew, if it were not cached.
    REQUIRE(index.match("a.b").wildcard->plain().size() == 2);
    REQUIRE(test::allocations() == before);
    index.remove(inbox);
  }
}

TEST_CASE("the cache is bounded in entries and in bytes", "[subject][memory]") {
  SubjectIndex index(1);
  std::vector<Interest> entries(3000);
  // Each answer is a union of some thousand pointers.
  for (std::size_t i = 0; i < entries.size(); ++i) {
    index.insert(i % 2 == 0 ? "*.>" : "load.>", "", entries[i]);
  }
  const std::size_t before = test::allocated_bytes();
  for (int i = 0; i < 10'000; ++i) {
    for (int again = 0; again < 2; ++again) (void)index.match("load." + std::to_string(i));
  }
  CHECK(test::allocated_bytes() - before < match_cache_bytes_max * 5 / 4);
}
