// SPDX-License-Identifier: Apache-2.0
//
// The expectations of the tables are what nats-server 2.15 answers.

#include "subject/transform.hpp"

#include "subject/grammar.hpp"
#include "support/catch.hpp"
#include "unit/subject/allocation_counter.hpp"
#include "unit/subject/random_subjects.hpp"

#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;

namespace {

Transform made(std::string_view source, std::string_view destination) {
  auto transform = Transform::make(source, destination);
  INFO(source << " to " << destination);
  REQUIRE(transform.has_value());
  return std::move(*transform);
}

Transform made_reversible(std::string_view source, std::string_view destination) {
  auto transform = Transform::make_reversible(source, destination);
  INFO(source << " to " << destination);
  REQUIRE(transform.has_value());
  return std::move(*transform);
}

std::string fault(const Result<Transform>& transform) {
  return transform ? "none" : transform.error().context;
}

std::string covered_by_both(const std::vector<std::string>& literals, std::string_view a,
                            std::string_view b) {
  std::string list;
  for (const std::string& literal : literals) {
    if (matches(literal, a) && matches(literal, b)) list += literal + ' ';
  }
  return list;
}

}  // namespace

TEST_CASE("each function does what nats-server's does", "[subject][transform]") {
  struct Row {
    std::string_view source, destination, subject, mapped;
  };
  const std::vector<Row> rows = {
      {"foo", "bar", "foo", "bar"},
      {"foo.*", "bar.$1", "foo.x", "bar.x"},
      {"foo.*.*", "bar.$2.$1", "foo.a.b", "bar.b.a"},
      {">", "x.>", "a.b.c", "x.a.b.c"},
      {"", "x.>", "a.b.c", "x.a.b.c"},
      {">", ">", "a.b.c", "a.b.c"},
      {"a.*.>", "b.{{wildcard(1)}}.>", "a.1.2.3", "b.1.2.3"},
      {"a.*", "b", "a.1", "b"},
      {"a.*.*", "b.$2", "a.1.2", "b.2"},
      {"a.*", "{{partition(10,1)}}", "a.x", "5"},
      {"a.*.*", "{{partition(10,1,2)}}", "a.x.y", "2"},
      {"a.*.*", "{{partition(10)}}", "a.x.y", "1"},
      {"a", "{{partition(10)}}", "a", "0"},
      {"a", "{{partition(10,1)}}", "a", "0"},
      {"a.*", "{{ Partition ( 0 , 1 ) }}", "a.x", "0"},
      {"a.*", "{{splitfromleft(1,2)}}", "a.12345", "12.345"},
      {"a.*", "{{splitfromleft(1,5)}}", "a.12345", "12345"},
      {"a.*", "{{splitFromRight(1,2)}}", "a.12345", "123.45"},
      {"a.*", "{{SliceFromLeft(1,2)}}", "a.12345", "12.34.5"},
      {"a.*", "{{SliceFromLeft(1,2)}}", "a.1234", "12.34"},
      {"a.*", "{{slicefromright(1,2)}}", "a.12345", "1.23.45"},
      {"a.*", "{{slicefromright(1,2)}}", "a.1234", "12.34"},
      {"a.*", "{{slicefromleft(1,9)}}", "a.1234", "1234"},
      {"a.*", "{{slicefromleft(1,-1)}}", "a.1234", "1234"},
      {"a.*", "{{split(1,-)}}", "a.-1--2-3-", "1.2.3"},
      {"a.*", "{{split(1,-)}}", "a.--1", ".1"},
      {"a.*", "{{split(1,-)}}", "a.-", ""},
      {"a.*", "{{split(1,ab)}}", "a.xabyabz", "x.y.z"},
      {"a.*", "{{split(1,)}}", "a.xy\u00e9", "x.y.\u00e9"},
      {"a.*", "{{left(1,2)}}", "a.123", "12"},
      {"a.*", "{{Right(1,2)}}", "a.123", "23"},
      {"a.*", "{{left(1,0)}}", "a.123", "123"},
      {"a.*", "x.$0", "a.123", "x.a"},
      {"a.*", "$x.$SYS.$1", "a.123", "$x.$SYS.123"},
      {"a.*", "{{random(1)}}.$1", "a.b", "0.b"},
      {"*.b", "$1", "a.b", "a"},
      {"*.b.*", "$1.$2", "a.b.c", "a.c"},
  };
  for (const Row& row : rows) {
    INFO(row.source << " to " << row.destination << " for " << row.subject);
    const Transform transform = made(row.source, row.destination);
    std::string mapped = "before";
    REQUIRE(transform.apply(row.subject, mapped));
    CHECK(mapped == row.mapped);
  }
}

