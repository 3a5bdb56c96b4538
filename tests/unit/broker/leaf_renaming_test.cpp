// SPDX-License-Identifier: Apache-2.0
//
// Leaf links with account_mappings: what the hub sees, and what comes back.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

constexpr std::string_view hub_greeting =
    R"(INFO {"client_id":5,"headers":true,"info_on_connect":true,"leafnode_urls":["a:1"]})"
    "\r\n";

RemoteLeafOpts site_a() {
  RemoteLeafOpts options;
  options.account_mappings = {{"events", "site-a.events"}, {"metrics", "site-a.metrics"}};
  return options;
}

/// A link to a hub that the test plays, which allows what `connect_info` says.
Peer& spoke_link(World& world, TestServer& server, RemoteLeafOpts options = site_a(),
                 std::string_view connect_info = R"({"connect_info":true})") {
  Peer& hub = server.dial(world.remote(std::move(options)));
  hub.send(std::string(hub_greeting) + "INFO " + std::string(connect_info) + "\r\n");
  hub.take();
  return hub;
}

}  // namespace

// Messages that leave get the hub's names, subject and reply each by its own rule.
TEST_CASE("broker: renamed messages to the hub", "[broker][leaf][renaming]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& hub = spoke_link(world, server);
    hub.send("LS+ >\r\n");
    Peer& client = server.login(modern_connect, shards - 1);
    const auto sent = [&](std::string_view publication) {
      client.send(publication);
      return hub.take();
    };
    CHECK(sent("PUB events.a 2\r\nhi\r\n") == "LMSG site-a.events.a 2\r\nhi\r\n");
    CHECK(sent("PUB events 0\r\n\r\n") == "LMSG site-a.events 0\r\n\r\n");
    CHECK(sent("PUB other.a 0\r\n\r\n") == "LMSG other.a 0\r\n\r\n");
    CHECK(sent("PUB events.a _INBOX.1 0\r\n\r\n") == "LMSG site-a.events.a _INBOX.1 0\r\n\r\n");
    CHECK(sent("PUB q metrics.1 0\r\n\r\n") == "LMSG q site-a.metrics.1 0\r\n\r\n");
    CHECK(sent("HPUB events.a metrics.x 12 14\r\nNATS/1.0\r\n\r\nhi\r\n") ==
          "HMSG site-a.events.a site-a.metrics.x 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
    // Names that belong to what is renamed do not cross, nor requests that have such a reply.
    CHECK(sent("PUB site-a.events.a 0\r\n\r\n").empty());
    CHECK(sent("PUB q site-a.events.a 0\r\n\r\n").empty());
  }
}

// Messages of the hub are renamed back; what has a name of ours over there is not ours.
TEST_CASE("broker: renamed messages from the hub", "[broker][leaf][renaming]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& hub = spoke_link(world, server);
    Peer& client = server.login(quiet_connect, shards - 1);
    client.send("SUB > 1\r\n");
    const auto taken = [&](std::string_view line) {
      hub.send(line);
      return client.take();
    };
    CHECK(taken("LMSG site-a.events.a 2\r\nhi\r\n") == "MSG events.a 1 2\r\nhi\r\n");
    CHECK(taken("LMSG site-a.events site-a.metrics.x 0\r\n\r\n") ==
          "MSG events 1 metrics.x 0\r\n\r\n");
    CHECK(taken("LMSG site-b.events.a _INBOX.1 0\r\n\r\n") ==
          "MSG site-b.events.a 1 _INBOX.1 0\r\n\r\n");
    CHECK(taken("LMSG events.a 0\r\n\r\n").empty());
    CHECK(taken("LMSG q events.a 0\r\n\r\n").empty());
    CHECK_FALSE(hub.closed());
  }
}

