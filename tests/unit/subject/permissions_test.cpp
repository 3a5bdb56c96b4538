// SPDX-License-Identifier: Apache-2.0
//
// Permissions: a table of what nats-server 2.15 does, the advisories that must hold here, and
// brute force over a small world.

#include "subject/permissions.hpp"

#include "subject/grammar.hpp"
#include "support/catch.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;
using Verdict = PermissionSet::Subscribe;

namespace {

using List = std::vector<std::string>;

PermissionSet subscribe_rules(List allow, List deny) {
  return PermissionSet({}, {std::move(allow), std::move(deny)});
}

struct Asked {
  std::string_view subject;
  std::string_view queue;
  Verdict verdict;
};

struct Row {
  List allow;
  List deny;
  std::vector<Asked> asked;
};

constexpr auto denied = Verdict::denied;
constexpr auto allowed = Verdict::allowed;
constexpr auto filtered = Verdict::filtered;

List random_list(test::Random& random, std::size_t longest) {
  List list;
  for (std::size_t n = test::below(random, longest + 1); n != 0; --n) {
    std::string entry = test::random_pattern(random);
    const std::size_t kind = test::below(random, 6);
    if (kind == 0) entry += " q";
    if (kind == 1) entry += " *";
    if (kind == 2) entry += " r.>";
    list.push_back(std::move(entry));
  }
  return list;
}

/// The definition, entry by entry: is this literal denied, is it allowed?
bool entry_applies(const std::string& entry, std::string_view literal, std::string_view queue) {
  const std::size_t space = entry.find(' ');
  if (space == std::string::npos) return matches(literal, entry);
  return !queue.empty() && is_subset(queue, std::string_view(entry).substr(space + 1)) &&
         matches(literal, std::string_view(entry).substr(0, space));
}

bool any_applies(const List& list, std::string_view literal, std::string_view queue) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& entry) {
    return entry_applies(entry, literal, queue);
  });
}

}  // namespace

TEST_CASE("subscriptions are decided as nats-server 2.15.1 does", "[subject][permissions]") {
  const Row rows[] = {
      {{}, {}, {{"foo", "", allowed}, {">", "q", allowed}}},
      {{"foo.*"}, {},
       {{"foo.*", "", allowed}, {"foo.bar", "", allowed}, {"foo.bar", "q", allowed},
        {"*", "", denied}, {">", "", denied}, {"*.bar", "", denied}, {"foo", "", denied}}},
      {{}, {"foo.*"},
       {{"foo.>", "", denied}, {"foo.*", "", denied}, {"foo", "", allowed},
        {"*.*", "", filtered}, {">", "", filtered}, {"bar.>", "", allowed}}},
      {{"foo v1"}, {},
       {{"foo", "", denied}, {"foo", "v1", allowed}, {"foo", "v2", denied},
        {"foo.bar", "v1", denied}}},
      {{"foo", "foo v1"}, {},
       {{"foo", "", allowed}, {"foo", "v1", allowed}, {"foo", "v2", denied}}},
      {{"foo v.*", "bar >", "baz v1.>"}, {},
       {{"foo", "v.1", allowed}, {"foo", "v.*", allowed}, {"foo", "v", denied},
        {"foo", "v.>", denied}, {"bar", "x", allowed}, {"bar", "x.y", allowed},
        {"bar", "", denied}, {"baz", "v1.>", allowed}, {"baz", "v1.2.3", allowed},
        {"baz", "v1.*", allowed}}},
      {{}, {"foo q"},
       {{"foo", "", allowed}, {"foo", "q", denied}, {"foo", "r", allowed},
        {"*", "q", filtered}, {"*", "r", allowed}, {"*", "", allowed}}},
      {{"foo.> v1"}, {},
       {{"foo.*", "", denied}, {"foo.*", "v1", allowed}, {"foo.*", "v2", denied},
        {">", "v1", denied}, {"foo.>", "v1", allowed}}},
      {{"foo.>", "foo.* v1"}, {},
       {{"foo.*", "v2", denied}, {"foo.bar", "v2", denied}, {"foo.>", "v2", denied},
        {"foo.a.b", "v2", allowed}, {"foo.*", "", allowed}}},
      {{"foo.>", "foo.bar v1"}, {},
       {{"foo.*", "v2", allowed}, {"foo.bar", "v2", denied}, {"foo.bar", "v1", allowed}}},
      {{"foo", "bar"}, {"bar"}, {{"foo", "", allowed}, {"bar", "", denied}, {">", "", denied}}},
      {{"not..valid"}, {}, {{"foo", "", denied}, {">", "", denied}}},
  };
  for (const Row& row : rows) {
    const PermissionSet set = subscribe_rules(row.allow, row.deny);
    for (const Asked& asked : row.asked) {
      INFO("subject: " << asked.subject << "  queue: " << asked.queue);
      CHECK((set.can_subscribe(asked.subject, asked.queue) == asked.verdict));
    }
  }
}

