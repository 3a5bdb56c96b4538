// SPDX-License-Identifier: Apache-2.0
//
// Renaming prefixes on the way to a hub: names are unambiguous both ways, and patterns cover what
// their literals become.

#include "subject/prefix_renaming.hpp"

#include "subject/grammar.hpp"
#include "support/catch.hpp"
#include "unit/subject/allocation_counter.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;

namespace {

using Way = PrefixRenaming::Way;
using Names = std::vector<std::string>;
using Renames = std::vector<SubjectRename>;

std::string renamed(const PrefixRenaming& renaming, Way way, std::string_view subject) {
  std::string out;
  return renaming.rename(way, subject, out) ? out : "-";
}

std::string fault(const Renames& renames) {
  const auto found = PrefixRenaming::find_fault(renames);
  return found ? std::to_string(found->index) + ": " + found->text : "none";
}

/// One to three entries without fault, over the letters that literals are made of.
Renames random_renames(test::Random& random) {
  Renames renames;
  for (std::size_t tries = 1 + test::below(random, 3); tries != 0; --tries) {
    renames.push_back({test::random_literal(random, 3, 2), test::random_literal(random, 3, 2)});
    if (PrefixRenaming::find_fault(renames)) renames.pop_back();
  }
  return renames;
}

std::string described(const Renames& renames) {
  std::string text;
  for (const auto& [from, to] : renames) text.append(from).append("->").append(to).append(" ");
  return text;
}

bool any_matches(const Names& patterns, std::string_view literal) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [literal](const auto& pattern) { return matches(literal, pattern); });
}

}  // namespace

TEST_CASE("a prefix is renamed there and back", "[subject][renaming]") {
  const PrefixRenaming renaming(Renames{{"events", "site-a.events"}, {"m.x", "y"}});
  CHECK(renamed(renaming, Way::there, "events") == "site-a.events");
  CHECK(renamed(renaming, Way::there, "events.a.b") == "site-a.events.a.b");
  CHECK(renamed(renaming, Way::there, "m.x.1") == "y.1");
  CHECK(renamed(renaming, Way::there, "eventsX") == "eventsX");
  CHECK(renamed(renaming, Way::there, "m") == "m");
  CHECK(renamed(renaming, Way::there, "site-a") == "site-a");
  CHECK(renamed(renaming, Way::here, "site-a.events.a.b") == "events.a.b");
  CHECK(renamed(renaming, Way::here, "y") == "m.x");
  CHECK(renamed(renaming, Way::here, "site-b.events.a") == "site-b.events.a");
  // Names that belong to what is renamed.
  CHECK(renamed(renaming, Way::there, "site-a.events.a") == "-");
  CHECK(renamed(renaming, Way::here, "events.a") == "-");
  CHECK(renamed(renaming, Way::here, "events") == "-");
}

TEST_CASE("prefixes may be exchanged, and nest each other", "[subject][renaming]") {
  const PrefixRenaming exchange(Renames{{"a", "b"}, {"b", "a"}});
  CHECK(renamed(exchange, Way::there, "a.1") == "b.1");
  CHECK(renamed(exchange, Way::there, "b.1") == "a.1");
  CHECK(renamed(exchange, Way::here, "a.1") == "b.1");
  const PrefixRenaming nested(Renames{{"events", "events.site-a"}});
  CHECK(renamed(nested, Way::there, "events.site-a.x") == "events.site-a.site-a.x");
  CHECK(renamed(nested, Way::here, "events.site-a.x") == "events.x");
  CHECK(renamed(nested, Way::here, "events.site-b.x") == "-");
}

TEST_CASE("patterns cross as what they cover", "[subject][renaming]") {
  const PrefixRenaming renaming(Renames{{"events", "site-a.events"}});
  const std::map<std::string, Names> there = {
      {">", {">"}},
      {"*", {"*", "site-a.events"}},
      {"*.x", {"*.x", "site-a.events.x"}},
      {"*.>", {"*.>"}},
      {"events", {"site-a.events"}},
      {"events.>", {"site-a.events.>"}},
      {"events.*.x", {"site-a.events.*.x"}},
      {"site-a.>", {"site-a.>"}},
      {"site-a.events.>", {}},
      {"site-a.events", {}},
      {"other.*", {"other.*"}},
  };
  for (const auto& [pattern, names] : there) {
    INFO(pattern);
    CHECK(renaming.rename_pattern(Way::there, pattern) == names);
  }
  const std::map<std::string, Names> here = {
      {">", {">"}},
      {"site-a.>", {"site-a.>", "events", "events.>"}},
      {"*.*.x", {"*.*.x", "events.x"}},
      {"site-a.events.*", {"events.*"}},
      {"events.>", {}},
      {"other", {"other"}},
  };
  for (const auto& [pattern, names] : here) {
    INFO(pattern);
    CHECK(renaming.rename_pattern(Way::here, pattern) == names);
  }
}

