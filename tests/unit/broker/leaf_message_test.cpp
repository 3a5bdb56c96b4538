// SPDX-License-Identifier: Apache-2.0
//
// Messages over leaf links: the forms of LMSG and HMSG, who gets what, and what is refused.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

constexpr std::string_view hub_greeting =
    R"(INFO {"client_id":5,"headers":true,"info_on_connect":true,"leafnode_urls":["a:1"]})"
    "\r\n";

/// A link to a hub that the test plays, which allows what `connect_info` says.
Peer& spoke_link(World& world, TestServer& server, RemoteLeafOpts options = {},
                 std::string_view connect_info = R"({"connect_info":true})") {
  Peer& hub = server.dial(world.remote(std::move(options)));
  hub.send(std::string(hub_greeting) + "INFO " + std::string(connect_info) + "\r\n");
  hub.take();
  return hub;
}

}  // namespace

// To the peer: plain, with a reply, for queue groups with and without one.
TEST_CASE("broker: forms of LMSG to a leaf", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.join();
  Peer& writer = server.login();
  leaf.send("LS+ a\r\nLS+ job q1 1\r\nLS+ both\r\nLS+ both q 1\r\nLS+ both.* q 1\r\n");
  writer.send("PUB a 2\r\nhi\r\n");
  CHECK(leaf.take() == "LMSG a 2\r\nhi\r\n");
  writer.send("PUB a back 0\r\n\r\n");
  CHECK(leaf.take() == "LMSG a back 0\r\n\r\n");
  writer.send("PUB job 2\r\nhi\r\n");
  CHECK(leaf.take() == "LMSG job | q1 2\r\nhi\r\n");
  writer.send("PUB job back 2\r\nhi\r\n");
  CHECK(leaf.take() == "LMSG job + back q1 2\r\nhi\r\n");
  writer.send("PUB both 2\r\nhi\r\n");
  CHECK(leaf.take() == "LMSG both | q 2\r\nhi\r\n");  // one copy for everything
  leaf.send("LS+ job q2 1\r\n");
  writer.send("PUB job 0\r\n\r\n");
  const std::string two = leaf.take();
  CHECK((two == "LMSG job | q1 q2 0\r\n\r\n" || two == "LMSG job | q2 q1 0\r\n\r\n"));
}

// From the peer: plain subscribers always, of the queue groups the named ones.
TEST_CASE("broker: LMSG from a leaf", "[broker][leaf]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& reader = server.login(quiet_connect, shards - 1);
    reader.send("SUB a 1\r\nSUB a q1 2\r\nSUB a q2 3\r\n");
    Peer& leaf = server.join();
    const auto delivered = [&](std::string_view line) {
      leaf.send(line);
      const std::string got = reader.take();
      std::string sids;
      for (const char* sid : {"1", "2", "3"}) {
        if (got.find("MSG a " + std::string(sid) + " ") != got.npos) sids += sid;
      }
      return sids;
    };
    CHECK(delivered("LMSG a 0\r\n\r\n") == "1");
    CHECK(delivered("LMSG a r 0\r\n\r\n") == "1");
    CHECK(delivered("LMSG a | q1 0\r\n\r\n") == "12");
    CHECK(delivered("LMSG a + r q2 0\r\n\r\n") == "13");
    CHECK(delivered("LMSG a + r q1 q2 0\r\n\r\n") == "123");
    CHECK(delivered("LMSG a | q3 0\r\n\r\n") == "1");
    leaf.send("LMSG a + r q1 2\r\nhi\r\n");
    CHECK(count(reader.take(), " r 2\r\nhi\r\n") == 2);
    CHECK(leaf.take().empty());
  }
}

