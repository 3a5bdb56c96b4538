// SPDX-License-Identifier: Apache-2.0
//
// PING, PONG and silence, by virtual time.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

Options pinging(std::chrono::milliseconds interval, int most = 2) {
  Options options;
  options.ping_interval = interval;
  options.ping_max = most;
  return options;
}

}  // namespace

// The first PING comes after two seconds and a bit, so that a round trip time is known early,
// and later with disable_short_first_ping.
TEST_CASE("broker: the first PING comes early", "[broker][liveness]") {
  World world;
  Peer& client = world.server().login();
  Options options;
  options.disable_short_first_ping = true;
  Peer& patient = world.server(options).login();
  world.advance(1999ms);
  CHECK(client.take().empty());
  world.advance(500ms);
  CHECK(client.take() == "PING\r\n");
  client.send("PONG\r\n");
  world.advance(60s);
  CHECK(patient.take().empty());
  world.advance(90s);
  CHECK(patient.take() == "PING\r\n");
}

// A client that answers nothing gets ping_max PINGs, then the error and the end.
TEST_CASE("broker: a silent client is stale", "[broker][liveness]") {
  World world;
  TestServer& server = world.server(pinging(100ms, 3));
  Peer& client = server.login();
  world.advance(1s);
  CHECK(client.take() == "PING\r\nPING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
  CHECK(client.closed());
  CHECK(server.shard().sessions() == 0);
  CHECK(server.shard().next_deadline() == Timed::never);
}

// Who answers stays, whatever the time; an unasked PONG does no harm.
TEST_CASE("broker: PONG keeps a connection alive", "[broker][liveness]") {
  World world;
  TestServer& server = world.server(pinging(100ms));
  Peer& client = server.login();
  client.send("PONG\r\nPONG\r\n");
  std::size_t pings = 0;
  for (int i = 0; i < 200; ++i) {
    world.advance(10ms);
    for (std::size_t asked = count(client.take(), "PING\r\n"); asked > 0; --asked) {
      client.send("PONG\r\n");
      ++pings;
    }
  }
  CHECK_FALSE(client.closed());
  // A PONG is a sign of life, too: it spares the client about every second PING.
  CHECK(pings >= 8);
  CHECK(pings <= 21);
}

// Data is as good a sign of life as a PONG: a busy client is not asked once its round trip time
// is known.
TEST_CASE("broker: a busy client is not pinged", "[broker][liveness]") {
  World world;
  Peer& client = world.server(pinging(100ms)).login();
  world.advance(130ms);
  CHECK(client.take() == "PING\r\n");
  world.advance(1ms);
  client.send("PONG\r\n");
  for (int i = 0; i < 100; ++i) {
    world.advance(20ms);
    client.send("PUB a 0\r\n\r\n");
  }
  CHECK(client.take().empty());
  world.advance(250ms);
  CHECK(count(client.take(), "PING\r\n") >= 1);
}

// Connections that came together do not ping together.
TEST_CASE("broker: PINGs are spread", "[broker][liveness]") {
  World world;
  TestServer& server = world.server(pinging(1000ms));
  std::vector<Peer*> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(&server.login());
  world.advance(999ms);
  std::size_t before = 0;
  for (Peer* client : clients) before += count(client->take(), "PING");
  CHECK(before == 0);
  world.advance(101ms);
  std::size_t half = 0;
  for (Peer* client : clients) half += count(client->take(), "PING");
  CHECK(half > 5);
  CHECK(half < 45);
  world.advance(110ms);
  for (Peer* client : clients) half += count(client->take(), "PING");
  CHECK(half == 50);
}

// Lame duck mode and the end of the server.
TEST_CASE("broker: clients are told that the server goes", "[broker][liveness]") {
  World world;
  TestServer& server = world.server();
  Peer& modern = server.login(modern_connect);
  Peer& old = server.login();
  server.shard().announce_lame_duck();
  server.turn();
  CHECK(modern.take().find("\"ldm\":true") != std::string::npos);
  CHECK(old.take().empty());
  modern.say("PING\r\n");
  server.shard().close_all();
  server.turn();
  CHECK(modern.closed());
  CHECK(old.closed());
  CHECK(server.shard().sessions() == 0);
}