TEST_CASE("a destination that is wrong is refused in nats-server's words",
          "[subject][transform]") {
  const std::string start = "invalid mapping destination: ";
  const std::string few = start + "not enough arguments passed to the function in ";
  const std::string many = start + "too many arguments passed to the function in ";
  const std::string bad = start + "function argument is invalid or in the wrong format in ";
  const std::string range = start + "wildcard index out of range in ";
  const auto reason = [](std::string_view source, std::string_view destination) {
    return fault(Transform::make(source, destination));
  };
  CHECK(reason("a.*", "$2") == range + "$2: [2]");
  CHECK(reason("a", "$1") == range + "$1");
  CHECK(reason("a.*", "b.{{wildcard(2)}}") == range + "{{wildcard(2)}}: [2]");
  CHECK(reason("a.*", "{{wildcard()}}") == few + "{{wildcard()}}");
  CHECK(reason("a.*", "{{wildcard(1,2)}}") == many + "{{wildcard(1,2)}}");
  CHECK(reason("a.*", "{{wildcard(x)}}") == bad + "{{wildcard(x)}}");
  CHECK(reason("a.*", "{{foo(1)}}") == start + "unknown function in {{foo(1)}}");
  CHECK(reason("a.*", "{{WILDCARD(1)}}") == start + "unknown function in {{WILDCARD(1)}}");
  CHECK(reason("a.*", "{{split(1)}}") == few + "{{split(1)}}");
  CHECK(reason("a.*", "{{split(1,2,3)}}") == many + "{{split(1,2,3)}}");
  CHECK(reason("a.*", "{{split(1,a b)}}") == bad + "{{split(1,a b)}}");
  CHECK(reason("a.*", "{{splitfromleft(1)}}") == few + "{{splitfromleft(1)}}");
  CHECK(reason("a.*", "{{left(1,3000000000)}}") == bad + "{{left(1,3000000000)}}");
  CHECK(reason("a.*", "{{random(1,2)}}") == few + "{{random(1,2)}}");
  CHECK(reason("a.*", "{{partition()}}") == bad + "{{partition()}}");
  CHECK(reason("a.*", "{{partition(99999999999)}}") == bad + "{{partition(99999999999)}}");
  for (const char* destination : {"b.*", "b.>", "b..c", ".b", "b.", "", "b.>.c"}) {
    INFO(destination);
    CHECK(reason("a.*", destination) == "invalid subject");
  }
  CHECK(reason("a.>", "b") == "invalid subject");
  CHECK(reason("a..b", "b") == "invalid subject");
}

TEST_CASE("no transform writes white space to the wire", "[subject][transform]") {
  const std::string nul("b.\0c", 4);
  for (const std::string& bad : {std::string("b c"), std::string("b\r\nPUB x 0"), nul}) {
    CHECK_FALSE(Transform::make("a", bad).has_value());
    CHECK_FALSE(Transform::make("a.*", bad + ".$1").has_value());
    CHECK_FALSE(Transform::make(bad, "b").has_value());
  }
  CHECK_FALSE(Transform::make("a.*", "{{split(1,-\t)}}").has_value());
}

TEST_CASE("a transform covers what its source covers", "[subject][transform]") {
  test::Random random(test::seed());
  const auto literals = test::all_literals(3, 4);
  std::string mapped;
  for (int round = 0; round < 500; ++round) {
    const std::string source = test::random_pattern(random);
    const Transform transform = made(source, numbered(source));
    for (const std::string& literal : literals) {
      INFO(source << " and " << literal);
      REQUIRE(transform.covers(literal) == matches(literal, source));
      REQUIRE(transform.apply(literal, mapped) == matches(literal, source));
      if (transform.covers(literal)) REQUIRE(mapped == literal);
    }
  }
  for (const char* no_subject : {"", ".", "a.", ".a", "a..b", "a.b.", "a.b..c"}) {
    for (const char* source : {">", "a.>", "*", "*.*", "a.*", "a", "a.*.>"}) {
      INFO(source << " and " << no_subject);
      CHECK_FALSE(made(source, numbered(source)).covers(no_subject));
    }
  }
}

TEST_CASE("what is not covered leaves the answer alone", "[subject][transform]") {
  std::string mapped = "before";
  CHECK_FALSE(made("a.*", "b.$1").apply("b.c", mapped));
  CHECK(mapped == "before");
}

TEST_CASE("applying a transform allocates nothing once it is warm", "[subject][transform]") {
  const Transform transform =
      made("plant.*.*.>", "site.$2.{{slicefromleft(1,2)}}.{{partition(9,1,2)}}.>");
  std::string mapped;
  mapped.reserve(256);
  const std::size_t before = test::allocations();
  for (int i = 0; i < 100; ++i) {
    REQUIRE(transform.apply("plant.hall-number-seven.line-with-a-long-name.a.b", mapped));
    REQUIRE_FALSE(transform.apply("other.hall-number-seven.line-with-a-long-name.a", mapped));
  }
  CHECK(test::allocations() == before);
}

