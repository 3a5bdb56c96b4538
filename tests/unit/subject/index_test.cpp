// SPDX-License-Identifier: Apache-2.0
//
// SubjectIndex: small stories, and long random ones against the naive model.

#include "subject/index.hpp"

#include "support/catch.hpp"
#include "unit/subject/index_model.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats::subject;

namespace {

std::size_t plain_count(const Match& match) {
  std::size_t count = 0;
  for (const MatchSet* set : {match.literal, match.wildcard}) {
    if (set != nullptr) count += set->plain().size();
  }
  return count;
}

struct Churn {
  std::size_t letters;
  std::size_t depth;
  std::size_t queues;       // names of queue groups; 0: plain entries only
  std::size_t size_target;  // entries around which the index swings
  int steps;
};

/// Every step changes something or asks something; answers must be the model's.
void churn(std::uint64_t seed, const Churn& churn) {
  test::Random random(seed);
  SubjectIndex index(random());
  test::IndexModel model(index);
  for (int step = 0; step < churn.steps; ++step) {
    const std::size_t kind = test::below(random, 10);
    const bool full = model.size() >= churn.size_target * (step / 400 % 3);
    if (kind < 4 && !full) {
      const bool queued = churn.queues != 0 && test::below(random, 2) == 0;
      model.insert(test::random_pattern(random, churn.letters, churn.depth),
                   queued ? "q" + std::to_string(test::below(random, churn.queues)) : "");
    } else if (kind < 5 || (kind < 7 && full)) {
      if (model.size() != 0) model.remove(test::below(random, model.size()));
    } else {
      REQUIRE(model.compare_match(test::random_literal(random, churn.letters, churn.depth)) == "");
    }
    if (step % 500 == 0) {
      REQUIRE(model.compare_entries() == "");
      REQUIRE(model.compare_overlap(test::random_pattern(random)) == "");
    }
  }
  while (model.size() != 0) model.remove(test::below(random, model.size()));
  REQUIRE(model.compare_entries() == "");
  REQUIRE(index.match("a").empty());
}

}  // namespace

TEST_CASE("an empty index matches nothing", "[subject][index]") {
  SubjectIndex index(1);
  CHECK(index.match("foo").empty());
  CHECK(index.match("").empty());
  CHECK_FALSE(index.has_interest("foo"));
  CHECK_FALSE(index.overlaps(">"));
  CHECK(index.size() == 0);
}

TEST_CASE("literal and wildcard entries come in two sets", "[subject][index]") {
  SubjectIndex index(1);
  std::array<Interest, 5> entries;
  index.insert("foo.bar", "", entries[0]);
  index.insert("foo.bar", "", entries[1]);
  index.insert("foo.*", "", entries[2]);
  index.insert(">", "", entries[3]);
  index.insert("foo", "", entries[4]);
  const Match match = index.match("foo.bar");
  REQUIRE(match.literal != nullptr);
  REQUIRE(match.wildcard != nullptr);
  CHECK(match.literal->plain().size() == 2);
  CHECK(match.wildcard->plain().size() == 2);
  CHECK(index.match("foo").wildcard->plain()[0] == &entries[3]);
  CHECK(index.match("nobody").literal == nullptr);
  for (Interest& entry : entries) index.remove(entry);
  CHECK(index.match("foo.bar").empty());
}

TEST_CASE("members of one group meet from both sets", "[subject][index]") {
  SubjectIndex index(1);
  std::array<Interest, 4> entries;
  index.insert("*", "workers", entries[0]);
  index.insert("foo", "workers", entries[1]);
  index.insert(">", "workers", entries[2]);
  index.insert("foo", "others", entries[3]);
  std::vector<std::string> seen;
  for_each_queue(index.match("foo"), [&](std::string_view name, auto first, auto second) {
    seen.push_back(std::string(name) + " " + std::to_string(first.size()) + "+" +
                   std::to_string(second.size()));
  });
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<std::string>{"others 1+0", "workers 1+2"});
  CHECK(index.queue_of(entries[2]) == "workers");
  CHECK(index.subject_of(entries[2]) == ">");
}

TEST_CASE("the index writes its own fields of an entry and no others", "[subject][index]") {
  SubjectIndex index(1);
  Interest entry;
  entry.weight = 7;
  CHECK(entry.node == nullptr);
  index.insert("foo", "q", entry);
  CHECK(entry.node != nullptr);
  index.remove(entry);
  CHECK(entry.node == nullptr);
  CHECK(entry.weight == 7);
  index.insert("bar.>", "", entry);
  CHECK(index.queue_of(entry).empty());
  CHECK(index.subject_of(entry) == "bar.>");
}