// Headers cross both ways, and are stripped for a peer that announced none.
TEST_CASE("broker: headers on leaf links", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  Peer& modern = server.join(R"({"headers":true,"name":"m"})");
  Peer& plain = server.join();
  Peer& client = server.login(modern_connect);
  modern.send("LS+ a\r\nLS+ job q 1\r\n");
  plain.send("LS+ a\r\n");
  modern.take();
  plain.take();
  client.send("HPUB a r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  CHECK(modern.take() == "HMSG a r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  CHECK(plain.take() == "LMSG a r 2\r\nhi\r\n");
  client.send("HPUB job 12 12\r\nNATS/1.0\r\n\r\n\r\n");
  CHECK(modern.take() == "HMSG job | q 12 12\r\nNATS/1.0\r\n\r\n\r\n");
  client.send("SUB up 1\r\nSUB up q 2\r\n");
  client.take();
  modern.take();
  modern.send("HMSG up | q 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
  const std::string got = client.take();
  CHECK(count(got, "HMSG up 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n") == 1);
  CHECK(count(got, "HMSG up 2 12 14\r\nNATS/1.0\r\n\r\nhi\r\n") == 1);
}

// A leaf gets nothing back of what it sent, whatever it is interested in; other leafs do.
TEST_CASE("broker: no echo on a leaf link", "[broker][leaf]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& one = server.join();
    Peer& two = server.join("{}", shards - 1);
    one.send("LS+ a\r\nLS+ job q 1\r\n");
    two.send("LS+ a\r\nLS+ job q 1\r\n");
    one.take();
    two.take();
    for (int i = 0; i < 10; ++i) one.send("LMSG a 0\r\n\r\nLMSG job | q 0\r\n\r\n");
    CHECK(one.take().empty());
    const std::string got = two.take();
    CHECK(count(got, "LMSG a 0\r\n") == 10);
    CHECK(count(got, "LMSG job | q 0\r\n") == 10);
  }
}

// A queue group has members here and behind leafs: those here come first, on whichever shard.
TEST_CASE("broker: local queue members before leafs", "[broker][leaf][router]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& leaf = server.join();
    Peer& far_leaf = server.join("{}", shards - 1);
    leaf.send("LS+ job q 100\r\n");
    far_leaf.send("LS+ job q 300\r\n");
    Peer& member = server.login(quiet_connect, shards - 1);
    member.send("SUB job q 1\r\n");
    Peer& writer = server.login();
    leaf.take();
    far_leaf.take();
    for (int i = 0; i < 50; ++i) writer.send("PUB job 0\r\n\r\n");
    CHECK(count(member.take(), "MSG job 1 0") == 50);
    CHECK(leaf.take().empty());
    CHECK(far_leaf.take().empty());
    member.leave();
    leaf.take();
    far_leaf.take();
    for (int i = 0; i < 400; ++i) writer.send("PUB job 0\r\n\r\n");
    const std::size_t near = count(leaf.take(), "LMSG job | q 0");
    CHECK(near + count(far_leaf.take(), "LMSG job | q 0") == 400);
    CHECK(near > 50);
    CHECK(near < 150);
  }
}

// Interest behind a leaf answers a request: no 503, on this shard and from another.
TEST_CASE("broker: no responders with leafs", "[broker][leaf]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& leaf = server.join("{}", shards - 1);
    Peer& asker = server.login(modern_connect);
    asker.send("SUB inbox.* 1\r\n");
    leaf.send("LS+ echo\r\n");
    leaf.take();
    CHECK(asker.ask("PUB echo inbox.1 0\r\n\r\n").empty());
    CHECK(leaf.take() == "LMSG echo inbox.1 0\r\n\r\n");
    leaf.send("LMSG inbox.1 2\r\nok\r\n");
    CHECK(asker.take() == "MSG inbox.1 1 2\r\nok\r\n");
    leaf.send("LS- echo\r\n");
    CHECK(count(asker.ask("PUB echo inbox.2 0\r\n\r\n"), "NATS/1.0 503") == 1);
  }
}