TEST_CASE("random() draws what is handed in", "[subject][transform]") {
  const Transform transform = made("a", "b.{{random(7)}}");
  std::string mapped;
  for (std::uint64_t number = 0; number < 20; ++number) {
    REQUIRE(transform.apply("a", mapped, number));
    CHECK(mapped == "b." + std::to_string(number % 7));
  }
}

TEST_CASE("an intersection covers exactly what both cover", "[subject][transform]") {
  test::Random random(test::seed());
  const auto literals = test::all_literals(3, 4);
  for (int round = 0; round < 3'000; ++round) {
    const std::string a = test::random_pattern(random);
    const std::string b = test::random_pattern(random);
    INFO(a << " and " << b);
    const auto common = intersection(a, b);
    REQUIRE(common.has_value() == overlaps(a, b));
    if (!common) continue;
    REQUIRE(is_valid_subject(*common));
    REQUIRE(intersection(b, a) == common);
    REQUIRE(covered_by_both(literals, a, b) == covered_by_both(literals, *common, ">"));
  }
}

TEST_CASE("a reversible transform places each wildcard once", "[subject][transform]") {
  const auto reason = [](std::string_view source, std::string_view destination) {
    return fault(Transform::make_reversible(source, destination));
  };
  const std::string unused = "invalid mapping destination: not using all of the token wildcard(s)";
  CHECK(reason("a.*", "b.*") == "none");
  CHECK(reason("a.*.*.>", "b.$2.{{wildcard(1)}}.>") == "none");
  CHECK(reason("a.*.*", "b.$1") == unused + " in b.$1");
  CHECK(reason("a.*", "b.$1.$1") == unused + " in b.$1.$1");
  CHECK(reason("a.*.*", "b.$1.$0") == unused + " in b.$1.$0");
  CHECK(reason("a.*", "b.{{split(1,-)}}") ==
        "invalid mapping destination: the only mapping function allowed for import transforms "
        "is {{Wildcard()}} in {{split(1,-)}}");
  CHECK(reason("a.*", "b.*.*") == "invalid mapping destination: wildcard index out of range in "
                                  "$2: [2]");
  // They would mean something else on the way back.
  CHECK(reason("$2.*", "b.$1") == "invalid subject");
  CHECK(reason("{{x(1)}}.a", "b") == "invalid subject");
  CHECK(reason("a.*", ".b.*") == "invalid subject");
}

TEST_CASE("a reversed transform leads back", "[subject][transform]") {
  struct Row {
    std::string_view source, destination, subject;
  };
  const std::vector<Row> rows = {
      {"a", "b", "a"},
      {"a.*.*", "b.$2.x.$1", "a.1.2"},
      {"a.*.b.*.*.>", "$3.$1.x.$2.>", "a.1.b.2.3.4.5"},
      {">", "site.>", "a.b"},
      {"*.*", "*.*", "x.y"},
  };
  for (const Row& row : rows) {
    INFO(row.source << " to " << row.destination);
    const Transform there = made_reversible(row.source, row.destination);
    const Transform back = there.reversed();
    std::string mapped, returned;
    REQUIRE(there.apply(row.subject, mapped));
    REQUIRE(back.apply(mapped, returned));
    CHECK(returned == row.subject);
    CHECK(back.source() == pattern_of(there.destination()));
    CHECK(back.reversed().destination() == there.destination());
  }
}

TEST_CASE("patterns are transformed with what they have in common with the source",
          "[subject][transform]") {
  const Transform transform = made_reversible("a.*.*.>", "b.$2.$1.>");
  CHECK(transform.apply_to_pattern(">") == "b.*.*.>");
  CHECK(transform.apply_to_pattern("a.>") == "b.*.*.>");
  CHECK(transform.apply_to_pattern("*.x.*.z") == "b.*.x.z");
  CHECK(transform.apply_to_pattern("a.x.y.*.>") == "b.y.x.*.>");
  CHECK(transform.apply_to_pattern("a.x.y") == std::nullopt);
  CHECK(transform.apply_to_pattern("c.>") == std::nullopt);
}

TEST_CASE("a transformed pattern covers exactly what its literals become",
          "[subject][transform]") {
  test::Random random(test::seed());
  const auto literals = test::all_literals(3, 4);
  std::string mapped, back;
  for (int round = 0; round < 1'000; ++round) {
    const std::string source = test::random_pattern(random);
    const std::string pattern = test::random_pattern(random);
    const Transform there = made_reversible(source, "c." + source);
    const Transform reverse = there.reversed();
    const auto image = there.apply_to_pattern(pattern);
    INFO(source << " for " << pattern);
    for (const std::string& literal : literals) {
      if (there.apply(literal, mapped)) {
        REQUIRE((image && matches(mapped, *image)) == matches(literal, pattern));
        REQUIRE(reverse.apply(mapped, back));
        REQUIRE(back == literal);
      }
      if (image && matches(literal, *image)) REQUIRE(reverse.covers(literal));
    }
  }
}
