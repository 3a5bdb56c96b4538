// SPDX-License-Identifier: Apache-2.0
//
// What the two ends of a leaf link tell each other about interest: counts, weights, whose
// interest is told to whom, and the permissions that decide what may be told.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

/// The interest lines of what a peer was told, without loop marks.
std::vector<std::string> interest_told(Peer& peer) {
  std::vector<std::string> lines;
  for (const std::string& line : sorted_lines(peer.take())) {
    if (line.starts_with("LS") && line.find("$LDS") == line.npos) lines.push_back(line);
  }
  return lines;
}

constexpr std::string_view hub_greeting =
    R"(INFO {"client_id":5,"headers":true,"info_on_connect":true,"leafnode_urls":["a:1"]})"
    "\r\n"
    R"(INFO {"connect_info":true,"remote_account":"$G"})"
    "\r\n";

/// A link of `server` to a hub that the test plays, up and quiet.
Peer& spoke_link(World& world, TestServer& server) {
  Peer& hub = server.dial(world.remote());
  hub.send(hub_greeting);
  hub.take();
  return hub;
}

}  // namespace

// Plain interest is told with the first subscription and taken back with the last.
TEST_CASE("broker: plain interest on a leaf link", "[broker][leaf][interest]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& leaf = server.join();
    Peer& one = server.login();
    Peer& two = server.login(quiet_connect, shards - 1);
    one.send("SUB a 1\r\n");
    CHECK(leaf.take() == "LS+ a\r\n");
    one.send("SUB a 2\r\n");
    two.send("SUB a 1\r\n");
    CHECK(leaf.take().empty());
    one.send("UNSUB 1\r\nUNSUB 2\r\nSUB b.* 3\r\n");
    CHECK(leaf.take() == "LS+ b.*\r\n");
    two.leave();
    CHECK(leaf.take() == "LS- a\r\n");
    // A maximum that is reached takes interest back as well.
    one.send("SUB c 4\r\nUNSUB 4 1\r\nPUB c 0\r\n\r\n");
    CHECK(leaf.take() == "LS+ c\r\nLS- c\r\n");
  }
}

// Queue interest is told with each change of its number of members.
TEST_CASE("broker: queue interest on a leaf link", "[broker][leaf][interest]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& leaf = server.join();
    Peer& one = server.login();
    Peer& two = server.login(quiet_connect, shards - 1);
    CHECK(one.ask("SUB job q 1\r\n").empty());
    CHECK(leaf.take() == "LS+ job q 1\r\n");
    two.send("SUB job q 1\r\n");
    CHECK(leaf.take() == "LS+ job q 2\r\n");
    one.send("SUB job other 2\r\n");
    CHECK(leaf.take() == "LS+ job other 1\r\n");
    one.send("UNSUB 1\r\n");
    CHECK(leaf.take() == "LS+ job q 1\r\n");
    two.leave();
    CHECK(leaf.take() == "LS- job q\r\n");
  }
}

// What is there when a link comes up is told once, summed over all.
TEST_CASE("broker: the first list of interest", "[broker][leaf][interest]") {
  World world;
  TestServer& server = world.server({}, 3);
  for (unsigned shard = 0; shard < 3; ++shard) {
    Peer& client = server.login(quiet_connect, shard);
    client.send("SUB a 1\r\nSUB a 2\r\nSUB job q 3\r\nSUB job q 4\r\nSUB w.* q 5\r\n");
  }
  for (unsigned shard = 0; shard < 3; ++shard) {
    Peer& leaf = server.leaf(shard);
    leaf.take();
    const std::string told = leaf.ask("CONNECT {}\r\n");
    const auto lines = sorted_lines(told.substr(told.find("LS+")));
    const std::vector<std::string> expected = {"LS+ " + server.lds(leaf), "LS+ a", "LS+ job q 6",
                                               "LS+ w.* q 3"};
    CHECK(lines == expected);
    leaf.leave();
  }
}

