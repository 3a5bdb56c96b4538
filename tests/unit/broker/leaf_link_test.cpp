// SPDX-License-Identifier: Apache-2.0
//
// The life of leaf links: circles of servers, doubles, liveness, and what a lost link means for
// the next attempt.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view loop_error =
    "-ERR 'Loop detected for leafnode account=\"$G\". Delaying attempt to reconnect for 30s'\r\n";
constexpr std::string_view greeting =
    R"(INFO {"client_id":5,"headers":true,"info_on_connect":true,"leafnode_urls":["a:1"]})"
    "\r\n";

Options named(const std::string& name) {
  Options options;
  options.server_name = name;
  options.leaf.remotes.emplace_back();
  return options;
}

/// A remote whose hub (the test) has said all that the link needs.
FakeRemote& up(World& world, TestServer& server, Peer*& hub) {
  FakeRemote& remote = world.remote();
  hub = &server.dial(remote);
  hub->send(std::string(greeting) + "INFO {\"connect_info\":true}\r\n");
  hub->take();
  return remote;
}

}  // namespace

// The mark of another link of ours that comes back is a circle: unless it is taken back the link
// falls, the side that dialled first.
TEST_CASE("broker: the loop mark", "[broker][leaf][loop]") {
  World world;
  TestServer& server = world.server();
  Peer& other = server.join(R"({"name":"other"})");
  Peer& leaf = server.join();
  CHECK(leaf.ask("LS+ " + server.lds(other) + "\r\n").empty());
  world.advance(1s);
  CHECK_FALSE(leaf.closed());
  world.advance(1s);
  CHECK(count(leaf.take(), loop_error) == 1);
  CHECK(leaf.closed());
  CHECK_FALSE(other.closed());

  Peer* hub = nullptr;
  FakeRemote& remote = up(world, server, hub);
  hub->send("LS+ " + server.lds(other) + "\r\n");
  world.advance(1s);
  CHECK(count(hub->take(), loop_error) == 1);
  REQUIRE(remote.downs_.size() == 1);
  CHECK((remote.downs_[0].reason == CloseReason::loop_detected));
  CHECK((remote.downs_[0].cause == LinkReason::loop));

  // Somebody else's mark is interest like any other, and exempt from permissions.
  Peer& third = server.join();
  CHECK(third.ask("LS+ $LDS.abc\r\nPING\r\n") == "PONG\r\n");
  // That of a link that is gone is old news.
  third.send("LS+ " + server.lds(leaf) + "\r\n");
  world.advance(10s);
  CHECK_FALSE(third.closed());
}

// The mark of the very link it comes back on: the circle is behind the peer. Messages pass, and
// those on the circle have time to open it; a peer that never does is left.
TEST_CASE("broker: a circle behind the peer", "[broker][leaf][loop]") {
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.join();
  leaf.send("LS+ up\r\nLS+ " + server.lds(leaf) + "\r\n");
  server.login().send("PUB up 1\r\nx\r\n");
  CHECK(count(leaf.take(), "LMSG up") == 1);
  world.advance(2500ms);
  CHECK_FALSE(leaf.closed());
  leaf.send("LS- " + server.lds(leaf) + "\r\n");
  world.advance(10s);
  CHECK_FALSE(leaf.closed());
  leaf.send("LS+ " + server.lds(leaf) + "\r\n");
  world.advance(5s);
  CHECK(leaf.closed());
}

// A server that is the leaf of two hubs passes loop marks from one to the other, as messages go
// that way as well; other interest it does not pass.
TEST_CASE("broker: marks pass from hub to hub", "[broker][leaf][loop]") {
  World world;
  TestServer& server = world.server();
  Peer* east = nullptr;
  Peer* west = nullptr;
  up(world, server, east);
  up(world, server, west);
  east->send("LS+ $LDS.0123456789012345678901\r\nLS+ a\r\n");
  CHECK(west->take() == "LS+ $LDS.0123456789012345678901\r\n");
  east->send("LS- $LDS.0123456789012345678901\r\nLS- a\r\n");
  CHECK(west->take() == "LS- $LDS.0123456789012345678901\r\n");
}

// A link on a circle carries no message either way, so nothing circles; interest goes on, and when
// the mark is taken back everything does.
TEST_CASE("broker: a suspended link", "[broker][leaf][loop]") {
  World world;
  TestServer& server = world.server();
  Peer& client = server.login();
  Peer& leaf = server.join();
  Peer& other = server.join(R"({"name":"other"})");
  client.send("SUB down 1\r\n");
  leaf.send("LS+ up\r\nLS+ " + server.lds(other) + "\r\n");
  leaf.take();
  CHECK(client.ask("PUB up 1\r\nx\r\nSUB more 2\r\nPING\r\n") == "PONG\r\n");
  CHECK(leaf.take() == "LS+ more\r\n");
  leaf.send("LMSG down 1\r\nx\r\n");
  CHECK(client.take().empty());
  const LeafLinkStatus suspended = server.context().links.snapshot().at(0);
  CHECK(suspended.is_suspended);
  REQUIRE(suspended.drops.size() == 1);
  CHECK((suspended.drops[0].reason == LinkReason::loop));
  leaf.send("LS- " + server.lds(other) + "\r\nLMSG down 1\r\ny\r\n");
  CHECK(client.take() == "MSG down 1 1\r\ny\r\n");
  client.send("PUB up 1\r\nz\r\n");
  world.advance(10s);
  CHECK_FALSE(leaf.closed());
  CHECK(count(leaf.take(), "LMSG up 1\r\nz\r\n") == 1);
  CHECK_FALSE(server.context().links.snapshot().at(0).is_suspended);
}

