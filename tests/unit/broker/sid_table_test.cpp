// SPDX-License-Identifier: Apache-2.0
//
// Subscriptions by sid, against a map.

#include "base/random.hpp"
#include "broker/sid_table.hpp"

#include "support/catch.hpp"

#include <map>
#include <set>
#include <string>

using namespace leafnats;
using namespace leafnats::broker;

namespace {

class Owner final : public Subscriber {
 public:
  Owner() : Subscriber(SubscriberKind::client, {base::ShardId{0}, 1}) {}
};

}  // namespace

// A sid is bytes: any length up to the limit, any content, and no two alike are confused.
TEST_CASE("broker: sids are bytes", "[broker][sid_table]") {
  Owner owner;
  SidTable table;
  CHECK(table.find("1") == nullptr);
  const std::string longest(UINT16_MAX, 's');
  for (const std::string& sid : {std::string("1"), std::string("01"), std::string("a"),
                                 std::string("\0", 1), std::string("\0\0", 2), longest}) {
    ClientSubscription& added = table.add(owner, sid);
    CHECK(added.sid() == sid);
    CHECK(added.owner == &owner);
    CHECK(table.find(sid) == &added);
  }
  CHECK(table.size() == 6);
  CHECK(table.find("") == nullptr);
  CHECK(table.find(longest.substr(1)) == nullptr);
}

// The table against a map through growth, removal in any order, and shrinking.
TEST_CASE("broker: the sid table against a map", "[broker][sid_table]") {
  base::Random random(51);
  Owner owner;
  SidTable table;
  std::map<std::string, ClientSubscription*> model;
  for (int step = 0; step < 60'000; ++step) {
    // It fills in the first half of each wave and empties in the second.
    const bool growing = step / 5000 % 2 == 0;
    const std::string sid = std::to_string(random.below(2000));
    const auto known = model.find(sid);
    REQUIRE(table.find(sid) == (known == model.end() ? nullptr : known->second));
    if (known == model.end()) {
      if (growing || random.below(4) == 0) model[sid] = &table.add(owner, sid);
    } else if (!growing || random.below(4) == 0) {
      table.remove(*known->second);
      model.erase(known);
    }
    REQUIRE(table.size() == model.size());
  }
  std::set<ClientSubscription*> visited;
  table.for_each([&](ClientSubscription& subscription) { visited.insert(&subscription); });
  CHECK(visited.size() == model.size());
  for (const auto& [sid, subscription] : model) {
    CHECK(visited.contains(subscription));
    table.remove(*subscription);
  }
  CHECK(table.size() == 0);
  CHECK(table.find("1") == nullptr);
}
