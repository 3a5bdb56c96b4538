// SPDX-License-Identifier: Apache-2.0
//
// The rules of subjects, by table and against brute force.

#include "subject/grammar.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;

namespace {

std::vector<std::string> tokens_of(std::string_view subject) {
  std::vector<std::string> tokens;
  for (const std::string_view token : Tokens(subject)) tokens.emplace_back(token);
  return tokens;
}

}  // namespace

TEST_CASE("tokens are what stands between the dots", "[subject][grammar]") {
  using List = std::vector<std::string>;
  CHECK(tokens_of("foo") == List{"foo"});
  CHECK(tokens_of("foo.bar.>") == List{"foo", "bar", ">"});
  CHECK(tokens_of("") == List{""});
  CHECK(tokens_of(".") == List{"", ""});
  CHECK(tokens_of("a..b.") == List{"a", "", "b", ""});
}

TEST_CASE("a subject is valid as in nats-server", "[subject][grammar]") {
  struct Row {
    std::string_view subject;
    bool valid;
    bool literal;
  };
  const Row rows[] = {
      {"foo", true, true},        {"foo.bar", true, true},   {"*", true, false},
      {">", true, false},         {"foo.*.bar", true, false}, {"foo.>", true, false},
      {"foo*", true, true},       {"*foo.>x", true, true},   {"**", true, true},
      {">>.a", true, true},       {"_INBOX.x.y", true, true}, {"$SYS.>", true, false},
      {"\xff\x01\x7f", true, true}, {"", false, false},        {".", false, false},
      {"foo.", false, false},     {".foo", false, false},    {"a..b", false, false},
      {">.foo", false, false},    {"foo.>.bar", false, false}, {"foo bar", false, false},
      {"foo\tbar", false, false}, {"foo\r", false, false},   {"a.\n", false, false},
      {"a.\f", false, false},     {std::string_view("a\0b", 3), false, false},
  };
  for (const Row& row : rows) {
    INFO("subject: " << row.subject);
    CHECK(is_valid_subject(row.subject) == row.valid);
    CHECK(is_valid_literal_subject(row.subject) == row.literal);
    if (row.valid) CHECK(is_literal(row.subject) == row.literal);
  }
}

TEST_CASE("a subject may have so many tokens and no more", "[subject][grammar]") {
  std::string subject = "t";
  for (std::size_t i = 1; i < limits::subject_tokens_max; ++i) subject += ".t";
  CHECK(is_valid_subject(subject));
  CHECK(is_valid_literal_subject(subject));
  CHECK_FALSE(is_valid_subject(subject + ".t"));
  CHECK_FALSE(is_valid_subject(subject + ".>"));
}

TEST_CASE("a pattern covers subjects token by token", "[subject][grammar]") {
  CHECK(matches("foo", "foo"));
  CHECK(matches("foo.bar", "foo.*"));
  CHECK(matches("foo.bar", "*.bar"));
  CHECK(matches("foo.bar.baz", "foo.>"));
  CHECK(matches("foo", ">"));
  CHECK_FALSE(matches("foo", "foo.>"));
  CHECK_FALSE(matches("foo.bar.baz", "foo.*"));
  CHECK_FALSE(matches("foo", "foo.*"));
  CHECK_FALSE(matches("foo.bar", "*"));
  CHECK_FALSE(matches("foobar", "foo*"));
  // Published subjects need not be valid: empty tokens match nothing, wildcards match as tokens.
  CHECK_FALSE(matches("foo..bar", "foo.*.bar"));
  CHECK_FALSE(matches("foo..bar", "foo.>"));
  CHECK_FALSE(matches("foo.", "foo.*"));
  CHECK(matches("foo.>", "foo.*"));
  CHECK_FALSE(matches("foo.*", "foo.bar"));
}

TEST_CASE("subset and overlap agree with counting literals", "[subject][grammar]") {
  // Depth five and a fourth letter stand for everything beyond what the patterns name.
  const auto literals = test::all_literals(4, 5);
  const auto seed = test::seed();
  INFO("seed: " << seed);
  test::Random random(seed);
  for (int round = 0; round < 3000; ++round) {
    const std::string a = test::random_pattern(random);
    const std::string b = test::random_pattern(random);
    const auto in = [](const std::string& pattern) {
      return [&pattern](const std::string& literal) { return matches(literal, pattern); };
    };
    const bool meet = std::any_of(literals.begin(), literals.end(), [&](const std::string& l) {
      return matches(l, a) && matches(l, b);
    });
    const bool inside = std::none_of(literals.begin(), literals.end(), [&](const std::string& l) {
      return matches(l, a) && !matches(l, b);
    });
    INFO("a: " << a << "  b: " << b);
    REQUIRE(overlaps(a, b) == meet);
    REQUIRE(overlaps(b, a) == meet);
    REQUIRE(is_subset(a, b) == inside);
    REQUIRE(std::any_of(literals.begin(), literals.end(), in(a)));
  }
}

TEST_CASE("patterns that merely cross overlap without containment", "[subject][grammar]") {
  CHECK(overlaps("shop.*", "*.closed"));
  CHECK_FALSE(is_subset("shop.*", "*.closed"));
  CHECK_FALSE(is_subset("*.closed", "shop.*"));
  CHECK(overlaps("a.>", "*.b"));
  CHECK_FALSE(overlaps("a.b.>", "a.b"));
  CHECK_FALSE(overlaps("a.*", "b.>"));
  CHECK_FALSE(is_subset("foo.>", "foo.*"));
  CHECK(is_subset("foo.*", "foo.>"));
  CHECK(is_subset("*.>", ">"));
}