TEST_CASE("what is no subject matches nobody", "[subject][index]") {
  SubjectIndex index(1);
  std::array<Interest, 4> entries;
  index.insert(">", "", entries[0]);
  index.insert("foo.*", "", entries[1]);
  index.insert("foo.*.bar", "", entries[2]);
  index.insert("foo", "", entries[3]);
  for (const std::string_view subject : {"", ".", "foo.", ".foo", "foo..bar", "foo.."}) {
    INFO(subject);
    CHECK(index.match(subject).empty());
    CHECK_FALSE(index.has_interest(subject));
  }
  // As nats-server does, a wildcard in a published subject is an ordinary token.
  CHECK(plain_count(index.match("foo.*")) == 2);
  CHECK(plain_count(index.match("foo.>")) == 2);
  CHECK(plain_count(index.match("*")) == 1);
}

TEST_CASE("answers are right before, at and after the limit of tokens", "[subject][index]") {
  SubjectIndex index(1);
  std::array<Interest, 2> entries;
  index.insert(">", "", entries[0]);
  index.insert("t.>", "", entries[1]);
  std::string subject = "t";
  for (std::size_t i = 1; i < leafnats::limits::subject_tokens_max; ++i) subject += ".t";
  CHECK(plain_count(index.match(subject)) == 2);
  CHECK(index.match(subject + ".t").empty());
}

TEST_CASE("a change of patterns is seen by answers that were cached", "[subject][index]") {
  SubjectIndex index(1);
  std::array<Interest, 3> entries;
  index.insert("_INBOX.a.*", "", entries[0]);
  const auto ask = [&](std::string_view subject) {
    for (int i = 0; i < 4; ++i) (void)index.match(subject);
    return plain_count(index.match(subject));
  };
  CHECK(ask("foo.bar") == 0);
  index.insert("foo.*", "", entries[1]);
  CHECK(ask("foo.bar") == 1);
  index.insert("*.bar", "", entries[2]);
  CHECK(ask("foo.bar") == 2);
  index.remove(entries[1]);
  CHECK(ask("foo.bar") == 1);
  index.remove(entries[2]);
  CHECK(ask("foo.bar") == 0);
  CHECK(ask("_INBOX.a.1") == 1);
}

TEST_CASE("the generation changes with every change and with no question", "[subject][index]") {
  SubjectIndex index(1);
  Interest entry;
  const auto before = index.generation();
  index.insert("foo", "", entry);
  const auto inserted = index.generation();
  CHECK(inserted != before);
  (void)index.match("foo");
  CHECK(index.generation() == inserted);
  index.remove(entry);
  CHECK(index.generation() != inserted);
}

TEST_CASE("a few letters and much overlap: the index is the model", "[subject][index]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  churn(seed, {.letters = 2, .depth = 3, .queues = 3, .size_target = 20, .steps = 20'000});
  churn(seed + 1, {.letters = 3, .depth = 4, .queues = 2, .size_target = 150, .steps = 20'000});
}

TEST_CASE("many subjects, few matches: the index is the model", "[subject][index]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  churn(seed, {.letters = 9, .depth = 5, .queues = 0, .size_target = 600, .steps = 20'000});
  churn(seed + 1, {.letters = 1, .depth = 12, .queues = 40, .size_target = 200, .steps = 10'000});
}

TEST_CASE("one subject with many entries in many groups", "[subject][index]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  test::Random random(seed);
  SubjectIndex index(seed);
  test::IndexModel model(index);
  for (int i = 0; i < 2'000; ++i) {
    const bool queued = test::below(random, 3) != 0;
    model.insert(test::below(random, 2) == 0 ? "foo" : "*",
                 queued ? "q" + std::to_string(test::below(random, 300)) : "");
  }
  REQUIRE(model.compare_match("foo") == "");
  while (model.size() != 0) {
    model.remove(test::below(random, model.size()));
    if (model.size() % 50 == 0) REQUIRE(model.compare_match("foo") == "");
  }
  REQUIRE(index.match("foo").empty());
}

TEST_CASE("more subjects than the cache holds are all answered right", "[subject][index]") {
  SubjectIndex index(1);
  test::IndexModel model(index);
  model.insert("load.>", "");
  model.insert("load.*.x", "");
  model.insert("*.7.x", "q");
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10'000; ++i) {
      REQUIRE(model.compare_match("load." + std::to_string(i) + ".x") == "");
    }
  }
}

TEST_CASE("an index in use may end before its entries", "[subject][index]") {
  std::deque<Interest> entries(300);
  SubjectIndex index(1);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string subject = std::string(i % 3 == 0 ? "*." : "a.") + std::to_string(i % 20);
    index.insert(subject, i % 2 == 0 ? "" : "queue", entries[i]);
  }
  for (int i = 0; i < 3; ++i) (void)index.match("a.1");
  CHECK(index.size() == 300);
}
