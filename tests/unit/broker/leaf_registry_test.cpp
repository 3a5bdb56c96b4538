// SPDX-License-Identifier: Apache-2.0
//
// Which links are the same remote server, and which clusters are our leafs.

#include "broker/leaf_registry.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;

namespace {

constexpr base::ConnectionId first{base::ShardId{0}, 1};
constexpr base::ConnectionId second{base::ShardId{1}, 2};
constexpr base::ConnectionId third{base::ShardId{0}, 3};

const LeafRegistry::Identity edge{"edge", "edge", AccountId::global, "$G"};

}  // namespace

// The newer of two links of one identity stays, the older one is named; when that leaves, late,
// the entry of the newer one is not harmed.
TEST_CASE("broker: a remote server is entered once", "[broker][registry]") {
  LeafRegistry registry;
  CHECK_FALSE(registry.enter(edge, first));
  CHECK(registry.enter(edge, second) == first);
  registry.leave(edge, first);
  CHECK(registry.enter(edge, third) == second);
  registry.leave(edge, second);
  registry.leave(edge, third);
  CHECK_FALSE(registry.enter(edge, first));
}

// Every part of the identity makes a difference; without a name or an account of the remote
// nobody can be the same.
TEST_CASE("broker: what makes two links the same", "[broker][registry]") {
  for (int part = 0; part < 4; ++part) {
    LeafRegistry registry;
    registry.enter(edge, first);
    LeafRegistry::Identity other = edge;
    if (part == 0) other.name = "edge2";
    if (part == 1) other.cluster = "other";
    if (part == 2) other.account = AccountId{1};
    if (part == 3) other.remote_account = "A";
    CAPTURE(part);
    CHECK_FALSE(registry.enter(other, second));
  }
  for (int part = 0; part < 2; ++part) {
    LeafRegistry registry;
    LeafRegistry::Identity nameless = edge;
    (part == 0 ? nameless.name : nameless.remote_account).clear();
    CHECK_FALSE(registry.enter(nameless, first));
    CHECK_FALSE(registry.enter(nameless, second));
  }
}

// A cluster is a leaf of an account as long as one of its servers is connected to it.
TEST_CASE("broker: clusters of leafs are counted", "[broker][registry]") {
  LeafRegistry registry;
  LeafRegistry::Identity other = edge;
  other.name = "edge2";
  CHECK_FALSE(registry.is_leaf_cluster("edge", AccountId::global));
  registry.enter(edge, first);
  registry.enter(other, second);
  CHECK(registry.is_leaf_cluster("edge", AccountId::global));
  CHECK_FALSE(registry.is_leaf_cluster("edge", AccountId{1}));
  CHECK_FALSE(registry.is_leaf_cluster("", AccountId::global));
  registry.leave(edge, first);
  CHECK(registry.is_leaf_cluster("edge", AccountId::global));
  registry.leave(other, second);
  CHECK_FALSE(registry.is_leaf_cluster("edge", AccountId::global));

  // Two links of one server, of which the older goes: the cluster stays.
  registry.enter(edge, first);
  registry.enter(edge, second);
  registry.leave(edge, first);
  CHECK(registry.is_leaf_cluster("edge", AccountId::global));
}