// A hub tells a leaf of its other leafs, a leaf never of itself; what several stand for is summed.
TEST_CASE("broker: a hub tells leafs of each other", "[broker][leaf][interest]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& one = server.join();
    Peer& two = server.join("{}", shards - 1);
    Peer& three = server.join();
    one.take();
    two.take();
    one.send("LS+ a\r\nLS+ job q 3\r\n");
    CHECK(one.take().empty());
    CHECK(two.take() == "LS+ a\r\nLS+ job q 3\r\n");
    two.send("LS+ a\r\nLS+ job q 2\r\n");
    CHECK(one.take() == "LS+ a\r\nLS+ job q 2\r\n");
    CHECK(two.take().empty());
    CHECK(three.take() == "LS+ a\r\nLS+ job q 3\r\nLS+ job q 5\r\n");
    one.send("LS+ job q 1\r\nLS+ job q 1\r\n");  // an update, and one that changes nothing
    CHECK(three.take() == "LS+ job q 3\r\n");
    one.send("LS- a\r\nLS- a\r\nLS- nothing\r\n");
    CHECK(three.take().empty());
    CHECK(two.take() == "LS+ job q 1\r\nLS- a\r\n");
    one.leave();
    CHECK(two.take() == "LS- job q\r\n");
    CHECK(three.take() == "LS+ job q 2\r\n");
  }
}

// Announced interest without members is no news for anybody.
TEST_CASE("broker: queue interest of weight zero", "[broker][leaf][interest]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& one = server.join();
  Peer& two = server.join("{}", 1);
  Peer& writer = server.login(modern_connect);
  one.send("LS+ job q 0\r\n");
  CHECK(two.take().empty());
  writer.send("SUB inbox 1\r\n");
  two.take();
  one.take();
  CHECK(count(writer.ask("PUB job inbox 0\r\n\r\n"), "NATS/1.0 503") == 1);
  CHECK(one.take().empty());
  one.send("LS+ job q 2\r\n");
  CHECK(two.take() == "LS+ job q 2\r\n");
  writer.send("PUB job inbox 0\r\n\r\n");
  CHECK(count(one.take(), "LMSG job + inbox q 0\r\n") == 1);
  one.send("LS+ job q 0\r\nLS- job q\r\n");
  CHECK(two.take() == "LS- job q\r\n");
}

// Leafs of one cluster hear of each other inside it, not through their hub.
TEST_CASE("broker: leafs of one cluster", "[broker][leaf][interest]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& one = server.join(R"({"name":"one","cluster":"C"})");
    Peer& two = server.join(R"({"name":"two","cluster":"C"})", shards - 1);
    Peer& other = server.join(R"({"name":"other","cluster":"D"})", shards - 1);
    one.take();
    one.send("LS+ a\r\n");
    CHECK(two.take().empty());
    CHECK(other.take() == "LS+ a\r\n");
    two.send("LS+ b\r\nLMSG a 1\r\nx\r\n");
    CHECK(one.take().empty());
    other.send("LMSG a 1\r\ny\r\n");
    CHECK(one.take() == "LMSG a 1\r\ny\r\n");
    server.login().send("SUB a 1\r\n");
    CHECK(two.take() == "LS+ a\r\n");
    CHECK(one.take() == "LS+ a\r\n");
  }
}

// A spoke tells its hub of its clients and its own leafs, but not of what another hub told it.
TEST_CASE("broker: one hub's interest is not told to another", "[broker][leaf][interest]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& first_hub = spoke_link(world, server);
    Peer& second_hub = server.dial(world.remote(), shards - 1);
    second_hub.send(hub_greeting);
    second_hub.take();
    Peer& leaf = server.join();
    first_hub.send("LS+ of.first\r\n");
    CHECK(second_hub.take().empty());
    CHECK(leaf.take() == "LS+ of.first\r\n");
    leaf.send("LS+ of.leaf\r\n");
    CHECK(first_hub.take() == "LS+ of.leaf\r\n");
    CHECK(second_hub.take() == "LS+ of.leaf\r\n");
    server.login().send("SUB of.client 1\r\n");
    CHECK(first_hub.take() == "LS+ of.client\r\n");
    CHECK(second_hub.take() == "LS+ of.client\r\n");
  }
}

// Invalid subjects and too many of them are errors that do not close; interest of JetStream's own
// is the link's end at a hub.
TEST_CASE("broker: interest that is not taken", "[broker][leaf][interest]") {
  Options options;
  options.max_subscriptions = 3;
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.join();
  CHECK(leaf.ask("LS+ a..b\r\n") == "-ERR 'Invalid Subscription'\r\n");
  CHECK(leaf.ask("LS+ a\r\nLS+ b\r\nLS+ c\r\nLS+ d\r\n") ==
        "-ERR 'maximum subscriptions exceeded'\r\n");
  CHECK(leaf.ask("LS- a\r\nLS+ d\r\nPING\r\n") == "PONG\r\n");
  CHECK(server.shard().statistics().subscriptions == 3);
  Peer& streaming = server.join();
  CHECK(streaming.ask("LS+ $JS.API.INFO\r\n") ==
        "-ERR 'Permissions Violation for Subscription to \"$JS.API.INFO\"'\r\n");
  CHECK(streaming.closed());
}