// The hub is told of interest in its own names; several patterns may become one.
TEST_CASE("broker: local interest in the hub's names", "[broker][leaf][renaming]") {
  World world;
  TestServer& server = world.server();
  Peer& hub = spoke_link(world, server);
  Peer& client = server.login();
  const auto told = [&](std::string_view line) {
    client.send(line);
    return sorted_lines(hub.take());
  };
  using Lines = std::vector<std::string>;
  CHECK(told("SUB events.> 1\r\n") == Lines{"LS+ site-a.events.>"});
  CHECK(told("SUB > 2\r\n") == Lines{"LS+ >"});
  CHECK(told("UNSUB 2\r\n") == Lines{"LS- >"});
  CHECK(told("SUB *.x 3\r\n") == Lines{"LS+ *.x", "LS+ site-a.events.x", "LS+ site-a.metrics.x"});
  CHECK(told("SUB events.x 4\r\n").empty());
  CHECK(told("UNSUB 3\r\n") == Lines{"LS- *.x", "LS- site-a.metrics.x"});
  CHECK(told("UNSUB 4\r\n") == Lines{"LS- site-a.events.x"});
  CHECK(told("SUB site-a.events.> 5\r\n").empty());
  CHECK(told("SUB events.q w 6\r\n") == Lines{"LS+ site-a.events.q w 1"});
  CHECK(told("SUB *.q w 7\r\n") ==
        Lines{"LS+ *.q w 1", "LS+ site-a.events.q w 2", "LS+ site-a.metrics.q w 1"});
  CHECK(told("UNSUB 6\r\n") == Lines{"LS+ site-a.events.q w 1"});
  CHECK(told("UNSUB 7\r\n") ==
        Lines{"LS- *.q w", "LS- site-a.events.q w", "LS- site-a.metrics.q w"});
}

// Interest that was there before the link is told in the hub's names as well.
TEST_CASE("broker: the first list of interest, renamed", "[broker][leaf][renaming]") {
  World world;
  TestServer& server = world.server();
  Peer& client = server.login();
  client.send("SUB events.a 1\r\nSUB other 2\r\nSUB metrics.* q 3\r\n");
  Peer& hub = server.dial(world.remote(site_a()));
  hub.send(hub_greeting);
  hub.take();
  const auto lines = sorted_lines(hub.ask("INFO {\"connect_info\":true}\r\n"));
  CHECK(lines == std::vector<std::string>{"LS+ " + server.lds(hub), "LS+ other",
                                          "LS+ site-a.events.a", "LS+ site-a.metrics.* q 1"});
}

// The hub's interest counts for local names; it ends when all of it has ended.
TEST_CASE("broker: the hub's interest in local names", "[broker][leaf][renaming]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& hub = spoke_link(world, server);
    Peer& client = server.login(quiet_connect, shards - 1);
    const auto arrives = [&](std::string_view subject) {
      client.send("PUB " + std::string(subject) + " 0\r\n\r\n");
      return count(hub.take(), "LMSG");
    };
    hub.send("LS+ site-a.events.*\r\nLS+ *.*.x\r\n");
    CHECK(arrives("events.x") == 1);
    CHECK(arrives("events.y") == 1);
    CHECK(arrives("metrics.x") == 1);
    CHECK(arrives("a.b.x") == 1);
    CHECK(arrives("metrics.y") == 0);
    hub.send("LS- site-a.events.*\r\n");
    CHECK(arrives("events.x") == 1);
    CHECK(arrives("events.y") == 0);
    hub.send("LS- *.*.x\r\n");
    CHECK(arrives("events.x") == 0);
    CHECK(arrives("a.b.x") == 0);
    hub.send("LS+ events.>\r\n");
    CHECK(arrives("events.y") == 0);
    hub.send("LS+ site-a.events.j q 2\r\n");
    client.send("PUB events.j 0\r\n\r\n");
    CHECK(hub.take() == "LMSG site-a.events.j | q 0\r\n\r\n");
  }
}