TEST_CASE("a hub is told what it need not send", "[subject][renaming]") {
  const PrefixRenaming renaming(Renames{{"events", "site-a.events"}});
  const auto unwanted = [](const PrefixRenaming& by, const Names& here) {
    return by.unwanted_there(here);
  };
  CHECK(unwanted(renaming, {}) == Names{"events", "events.>"});
  CHECK(unwanted(renaming, {"events.secret", "other"}) ==
        Names{"events", "events.>", "site-a.events.secret", "other"});
  // It would keep site-a.events.x back, which is events.x here and wanted.
  CHECK(unwanted(renaming, {"site-a.>"}) == Names{"events", "events.>"});
  CHECK(unwanted(renaming, {">"}) == Names{"events", "events.>", ">"});
  // Below it lies what is wanted.
  CHECK(unwanted(PrefixRenaming(Renames{{"events", "events.site-a"}}), {}) == Names{"events"});
  CHECK(unwanted(PrefixRenaming(Renames{{"a", "b"}, {"b", "a"}}), {"a.x"}) == Names{"b.x"});
}

TEST_CASE("there and back is the identity", "[subject][renaming]") {
  test::Random random(test::seed());
  const Names literals = test::all_literals(3, 4);
  std::string name, back;
  for (int round = 0; round < 300; ++round) {
    const Renames renames = random_renames(random);
    const PrefixRenaming renaming(renames);
    INFO(described(renames));
    std::map<std::string, std::string> taken;
    for (const std::string& literal : literals) {
      for (const auto& [way, opposite] : {std::pair(Way::there, Way::here),
                                          std::pair(Way::here, Way::there)}) {
        if (!renaming.rename(way, literal, name)) continue;
        REQUIRE(renaming.rename(opposite, name, back));
        REQUIRE(back == literal);
        if (way == Way::there) REQUIRE(taken.emplace(name, literal).second);
      }
    }
  }
}

TEST_CASE("the counterparts of a pattern cover what its literals become",
          "[subject][renaming]") {
  test::Random random(test::seed());
  const Names literals = test::all_literals(3, 4);
  std::string name;
  for (int round = 0; round < 1'000; ++round) {
    const Renames renames = random_renames(random);
    const PrefixRenaming renaming(renames);
    const std::string pattern = test::random_pattern(random);
    INFO(described(renames) << "for " << pattern);
    for (const auto& [way, opposite] : {std::pair(Way::there, Way::here),
                                        std::pair(Way::here, Way::there)}) {
      const Names names = renaming.rename_pattern(way, pattern);
      for (const std::string& literal : literals) {
        if (renaming.rename(way, literal, name) && matches(literal, pattern)) {
          REQUIRE(any_matches(names, name));
        }
        if (!renaming.rename(opposite, literal, name) || matches(literal, pattern)) continue;
        // What is over there, in other words than the pattern's own, is wanted here.
        const bool other = std::any_of(names.begin(), names.end(), [&](const auto& each) {
          return each != pattern && matches(literal, each);
        });
        if (other) REQUIRE(matches(name, pattern));
      }
    }
  }
}

TEST_CASE("nothing wanted is told to be unwanted", "[subject][renaming]") {
  test::Random random(test::seed());
  const Names literals = test::all_literals(3, 4);
  std::string here;
  for (int round = 0; round < 1'000; ++round) {
    const Renames renames = random_renames(random);
    const PrefixRenaming renaming(renames);
    const Names denies = {test::random_pattern(random), test::random_pattern(random)};
    const Names unwanted = renaming.unwanted_there(denies);
    INFO(described(renames) << "without " << denies[0] << " " << denies[1]);
    for (const std::string& literal : literals) {
      if (!renaming.rename(Way::here, literal, here) || any_matches(denies, here)) continue;
      REQUIRE_FALSE(any_matches(unwanted, literal));
    }
  }
}

TEST_CASE("entries that make names ambiguous are refused", "[subject][renaming]") {
  const auto no_prefix = [](const std::string& text) {
    return "0: \"" + text + "\" is not a prefix of subjects: \"events\" stands for itself and "
           "\"events.>\"";
  };
  CHECK(fault({{"events", "site-a.events"}, {"metrics", "site-a.metrics"}}) == "none");
  for (const char* bad : {"", "a.", "a..b", "a.>", "*", "a b", "a.$1", "{{x}}"}) {
    CHECK(fault({{bad, "b"}}) == no_prefix(bad));
    CHECK(fault({{"b", bad}}) == no_prefix(bad));
  }
  for (const char* bad : {"$SYS", "$JS.API", "_R_", "_GR_.x"}) {
    const std::string text =
        "0: \"" + std::string(bad) + "\" is of the servers' own subjects, which keep their names";
    CHECK(fault({{bad, "b"}}) == text);
    CHECK(fault({{"b", bad}}) == text);
  }
  CHECK(fault({{"a", "a"}}) == "0: \"a\" is renamed to itself");
  CHECK(fault({{"a", "x"}, {"a.b", "y"}}) ==
        "1: it is ambiguous to rename both \"a\" and \"a.b\"");
  CHECK(fault({{"a", "x.y"}, {"b", "x"}}) ==
        "1: it is ambiguous to rename to both \"x.y\" and \"x\"");
  CHECK(fault({{"a", "x"}, {"a", "y"}}) == "1: it is ambiguous to rename both \"a\" and \"a\"");
}

TEST_CASE("renaming allocates nothing once it is warm", "[subject][renaming]") {
  const PrefixRenaming renaming(Renames{{"events", "the.long.name.of.site-a.events"}});
  std::string out;
  out.reserve(128);
  const std::size_t before = test::allocations();
  for (int i = 0; i < 100; ++i) {
    (void)renaming.rename(Way::there, "events.of.a.rather.long.name", out);
    (void)renaming.rename(Way::here, "the.long.name.of.site-a.events.x", out);
  }
  CHECK(test::allocations() == before);
}