// What a peer may not have is not announced to it either: JetStream's subjects, and what the
// user's permissions and the remote's own denies say.
TEST_CASE("broker: interest that is not told", "[broker][leaf][interest]") {
  Options options;
  Permissions permissions;
  permissions.publish.allow = {"up.>"};
  permissions.subscribe.deny = {"down.secret"};
  options.leaf.authorization.users = {{"leaf", "p", permissions, ""}};
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.join(R"({"user":"leaf","pass":"p"})");
  Peer& client = server.login();
  client.send("SUB up.a 1\r\nSUB other 2\r\nSUB $JS.API.> 3\r\nSUB $KV.x 4\r\nSUB $OBJ.x 5\r\n");
  CHECK(leaf.take() == "LS+ up.a\r\n");
  // A literal that it may not have at all ends the link.
  CHECK(leaf.ask("LS+ down.open\r\nPING\r\n") == "PONG\r\n");
  CHECK(leaf.ask("LS+ down.secret\r\n") ==
        "-ERR 'Permissions Violation for Subscription to \"down.secret\"'\r\n");
  CHECK(leaf.closed());
}

// Isolation on a hub: a leaf hears what the hub's own clients want, and not what other leafs want;
// of what it wants itself all hear that are not isolated.
TEST_CASE("broker: isolated leafs", "[broker][leaf]") {
  const auto check_isolated = [](TestServer& server, Peer& isolated) {
    server.login().send("SUB of.client 1\r\n");
    CHECK(interest_told(isolated) == std::vector<std::string>{"LS+ of.client"});
    Peer& other = server.join();
    other.send("LS+ of.leaf\r\nLS+ of.leaf q 3\r\n");
    CHECK(interest_told(isolated).empty());
    other.send("LS- of.leaf\r\nLS- of.leaf q\r\n");
    CHECK(interest_told(isolated).empty());
    isolated.send("LMSG of.client 2\r\nhi\r\n");
    CHECK(server.shard().statistics().out_messages == 1);
  };
  SECTION("all leafs of a hub") {
    Options options;
    options.leaf.isolate_leafnode_interest = true;
    World world;
    TestServer& server = world.server(options);
    Peer& leaf = server.join();
    check_isolated(server, leaf);
  }
  SECTION("one that asks for it") {
    World world;
    TestServer& server = world.server();
    Peer& leaf = server.join(R"({"isolate":true})");
    Peer& plain = server.join();
    check_isolated(server, leaf);
    plain.take();
    leaf.send("LS+ of.isolated\r\n");
    CHECK(interest_told(plain) == std::vector<std::string>{"LS+ of.isolated"});
  }
}

// Isolation on a remote: local keeps what our leafs want from the hub; requested asks the hub.
TEST_CASE("broker: isolated remotes", "[broker][leaf]") {
  World world;
  TestServer& hub = world.server();
  Options options;
  options.server_name = "spoke";
  options.leaf.remotes.emplace_back();
  TestServer& spoke = world.server(options);
  RemoteLeafOpts remote;
  SECTION("local") {
    remote.isolate_leafnode_interest = true;
    world.link(hub, spoke, remote);
    Peer& client = hub.login();
    Peer& leaf = spoke.join();
    leaf.send("LS+ of.leaf\r\n");
    client.send("PUB of.leaf 0\r\n\r\n");
    CHECK(leaf.take().find("LMSG") == std::string::npos);
    Peer& local = spoke.login();
    local.send("SUB of.client 1\r\n");
    client.send("PUB of.client 0\r\n\r\n");
    CHECK(local.take() == "MSG of.client 1 0\r\n\r\n");
  }
  SECTION("requested") {
    remote.request_isolation = true;
    world.link(hub, spoke, remote);
    Peer& leaf = hub.join();
    leaf.send("LS+ of.leaf\r\n");
    spoke.login().send("PUB of.leaf 0\r\n\r\n");
    CHECK(leaf.take().find("LMSG") == std::string::npos);
    Peer& local = spoke.login();
    local.send("SUB of.spoke 1\r\n");
    leaf.send("LMSG of.spoke 0\r\n\r\n");
    CHECK(local.take() == "MSG of.spoke 1 0\r\n\r\n");
  }
}