// Deny lists hold local names, the hub's permissions the hub's; both hold.
TEST_CASE("broker: denies of a renamed link", "[broker][leaf][renaming]") {
  World world;
  TestServer& server = world.server();
  RemoteLeafOpts options = site_a();
  options.deny_exports = {"events.private"};
  options.deny_imports = {"events.junk", "site-a.x"};
  Peer& hub = server.dial(world.remote(options));
  hub.send(hub_greeting);
  const std::string connect = hub.take();
  CAPTURE(connect);
  CHECK(connect.find(R"("deny_pub":["events","events.\u003e","metrics","metrics.\u003e",)"
                     R"("site-a.events.junk","site-a.x"])") != connect.npos);
  hub.send(R"(INFO {"connect_info":true,"export":{"deny":["site-a.events.no"]},)"
           R"("import":{"deny":["site-a.events.secret"]}})"
           "\r\nLS+ >\r\n");
  hub.take();
  Peer& client = server.login();
  client.send("PUB events.private 0\r\n\r\nPUB events.no 0\r\n\r\nPUB events.a 0\r\n\r\n");
  CHECK(hub.take() == "LMSG site-a.events.a 0\r\n\r\n");
  client.send("SUB events.junk 1\r\nSUB events.secret 2\r\nSUB events.b 3\r\n");
  CHECK(hub.take() == "LS+ site-a.events.b\r\n");
  client.send("SUB events.* 4\r\n");
  hub.take();
  hub.send("LMSG site-a.events.junk 0\r\n\r\nLMSG site-a.events.secret 0\r\n\r\n"
           "LMSG site-a.events.b 0\r\n\r\n");
  CHECK(sorted_lines(client.take()) ==
        std::vector<std::string>{"", "", "MSG events.b 3 0", "MSG events.b 4 0"});
}

// Two sites with the same local names, and one hub of ours between them: each hears of the other
// only under the other's name, requests included.
TEST_CASE("broker: sites with the same names at one hub", "[broker][leaf][renaming]") {
  World world;
  Options named;
  const auto site = [&](const char* name) -> TestServer& {
    named.server_name = name;
    return world.server(named);
  };
  TestServer& hub = world.server();
  TestServer& a = site("a");
  TestServer& b = site("b");
  RemoteLeafOpts of_a, of_b;
  of_a.account_mappings = {{"events", "site-a.events"}};
  of_b.account_mappings = {{"events", "site-b.events"}};
  world.link(hub, a, of_a);
  world.link(hub, b, of_b);
  Peer& at_a = a.login();
  Peer& at_b = b.login();
  Peer& at_hub = hub.login();
  at_a.send("SUB events.> 1\r\n");
  at_b.send("SUB events.> 1\r\nSUB site-a.events.> 2\r\n");
  at_hub.send("SUB > 1\r\n");
  at_hub.take();
  at_a.send("PUB events.x 0\r\n\r\n");
  CHECK(at_a.take() == "MSG events.x 1 0\r\n\r\n");
  CHECK(at_hub.take() == "MSG site-a.events.x 1 0\r\n\r\n");
  CHECK(at_b.take() == "MSG site-a.events.x 2 0\r\n\r\n");
  // A request from the hub to b, whose answer goes to a renamed subject of b.
  at_hub.send("PUB site-b.events.ask site-b.events.answer 0\r\n\r\n");
  CHECK(at_b.take() == "MSG events.ask 1 events.answer 0\r\n\r\n");
  at_hub.take();
  at_b.send("PUB events.answer 2\r\nhi\r\n");
  CHECK(at_hub.take() == "MSG site-b.events.answer 1 2\r\nhi\r\n");
  CHECK(at_a.take().empty());
}

// A link that ends takes its interest along, and a new one begins with nothing.
TEST_CASE("broker: a renamed link ends and comes back", "[broker][leaf][renaming]") {
  World world;
  TestServer& server = world.server();
  Peer& client = server.login();
  for (int round = 0; round < 2; ++round) {
    Peer& hub = spoke_link(world, server);
    hub.send("LS+ site-a.events.a\r\nLS+ *.events.*\r\n");
    client.send("PUB events.a 0\r\n\r\n");
    CHECK(hub.take() == "LMSG site-a.events.a 0\r\n\r\n");
    hub.leave();
    client.send("PUB events.a 0\r\n\r\n");
  }
  CHECK(server.shard().statistics().subscriptions == 0);
}
