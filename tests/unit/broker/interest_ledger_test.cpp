// SPDX-License-Identifier: Apache-2.0
//
// Members of subjects and queue groups, counted by where they come from.

#include "base/random.hpp"
#include "broker/interest_ledger.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

using namespace leafnats;
using namespace leafnats::broker;

namespace {

constexpr InterestClass from_client{};
constexpr InterestClass from_leaf{InterestClass::Kind::leaf, LeafRole::hub, ClusterId{1}};
constexpr InterestClass from_hub{InterestClass::Kind::leaf, LeafRole::spoke, ClusterId::none};

std::int64_t total(const InterestLedger::Counts& counts) {
  std::int64_t members = 0;
  for (const auto& count : counts) members += count.members;
  return members;
}

}  // namespace

// Each class has a count of its own; an entry is there as long as one of them is.
TEST_CASE("broker: the ledger counts each class by itself", "[broker][ledger]") {
  InterestLedger ledger;
  const InterestKey key{"a", ""};
  CHECK(ledger.change(key, LedgerSource::own, from_client, 1).size() == 1);
  CHECK(ledger.change(key, LedgerSource::own, from_client, 1).size() == 1);
  CHECK(ledger.change(key, LedgerSource::own, from_leaf, 1).size() == 2);
  CHECK(ledger.change(key, LedgerSource::own, from_hub, 1).size() == 3);
  CHECK(ledger.change(key, LedgerSource{2}, from_client, 5).size() == 4);
  CHECK(total(ledger.change(key, LedgerSource::own, from_client, -2)) == 7);
  CHECK(ledger.change(key, LedgerSource{2}, from_client, -5).size() == 2);
  CHECK(ledger.change(key, LedgerSource::own, from_leaf, -1).size() == 1);
  CHECK(ledger.change(key, LedgerSource::own, from_hub, -1).empty());
  int entries = 0;
  ledger.for_each([&](const InterestKey&, const InterestLedger::Counts&) { ++entries; });
  CHECK(entries == 0);
}

// A queue group is another thing than its subject, and than one whose name reads alike.
TEST_CASE("broker: the ledger's keys do not run together", "[broker][ledger]") {
  InterestLedger ledger;
  ledger.change({"a", ""}, LedgerSource::own, from_client, 1);
  ledger.change({"a", "b"}, LedgerSource::own, from_client, 2);
  ledger.change({"a b", ""}, LedgerSource::own, from_client, 3);
  ledger.change({"ab", ""}, LedgerSource::own, from_client, 4);
  std::map<std::pair<std::string, std::string>, std::int64_t> seen;
  ledger.for_each([&](const InterestKey& key, const InterestLedger::Counts& counts) {
    seen[{key.subject, key.queue}] = total(counts);
  });
  CHECK(seen.size() == 4);
  CHECK(seen[{"a", "b"}] == 2);
  ledger.clear();
  CHECK(ledger.change({"a", ""}, LedgerSource::own, from_client, 1).size() == 1);
}

// No change is no entry: interest without members is not interest.
TEST_CASE("broker: the ledger keeps no empty entries", "[broker][ledger]") {
  InterestLedger ledger;
  CHECK(ledger.change({"a", "q"}, LedgerSource::own, from_leaf, 0).empty());
  int entries = 0;
  ledger.for_each([&](const InterestKey&, const InterestLedger::Counts&) { ++entries; });
  CHECK(entries == 0);
}

// Against a map of numbers.
TEST_CASE("broker: the ledger against a map", "[broker][ledger]") {
  base::Random random(61);
  InterestLedger ledger;
  const InterestClass classes[] = {from_client, from_leaf, from_hub};
  std::map<std::tuple<std::string, int, int>, std::int64_t> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string subject = "s" + std::to_string(random.below(20));
    const int source = static_cast<int>(random.below(3));
    const int kind = static_cast<int>(random.below(3));
    std::int64_t& known = model[{subject, source, kind}];
    const std::int64_t delta =
        random.below(2) == 0 ? 1 + random.below(4)
                             : -static_cast<std::int64_t>(
                                   random.below(static_cast<std::uint32_t>(known + 1)));
    known += delta;
    const auto& counts = ledger.change({subject, ""}, LedgerSource(source),
                                       classes[static_cast<std::size_t>(kind)], delta);
    std::int64_t expected = 0;
    for (int s = 0; s < 3; ++s) {
      for (int k = 0; k < 3; ++k) expected += model[{subject, s, k}];
    }
    REQUIRE(total(counts) == expected);
    for (const auto& count : counts) REQUIRE(count.members > 0);
  }
}
