// SPDX-License-Identifier: Apache-2.0
//
// The mappings of an account: which one decides, and how weights are shared out. The facts are
// nats-server's.

#include "subject/mapping_table.hpp"

#include "support/catch.hpp"
#include "unit/subject/allocation_counter.hpp"

#include <map>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;

namespace {

using Mappings = std::vector<SubjectMapping>;

MappingTable made(const Mappings& mappings, std::string_view cluster = "") {
  auto table = MappingTable::make(mappings, cluster);
  REQUIRE(table.has_value());
  return std::move(*table);
}

std::string fault(const Mappings& mappings) {
  const auto table = MappingTable::make(mappings, "");
  return table ? "none" : table.error().context;
}

/// Where the hundred rolls of a subject go; "-" stays what it is.
std::map<std::string, int> shares(const MappingTable& table, std::string_view subject) {
  std::map<std::string, int> shares;
  std::string out;
  for (std::uint64_t roll = 0; roll < 100; ++roll) {
    ++shares[table.map(subject, roll, out) ? out : "-"];
  }
  return shares;
}

using Shares = std::map<std::string, int>;

}  // namespace

TEST_CASE("the first mapping that covers a subject decides", "[subject][mapping]") {
  const MappingTable table = made({{"a.*", {{"b.$1", 100, ""}}},
                                   {"a.x", {{"c", 100, ""}}},
                                   {"d", {{"e.{{partition(4)}}", 100, ""}}}});
  std::string out;
  CHECK(table.map("a.x", 0, out));
  CHECK(out == "b.x");
  CHECK_FALSE(table.map("c", 0, out));
  CHECK_FALSE(table.map("a.x.y", 0, out));
  CHECK_FALSE(table.map("", 0, out));
  CHECK(out == "b.x");
  CHECK(table.sources() == std::vector<std::string>{"a.*", "a.x", "d"});
  CHECK_FALSE(table.empty());
  CHECK(MappingTable().empty());
  CHECK_FALSE(MappingTable().map("a", 0, out));
}

TEST_CASE("weights share out a hundred rolls", "[subject][mapping]") {
  struct Row {
    std::vector<MappingDestination> destinations;
    Shares expected;
  };
  const std::vector<Row> rows = {
      {{{"b", 100, ""}}, {{"b", 100}}},
      {{{"b", 20, ""}, {"c", 80, ""}}, {{"b", 20}, {"c", 80}}},
      {{{"c", 80, ""}, {"b", 20, ""}}, {{"b", 20}, {"c", 80}}},
      // What is left stays, unless the source is named: then it is lost.
      {{{"b", 30, ""}}, {{"b", 30}, {"-", 70}}},
      {{{"a", 30, ""}}, {{"-", 30}, {"", 70}}},
      {{{"b", 0, ""}, {"a", 0, ""}}, {{"", 100}}},
      {{{"b", 0, ""}}, {{"-", 100}}},
      {{}, {{"-", 100}}},
  };
  for (const Row& row : rows) {
    const MappingTable table = made({{"a", row.destinations}});
    CHECK(shares(table, "a") == row.expected);
  }
}

TEST_CASE("a cluster has its own destinations, if any are for it", "[subject][mapping]") {
  const Mappings mappings = {
      {"a", {{"b", 100, ""}, {"east", 100, "east"}, {"some", 10, "west"}}},
      {"c", {{"far", 100, "east"}}},
  };
  CHECK(shares(made(mappings), "a") == Shares{{"b", 100}});
  CHECK(shares(made(mappings, "north"), "a") == Shares{{"b", 100}});
  CHECK(shares(made(mappings, "east"), "a") == Shares{{"east", 100}});
  CHECK(shares(made(mappings, "west"), "a") == Shares{{"some", 10}, {"-", 90}});
  CHECK(shares(made(mappings, "east"), "c") == Shares{{"far", 100}});
  CHECK(shares(made(mappings, "west"), "c") == Shares{{"-", 100}});
}

TEST_CASE("a later mapping of the same source replaces the earlier one in its place",
          "[subject][mapping]") {
  const MappingTable table = made({{"a.*", {{"old.$1", 100, ""}}},
                                   {"a.b", {{"never", 100, ""}}},
                                   {"a.*", {{"new.$1", 100, ""}}}});
  CHECK(shares(table, "a.b") == Shares{{"new.b", 100}});
  CHECK(table.sources() == std::vector<std::string>{"a.*", "a.b"});
}

TEST_CASE("one roll decides between destinations and draws random()", "[subject][mapping]") {
  const MappingTable table = made({{"a", {{"b.{{random(3)}}", 50, ""}, {"c", 50, ""}}}});
  std::string out;
  std::map<std::string, int> seen;
  for (std::uint64_t roll = 0; roll < 300; ++roll) {
    REQUIRE(table.map("a", roll, out));
    ++seen[out];
  }
  CHECK(seen == Shares{{"b.0", 50}, {"b.1", 50}, {"b.2", 50}, {"c", 150}});
}

TEST_CASE("mappings that cannot be are refused in nats-server's words", "[subject][mapping]") {
  CHECK(fault({{"a", {{"b", 101, ""}}}}) ==
        "mapping of \"a\": individual weights need to be <= 100");
  CHECK(fault({{"a", {{"b", -1, ""}}}}) == "mapping of \"a\": individual weights need to be >= 0");
  CHECK(fault({{"a", {{"b", 60, ""}, {"c", 41, ""}}}}) ==
        "mapping of \"a\": total weight needs to be <= 100");
  CHECK(fault({{"a", {{"b", 60, ""}, {"c", 100, "east"}}}}) == "none");
  CHECK(fault({{"a", {{"b", 10, ""}, {"b", 10, ""}}}}) ==
        "mapping of \"a\": duplicate entry for \"b\"");
  CHECK(fault({{"a..b", {{"b", 10, ""}}}}) == "mapping of \"a..b\": invalid subject");
  CHECK(fault({{"a.*", {{"b.$2", 10, ""}}}}) ==
        "mapping of \"a.*\": invalid mapping destination: wildcard index out of range in $2: [2]");
  CHECK(fault({{"a", {{"b..c", 10, ""}}}}) ==
        "mapping of \"a\": invalid mapping destination: invalid transform");
  CHECK(fault({{"a", {{"b.>.c", 10, ""}}}}) ==
        "mapping of \"a\": invalid mapping destination: invalid transform in c");
  CHECK(fault({{"a.*", {{"{{foo(1)}}", 10, "east"}}}}) ==
        "mapping of \"a.*\": invalid mapping destination: unknown function in {{foo(1)}}");
}

TEST_CASE("mapping allocates nothing once it is warm", "[subject][mapping]") {
  const MappingTable table = made({{"site.*.events", {{"events.of.the.site.$1", 50, ""}}},
                                   {"long.enough.not.to.fit.in.place", {{"a", 100, ""}}}});
  std::string out;
  out.reserve(128);
  const std::size_t before = test::allocations();
  for (std::uint64_t roll = 0; roll < 200; ++roll) {
    (void)table.map("site.number-one-of-many.events", roll, out);
    (void)table.map("site.number-one-of-many.other", roll, out);
  }
  CHECK(test::allocations() == before);
}