TEST_CASE("an allowed star takes a subscription to all below, and filters it",
          "[subject][permissions]") {
  // nats-server accepts this too, but then delivers foo.a.b.
  const PermissionSet set = subscribe_rules({"foo.*"}, {});
  CHECK((set.can_subscribe("foo.>", "") == filtered));
  CHECK(set.can_deliver("foo.a", ""));
  CHECK_FALSE(set.can_deliver("foo.a.b", ""));
}

TEST_CASE("a deny that merely crosses a subscription filters it", "[subject][permissions]") {
  // Advisory 2026-17, its fixed case; for plain and queue subscriptions.
  const PermissionSet set = subscribe_rules({}, {"*.closed"});
  for (const std::string_view queue : {"", "members"}) {
    CHECK((set.can_subscribe("shop.*", queue) == filtered));
    CHECK((set.can_announce("shop.*", queue) == filtered));
    CHECK_FALSE(set.can_deliver("shop.closed", queue));
    CHECK(set.can_deliver("shop.open", queue));
  }
}

TEST_CASE("a plain deny holds for queues that have denies of their own", "[subject][permissions]") {
  // Advisory 2026-18, its fixed case.
  const PermissionSet set = subscribe_rules({}, {"vault.>", "> night"});
  CHECK((set.can_subscribe("vault.key", "day") == denied));
  CHECK((set.can_subscribe("vault.key", "night") == denied));
  CHECK((set.can_subscribe("vault.key", "") == denied));
  CHECK((set.can_subscribe("other", "night") == denied));
  CHECK((set.can_subscribe("other", "day") == allowed));
  CHECK((set.can_subscribe(">", "") == filtered));
}

TEST_CASE("a longer deny list never accepts more", "[subject][permissions]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  test::Random random(seed);
  for (int round = 0; round < 500; ++round) {
    const List allow = random_list(random, 3);
    PermissionSet set = subscribe_rules(allow, {});
    const List denies = random_list(random, 6);
    const std::string subject = test::random_pattern(random);
    const std::string_view queue = std::array{"", "q", "r.s"}[test::below(random, 3)];
    const std::string literal = test::random_literal(random);
    Verdict verdict = set.can_subscribe(subject, queue);
    bool delivered = set.can_deliver(literal, queue);
    for (const std::string& deny : denies) {
      set.deny_subscribe(deny);
      const Verdict next = set.can_subscribe(subject, queue);
      const bool next_delivered = set.can_deliver(literal, queue);
      INFO("subject: " << subject << "  queue: " << queue << "  deny: " << deny);
      REQUIRE((verdict != denied || next == denied));
      REQUIRE((verdict != filtered || next != allowed));
      REQUIRE((delivered || !next_delivered));
      verdict = next;
      delivered = next_delivered;
    }
  }
}

TEST_CASE("no denied message passes an accepted subscription", "[subject][permissions]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  test::Random random(seed);
  const auto literals = test::all_literals(3, 4);
  for (int round = 0; round < 2'000; ++round) {
    const List allow = random_list(random, 3);
    const List deny = random_list(random, 3);
    const PermissionSet set = subscribe_rules(allow, deny);
    const std::string subject = test::random_pattern(random);
    const std::string_view queue = std::array{"", "q", "r.s"}[test::below(random, 3)];
    const Verdict verdict = set.can_subscribe(subject, queue);
    const Verdict announced = set.can_announce(subject, queue);
    INFO("subject: " << subject << "  queue: " << queue);
    REQUIRE((verdict == denied || announced == verdict));
    for (const std::string& literal : literals) {
      const bool lawful = (allow.empty() || any_applies(allow, literal, queue)) &&
                          !any_applies(deny, literal, queue);
      REQUIRE(set.can_deliver(literal, queue) == lawful);
      if (!matches(literal, subject)) continue;
      if (verdict == allowed || announced == allowed) REQUIRE(lawful);
    }
  }
}

