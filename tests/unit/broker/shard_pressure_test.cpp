// SPDX-License-Identifier: Apache-2.0
//
// Readers that do not keep up with publishers on another shard, and mailboxes that are full.

#include "broker_world.hpp"

#include "base/limits.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

const std::string one_kb = publication("flood", 1000);
const std::size_t delivered_bytes = std::string("MSG flood 1 1000\r\n").size() + 1002;

}  // namespace

// pause and resume travel between the shards.
TEST_CASE("broker: a reader pauses publishers on other shards", "[broker][pressure][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  Peer& reader = server.login(quiet_connect, 0);
  reader.send("SUB flood 1\r\n");
  Peer& far = server.login(quiet_connect, 1);
  Peer& farther = server.login(quiet_connect, 2);
  Peer& near = server.login(quiet_connect, 0);
  reader.block();
  std::size_t sent = 0;
  while (far.reading() && sent < 5000) {
    far.send(one_kb);
    ++sent;
  }
  CHECK_FALSE(far.reading());
  CHECK(farther.reading());
  farther.send(one_kb);
  near.send(one_kb);
  CHECK_FALSE(farther.reading());
  CHECK_FALSE(near.reading());
  reader.accept_all();
  CHECK(far.reading());
  CHECK(farther.reading());
  CHECK(near.reading());
  CHECK(reader.take_size() == (sent + 2) * delivered_bytes);
}

// Whatever ends the reader's hold, it reaches the other shard: patience, and the reader's end.
TEST_CASE("broker: publishers on other shards are released", "[broker][pressure][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 0);
  reader.send("SUB flood 1\r\n");
  Peer& writer = server.login(quiet_connect, 1);
  reader.block();
  while (writer.reading()) writer.send(one_kb);
  world.advance(std::chrono::nanoseconds(limits::pause_ns_max - 1));
  CHECK_FALSE(writer.reading());
  world.advance(std::chrono::nanoseconds(1));
  CHECK(writer.reading());
  reader.leave();

  Peer& second = server.login(quiet_connect, 0);
  second.send("SUB flood 1\r\n");
  second.block();
  while (writer.reading()) writer.send(one_kb);
  second.leave();
  CHECK(writer.reading());
  CHECK(writer.ask("PING\r\n") == "PONG\r\n");
}

// A publisher that leaves while another shard holds it: its resume finds nobody.
TEST_CASE("broker: a publisher leaves while held from afar", "[broker][pressure][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 0);
  reader.send("SUB flood 1\r\n");
  Peer& writer = server.login(quiet_connect, 1);
  reader.block();
  while (writer.reading()) writer.send(one_kb);
  writer.leave();
  reader.accept_all();
  CHECK(server.shard(1).sessions() == 0);
  Peer& next = server.login(quiet_connect, 1);
  next.send(one_kb);
  CHECK(next.reading());
}

// A shard that does not come to apply its mailbox: who fills it is held back, others are not;
// when it comes, everything arrives in order.
TEST_CASE("broker: a full mailbox holds those who fill it", "[broker][pressure][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 0);
  Peer& writer = server.login(quiet_connect, 1);
  Peer& bystander = server.login(quiet_connect, 1);
  reader.send("SUB flood.* 1\r\n");
  // Only shard 1 takes turns from here on. Each turn with something to forward fills a batch.
  std::string expected;
  std::size_t sent = 0;
  while (writer.reading() && sent < 20'000) {
    const std::string subject = "flood." + std::to_string(sent++);
    writer.say(publication(subject, 500));
    server.turn(1);
    expected += "MSG " + subject + " 1 500\r\n" + body_of(500) + "\r\n";
  }
  CHECK_FALSE(writer.reading());
  CHECK(sent > limits::mailbox_batches_max);
  CHECK(sent * 500 < 4 * limits::mailbox_batch_bytes + limits::mailbox_batches_max * 500);
  bystander.say("PUB other 0\r\n\r\n");
  server.turn(1);
  CHECK(bystander.reading());
  world.settle();
  CHECK(writer.reading());
  CHECK((reader.take() == expected));
}

// The same with bodies that are passed by reference.
TEST_CASE("broker: large bodies between shards", "[broker][pressure][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& reader = server.login(quiet_connect, 0);
  Peer& writer = server.login(quiet_connect, 1);
  reader.send("SUB a 1\r\n");
  std::string expected;
  for (const std::size_t size :
       {limits::slice_payload_bytes_min - 3, limits::slice_payload_bytes_min - 2,
        limits::slice_payload_bytes_min - 1, limits::slice_payload_bytes_min,
        std::size_t{70'000}, std::size_t{300'000}, std::size_t{1}}) {
    writer.send(publication("a", size));
    expected += "MSG a 1 " + std::to_string(size) + "\r\n" + body_of(size) + "\r\n";
  }
  CHECK((reader.take() == expected));
}
