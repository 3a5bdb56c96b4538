// SPDX-License-Identifier: Apache-2.0
//
// Shards that join, and what PONG promises about the others.

#include "broker_world.hpp"

#include "base/limits.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

// A PONG waits until the other shards have applied what was said before the PING: whoever got it
// may count on its subscription everywhere.
TEST_CASE("broker: PONG is a promise about all shards", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  Peer& reader = server.login(quiet_connect, 0);
  reader.say("SUB a 1\r\nPING\r\n");
  server.turn(0);
  CHECK(reader.take().empty());
  server.turn(1);
  server.turn(0);
  CHECK(reader.take().empty());
  server.turn(2);
  CHECK(server.has_work(0));  // shard 2 has woken the one that waits
  server.turn(0);
  CHECK(reader.take() == "PONG\r\n");
}

// It waits for nothing else: not for what others have said, not for shards that were not
// concerned, and a PING with nothing before it is answered at once.
TEST_CASE("broker: PONG waits for one's own words only", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 0);
  Peer& other = server.login(quiet_connect, 0);
  reader.say("SUB a 1\r\n");
  server.turn(0);
  other.say("PING\r\nPUB nobody 0\r\n\r\nPING\r\n");
  server.turn(0);
  CHECK(other.take() == "PONG\r\nPONG\r\n");
  reader.say("PING\r\n");
  server.turn(0);
  CHECK(reader.take().empty());
  // Interest that is there already needs no record, and so no wait.
  world.settle();
  reader.take();
  other.say("SUB a 1\r\nPING\r\n");
  server.turn(0);
  CHECK(other.take() == "PONG\r\n");
}

// Interest that another client has caused may still be under way to the other shards: whoever
// subscribes to the same waits for it, too (found by the simulator).
TEST_CASE("broker: PONG waits for interest that somebody else announced", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& first = server.login(quiet_connect, 0);
  Peer& second = server.login(quiet_connect, 0);
  first.say("SUB a 1\r\n");
  server.turn(0);
  second.say("SUB a 1\r\nPING\r\n");
  server.turn(0);
  CHECK(second.take().empty());
  server.turn(1);
  server.turn(0);
  CHECK(second.take() == "PONG\r\n");
}

// Several PINGs are answered in order, each when its own time has come; a client that leaves with
// PONGs outstanding is forgotten.
TEST_CASE("broker: PONGs keep their order", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 0);
  Peer& gone = server.login(quiet_connect, 0);
  reader.say("SUB a 1\r\nPING\r\n");
  server.turn(0);
  reader.say("PING\r\nSUB b 2\r\nPING\r\n");
  gone.say("SUB c 1\r\nPING\r\n");
  server.turn(0);
  CHECK(reader.take().empty());
  gone.leave();
  CHECK(reader.take() == "PONG\r\nPONG\r\nPONG\r\n");
  CHECK(gone.closed());
}

// A message that was published before a PING has been delivered on the other shard by the PONG.
TEST_CASE("broker: PONG covers messages", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 1);
  reader.send("SUB a 1\r\n");
  Peer& writer = server.login(quiet_connect, 0);
  writer.say("PUB a 0\r\n\r\nPING\r\n");
  server.turn(0);
  CHECK(writer.take().empty());
  server.turn(1);
  CHECK(reader.take() == "MSG a 1 0\r\n\r\n");
  server.turn(0);
  CHECK(writer.take() == "PONG\r\n");
}

// Interest comes and goes over shards with the last subscriber of a subject.
TEST_CASE("broker: interest between shards", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& one = server.login(quiet_connect, 0);
  Peer& two = server.login(quiet_connect, 0);
  Peer& writer = server.login(quiet_connect, 1);
  const auto forwarded = [&] {
    const auto before = server.shard(1).last_record();
    writer.send("PUB a 0\r\n\r\n");
    return server.shard(1).last_record() - before;
  };
  CHECK(forwarded() == 0);
  one.send("SUB a 1\r\nSUB a 2\r\n");
  two.send("SUB a 1\r\n");
  CHECK(forwarded() == 1);
  one.send("UNSUB 1\r\nUNSUB 2\r\n");
  CHECK(forwarded() == 1);
  two.leave();
  CHECK(forwarded() == 0);
  one.send("SUB a 3\r\nUNSUB 3 1\r\n");
  CHECK(forwarded() == 1);
  CHECK(forwarded() == 0);
}

// A shard that is put to work late learns all that is there, and the others learn of it.
TEST_CASE("broker: a shard that joins late", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 1);
  Peer& reader = server.login();
  Peer& grouped = server.login();
  reader.send("SUB a.* 1\r\n");
  grouped.send("SUB a.b q 1\r\nSUB a.b q 2\r\n");
  server.add_shard();
  Peer& writer = server.login(quiet_connect, 1);
  writer.send("PUB a.b 0\r\n\r\n");
  CHECK(reader.take() == "MSG a.b 1 0\r\n\r\n");
  CHECK(count(grouped.take(), "MSG a.b ") == 1);
  Peer& late = server.login(quiet_connect, 1);
  late.send("SUB b 1\r\n");
  reader.send("PUB b 0\r\n\r\n");
  CHECK(late.take() == "MSG b 1 0\r\n\r\n");
  // Two members there and one here: the weight is known.
  late.send("SUB a.b q 2\r\n");
  for (int i = 0; i < 300; ++i) writer.send("PUB a.b 0\r\n\r\n");
  const std::size_t here = count(late.take(), "MSG a.b 2 0");
  CHECK(here + count(grouped.take(), "MSG a.b ") == 300);
  CHECK(here > 50);
  CHECK(here < 150);
}

// Statistics count each message once where it came in and once where it went out.
TEST_CASE("broker: counters of messages", "[broker][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 1);
  reader.send("SUB a 1\r\nSUB a 2\r\n");
  server.login(quiet_connect, 0).send("PUB a 5\r\nhello\r\n");
  CHECK(server.shard(0).statistics().in_messages == 1);
  CHECK(server.shard(0).statistics().in_bytes == 5);
  CHECK(server.shard(0).statistics().out_messages == 0);
  CHECK(server.shard(1).statistics().in_messages == 0);
  CHECK(server.shard(1).statistics().out_messages == 2);
  CHECK(server.shard(1).statistics().out_bytes == 10);
  CHECK(server.shard(1).statistics().subscriptions == 2);
}