TEST_CASE("publishing asks the allow list, then the deny list", "[subject][permissions]") {
  const PermissionSet set(SubjectPermissions{{"foo.*", "log.>"}, {"foo.bar", "*.secret.>"}}, {});
  CHECK(set.can_publish("foo.x"));
  CHECK(set.can_publish("log.a.b"));
  CHECK_FALSE(set.can_publish("foo.bar"));
  CHECK_FALSE(set.can_publish("foo"));
  CHECK_FALSE(set.can_publish("log.secret.b"));
  CHECK_FALSE(set.can_publish("other"));
  CHECK_FALSE(set.can_publish("foo..b"));
  // Published wildcards are tokens.
  CHECK(set.can_publish("foo.*"));
  CHECK(set.can_publish("foo.>"));
  CHECK((set.can_subscribe("anything", "") == allowed));
}

TEST_CASE("remembered answers about publishing stay right", "[subject][permissions]") {
  PermissionSet set(SubjectPermissions{{"a.*", "log.>"}, {"a.no"}}, {});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) {
      const std::string number = std::to_string(i);
      REQUIRE(set.can_publish("a." + number));
      REQUIRE_FALSE(set.can_publish("b." + number));
    }
  }
  CHECK(set.can_publish("a.later"));
  CHECK_FALSE(set.can_publish("a.no"));
  set.deny_publish("a.later");
  CHECK_FALSE(set.can_publish("a.later"));
  // Long subjects are not remembered, but are decided.
  CHECK(set.can_publish("log." + std::string(1000, 'x')));
  CHECK_FALSE(set.can_publish("logs." + std::string(1000, 'x')));
}

TEST_CASE("who may only answer may publish nothing by itself", "[subject][permissions]") {
  Permissions permissions;
  permissions.allow_responses.emplace();
  CHECK_FALSE(PermissionSet(permissions).can_publish("foo"));
  permissions.publish.allow = {"foo"};
  CHECK(PermissionSet(permissions).can_publish("foo"));
  CHECK_FALSE(PermissionSet(permissions).can_publish("bar"));
}

TEST_CASE("a publish deny with a queue denies its subject", "[subject][permissions]") {
  const PermissionSet set(SubjectPermissions{{}, {"foo q"}}, {});
  CHECK_FALSE(set.can_publish("foo"));
  CHECK(set.can_publish("bar"));
}

TEST_CASE("a default set allows everything, and takes denies", "[subject][permissions]") {
  PermissionSet set;
  CHECK(set.can_publish("foo"));
  CHECK((set.can_subscribe("foo.>", "q") == allowed));
  CHECK(set.can_deliver("foo", ""));
  set.deny_publish("$JS.API.>");
  set.deny_subscribe("$JS.API.>");
  CHECK_FALSE(set.can_publish("$JS.API.INFO"));
  CHECK((set.can_subscribe("$JS.API.INFO", "") == denied));
  CHECK((set.can_subscribe(">", "") == filtered));
}

TEST_CASE("a leaf link is told of patterns that overlap what is allowed",
          "[subject][permissions]") {
  const PermissionSet set = subscribe_rules({"a.b", "c.*"}, {"c.no"});
  CHECK((set.can_announce("a.b", "") == allowed));
  CHECK((set.can_announce("a.*", "") == filtered));
  CHECK((set.can_announce("*.b", "q") == filtered));
  CHECK((set.can_announce(">", "") == filtered));
  CHECK((set.can_announce("a.c", "") == denied));
  CHECK((set.can_announce("d.*", "") == denied));
  CHECK((set.can_announce("c.no", "") == denied));
  CHECK((set.can_subscribe("a.*", "") == denied));
  CHECK(set.can_deliver("a.b", ""));
  CHECK_FALSE(set.can_deliver("a.c", ""));
}

TEST_CASE("entries of subscribe lists are one or two words", "[subject][permissions]") {
  for (const char* entry : {"foo", "foo.>", "foo q", "foo  v.*", ">\tq"}) {
    INFO(entry);
    CHECK(is_valid_subscribe_entry(entry));
  }
  for (const char* entry : {"", " ", " foo", "foo ", "a..b", "foo q r", "foo q.", "foo. q"}) {
    INFO(entry);
    CHECK_FALSE(is_valid_subscribe_entry(entry));
  }
}