// Three servers in a circle, closed in any order or at once, on one shard or two: exactly one link
// falls, it is one that its own server dialled, and meanwhile no message goes round.
TEST_CASE("broker: servers in a circle", "[broker][leaf][loop]") {
  for (const unsigned shards : {1U, 2U}) {
    for (const bool staggered : {true, false}) {
      for (int first = 0; first < 3; ++first) {
        CAPTURE(shards, staggered, first);
        World world;
        TestServer* servers[] = {&world.server(named("a"), shards),
                                 &world.server(named("b"), shards),
                                 &world.server(named("c"), shards)};
        std::vector<LeafLink*> links;
        Peer& reader = servers[first]->login();
        reader.send("SUB > 1\r\n");
        for (int i = 0; i < 3; ++i) {
          const int from = (first + i) % 3;
          links.push_back(
              &world.link(*servers[(from + 1) % 3], *servers[from], {}, 0, shards - 1));
          if (staggered) world.advance(11s);
        }
        reader.take();
        servers[first]->login().send("PUB once 0\r\n\r\n");
        CHECK(count(reader.take(), "MSG once") == 1);
        world.advance(5s);
        std::size_t open = 0;
        for (const LeafLink* link : links) {
          open += link->hub_end.closed() ? 0 : 1;
          for (const auto& down : link->remote.downs_) {
            CHECK((down.cause == LinkReason::loop));
          }
        }
        CHECK(open == 2);
        if (staggered) CHECK(links.back()->hub_end.closed());
        reader.take();
        for (TestServer* server : servers) {
          server->login().send("PUB from 0\r\n\r\n");
        }
        CHECK(count(reader.take(), "MSG from") == 3);
      }
    }
  }
}

// A hub that is our leaf at the same time, by the name of its cluster.
TEST_CASE("broker: a hub that is our leaf", "[broker][leaf][loop]") {
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.join(R"({"name":"x","cluster":"X"})");
  FakeRemote& remote = world.remote();
  Peer& hub = server.dial(remote);
  hub.send(R"(INFO {"client_id":5,"info_on_connect":true,"leafnode_urls":["a:1"],"cluster":"X"})"
           "\r\n");
  hub.take();
  CHECK(hub.ask("INFO {\"connect_info\":true}\r\n") == loop_error);
  REQUIRE(remote.downs_.size() == 1);
  CHECK((remote.downs_[0].cause == LinkReason::loop));
  leaf.leave();
  Peer& again = server.dial(remote);
  again.send(R"(INFO {"client_id":5,"info_on_connect":true,"leafnode_urls":["a:1"],"cluster":"X"})"
             "\r\nINFO {\"connect_info\":true}\r\n");
  CHECK(remote.ups_ == 1);
}

// A remote server that connects anew replaces its old link, on whichever shard that is.
TEST_CASE("broker: a duplicate remote", "[broker][leaf]") {
  constexpr std::string_view connect = R"({"name":"edge","cluster":"C","remote_account":"$G"})";
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& old = server.join(connect);
    Peer& other_account = server.join(R"({"name":"edge","cluster":"C","remote_account":"A"})");
    Peer& other_name = server.join(R"({"name":"edge2","cluster":"C","remote_account":"$G"})");
    old.send("LS+ a\r\n");
    Peer& fresh = server.join(connect, shards - 1);
    CHECK(old.closed());
    CHECK(old.take() == "-ERR 'Duplicate Remote LeafNode Connection'\r\n");
    CHECK_FALSE(fresh.closed());
    CHECK_FALSE(other_account.closed());
    CHECK_FALSE(other_name.closed());
    fresh.send("LS+ b\r\n");
    server.login().send("PUB a 0\r\n\r\nPUB b 0\r\n\r\n");
    CHECK(fresh.take() == "LMSG b 0\r\n\r\n");
    // And once more, back to where the first one was.
    Peer& third = server.join(connect);
    CHECK(fresh.closed());
    CHECK_FALSE(third.closed());
    CHECK(server.context().leaf_connections.load() == 3);
  }
}