// A leaf user's permissions, as the hub applies them: what it may publish is checked message by
// message, what it may not receive is not sent.
TEST_CASE("broker: permissions of a leaf's user", "[broker][leaf]") {
  Options options;
  Permissions permissions;
  permissions.publish.allow = {"up.>"};
  permissions.subscribe.allow = {"down.>"};
  permissions.subscribe.deny = {"down.secret"};
  options.leaf.authorization.users = {{"leaf", "p", permissions, ""}};
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.leaf();
  leaf.take();
  const std::string answer = leaf.ask(R"(CONNECT {"user":"leaf","pass":"p"})" "\r\n");
  CHECK(answer.find(R"("import":{"allow":["down.\u003e"],"deny":["down.secret"]})") !=
        answer.npos);
  CHECK(answer.find(R"("export":{"allow":["up.\u003e"]})") != answer.npos);
  Peer& client = server.login();
  client.send("SUB > 1\r\n");
  leaf.take();
  leaf.send("LS+ down.*\r\n");
  client.send("PUB down.open 0\r\n\r\nPUB down.secret 0\r\n\r\n");
  CHECK(leaf.take() == "LMSG down.open 0\r\n\r\n");
  client.take();
  leaf.send("LMSG up.a 0\r\n\r\n");
  CHECK(client.take() == "MSG up.a 1 0\r\n\r\n");
  CHECK(leaf.ask("LMSG down.open 0\r\n\r\n") ==
        "-ERR 'Permissions Violation for Publish to \"down.open\"'\r\n");
  CHECK(leaf.closed());
  CHECK(client.take().empty());
}

// deny_pub of a leaf's CONNECT is what it does not want to be sent.
TEST_CASE("broker: a leaf's own denies", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.join(R"({"deny_pub":["private.>"]})");
  leaf.send("LS+ >\r\n");
  server.login().send("PUB private.a 0\r\n\r\nPUB public 0\r\n\r\n");
  CHECK(leaf.take() == "LMSG public 0\r\n\r\n");
}

// A spoke applies what its hub told it and its own denies: it ignores, and does not close.
TEST_CASE("broker: permissions at a spoke", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  RemoteLeafOpts options;
  options.deny_imports = {"in.private"};
  options.deny_exports = {"out.private"};
  Peer& hub = spoke_link(world, server, options,
                         R"({"connect_info":true,"export":{"allow":["out.>"]},)"
                         R"("import":{"deny":["in.secret"]}})");
  Peer& client = server.login();
  client.send("SUB in.* 1\r\nSUB in.secret 2\r\nSUB in.private 3\r\n");
  CHECK(hub.take() == "LS+ in.*\r\n");
  hub.send("LS+ out.a\r\nLS+ out.private\r\nLS+ other\r\n");
  client.send("PUB out.a 0\r\n\r\nPUB out.private 0\r\n\r\nPUB other 0\r\n\r\n");
  CHECK(hub.take() == "LMSG out.a 0\r\n\r\n");
  hub.send("LMSG in.open 0\r\n\r\nLMSG in.secret 0\r\n\r\nLMSG in.private 0\r\n\r\n");
  CHECK(client.take() == "MSG in.open 1 0\r\n\r\n");
  CHECK_FALSE(hub.closed());
}

// JetStream's own subjects do not cross, answers to its messages do.
TEST_CASE("broker: JetStream's subjects on leaf links", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.join();
  leaf.send("LS+ >\r\n");
  server.login().send(
      "PUB $JS.API.INFO 0\r\n\r\nPUB $KV.a 0\r\n\r\nPUB $OBJ.a 0\r\n\r\n"
      "PUB $JS.ACK.x 0\r\n\r\nPUB $JSX 0\r\n\r\n");
  CHECK(leaf.take() == "LMSG $JS.ACK.x 0\r\n\r\nLMSG $JSX 0\r\n\r\n");
}

// Limits and garbage: the error, the end, and nothing behind it.
TEST_CASE("broker: a leaf that breaks the protocol", "[broker][leaf]") {
  Options options;
  options.max_payload = 100;
  options.max_control_line = 64;
  World world;
  TestServer& server = world.server(options);
  Peer& large = server.join();
  CHECK(large.ask("LMSG a 101\r\n") == "-ERR 'Maximum Payload Violation'\r\n");
  CHECK(large.closed());
  Peer& patient = server.join();
  CHECK(patient.ask("LS+ " + std::string(1000, 'x') + "\r\nPING\r\n") == "PONG\r\n");
  CHECK(patient.ask("LS+ " + std::string(1100, 'x')) ==
        "-ERR 'maximum control line exceeded'\r\n");
  Peer& strange = server.join();
  CHECK(strange.ask("PUB a 0\r\n\r\n") == "-ERR 'Unknown Protocol Operation'\r\n");
  CHECK(strange.closed());
}