// What a hub says before it closes tells why, in the log, as an event and for the back-off.
TEST_CASE("broker: reasons of lost links", "[broker][leaf]") {
  struct {
    std::string_view error;
    LinkReason cause;
  } const cases[] = {
      {"Loop detected for leafnode account=\"$G\"", LinkReason::loop},
      {"remote leafnode has same cluster name", LinkReason::same_cluster},
      {"connection rejected since minimum version required is \"2.9\"",
       LinkReason::version_too_old},
      {"Authorization Violation", LinkReason::authentication_refused},
      {"Authentication Timeout", LinkReason::authentication_timeout},
      {"Duplicate Remote LeafNode Connection", LinkReason::duplicate_name},
      {"Permissions Violation for Publish to \"a\"", LinkReason::permission_violation},
      {"Maximum Payload Violation", LinkReason::payload_too_large},
      {"maximum account active connections exceeded", LinkReason::account_unavailable},
      {"something else", LinkReason::closed_by_peer},
  };
  for (const auto& entry : cases) {
    INFO(entry.error);
    World world;
    TestServer& server = world.server();
    Peer* hub = nullptr;
    FakeRemote& remote = up(world, server, hub);
    hub->send("-ERR '" + std::string(entry.error) + "'\r\n");
    if (!hub->closed()) hub->leave();
    REQUIRE(remote.downs_.size() == 1);
    CHECK((remote.downs_[0].cause == entry.cause));
    CHECK(remote.downs_[0].detail == "'" + std::string(entry.error) + "'");
    const LeafLinkStatus link = remote.record_->snapshot();
    CHECK((link.last_reason == entry.cause));
    REQUIRE(link.downs.size() == 1);
    CHECK(link.downs[0].count == 1);
  }
}

// Both ends ask whether the other is there; the spoke also when data come.
TEST_CASE("broker: liveness of leaf links", "[broker][leaf]") {
  Options options;
  options.ping_interval = 100ms;
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.join();
  Peer* hub = nullptr;
  FakeRemote& remote = up(world, server, hub);
  CHECK(leaf.ask("PING\r\n") == "PONG\r\n");
  world.advance(1s);
  const std::string to_leaf = leaf.take();
  CHECK(count(to_leaf, "PING\r\n") == 2);
  CHECK(to_leaf.ends_with("-ERR 'Stale Connection'\r\n"));
  CHECK(leaf.closed());
  CHECK(hub->closed());
  CHECK(remote.downs_.at(0).reason == CloseReason::stale_connection);

  Peer& busy = server.join();
  Peer* busy_hub = nullptr;
  up(world, server, busy_hub);
  world.advance(125ms);
  CHECK(count(busy.take(), "PING") == 1);
  CHECK(count(busy_hub->take(), "PING") == 1);
  world.advance(1ms);
  busy.send("PONG\r\n");
  busy_hub->send("PONG\r\n");
  std::size_t to_hub = 0;
  for (int i = 0; i < 50; ++i) {
    world.advance(20ms);
    busy.send("LMSG a 0\r\n\r\n");
    busy_hub->send("LMSG a 0\r\n\r\n");
    for (std::size_t asked = count(busy_hub->take(), "PING"); asked > 0; --asked) {
      busy_hub->send("PONG\r\n");
      ++to_hub;
    }
  }
  CHECK(busy.take().find("PING") == std::string::npos);
  CHECK(to_hub >= 9);
}

// PONG on a link promises what it promises a client: interest is in force on every shard.
TEST_CASE("broker: PONG to a leaf is a promise", "[broker][leaf][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& leaf = server.join();
  leaf.say("LS+ a\r\nPING\r\n");
  server.turn(0);
  CHECK(leaf.take().empty());
  server.turn(1);
  server.turn(0);
  CHECK(leaf.take() == "PONG\r\n");
}

// A link that is slow holds back publishers like any reader, and is cut off like one.
TEST_CASE("broker: a leaf link that is behind", "[broker][leaf][pressure]") {
  Options options;
  options.leaf.write_deadline = 3s;
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.join();
  Peer& writer = server.login();
  leaf.send("LS+ flood\r\n");
  leaf.block();
  std::size_t sent = 0;
  while (writer.reading() && sent < 5000) {
    writer.send(publication("flood", 1000));
    ++sent;
  }
  CHECK_FALSE(writer.reading());
  leaf.accept_all();
  CHECK(writer.reading());
  CHECK(count(leaf.take(), "LMSG flood 1000") == sent);
  leaf.block();
  writer.send(publication("flood", 1000));
  world.advance(2999ms);
  CHECK_FALSE(leaf.closed());
  world.advance(1ms);
  CHECK(leaf.closed());
}

// Role reversal: the one who dials is the hub, and is told and tells accordingly.
TEST_CASE("broker: a hub that dials", "[broker][leaf]") {
  World world;
  TestServer& center = world.server();
  TestServer& edge = world.server(named("edge"));
  RemoteLeafOpts options;
  options.hub = true;
  Peer& other_leaf = center.join();
  // The center dials the edge, whose listener accepts it as its hub.
  LeafLink& link = world.link(edge, center, options);
  CHECK(link.remote.ups_ == 1);
  other_leaf.take();
  Peer* far_hub = nullptr;
  up(world, edge, far_hub);
  far_hub->send("LS+ of.another.hub\r\n");
  CHECK(other_leaf.take().empty());  // edge is a spoke: it does not tell one hub of another
  edge.login().send("SUB of.edge 1\r\n");
  CHECK(other_leaf.take() == "LS+ of.edge\r\n");
}
