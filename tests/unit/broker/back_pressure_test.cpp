// SPDX-License-Identifier: Apache-2.0
//
// Readers that do not keep up, on one shard: whom they hold back, for how long, and what ends it.

#include "broker_world.hpp"

#include "base/limits.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t high = limits::outbox_pause_bytes_high;
constexpr std::size_t low = limits::outbox_pause_bytes_low;

/// A message of 1000 bytes to `flood`, as it is published.
const std::string one_kb = publication("flood", 1000);
/// The same as the subscriber with sid 1 gets it.
const std::size_t delivered_bytes = std::string("MSG flood 1 1000\r\n").size() + 1002;

Peer& reader_of(TestServer& server, std::string_view subject, unsigned shard = 0) {
  Peer& reader = server.login(quiet_connect, shard);
  reader.send("SUB " + std::string(subject) + " 1\r\n");
  return reader;
}

/// Publishes until the writer is paused; returns how many messages went out.
std::size_t publish_until_paused(Peer& writer, std::size_t most) {
  std::size_t sent = 0;
  while (writer.reading() && sent < most) {
    writer.send(one_kb);
    ++sent;
  }
  return sent;
}

}  // namespace

// The publisher is paused when the outbox is full, and resumed when it is half empty; not a byte
// is lost or doubled.
TEST_CASE("broker: a blocked reader pauses its publisher", "[broker][pressure]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = reader_of(server, "flood");
  Peer& writer = server.login();
  reader.block();
  const std::size_t sent = publish_until_paused(writer, 5000);
  CHECK_FALSE(writer.reading());
  CHECK(reader.session().outbox().size() >= high);
  CHECK(reader.session().outbox().size() < high + delivered_bytes);
  CHECK(sent == (high + delivered_bytes - 1) / delivered_bytes);

  // What the writer says meanwhile waits on its side.
  writer.send(one_kb + "PING\r\n");
  CHECK(writer.unread() > 0);
  CHECK(writer.take().empty());
  reader.accept(reader.session().outbox().size() - low);
  CHECK_FALSE(writer.reading());
  reader.accept(1);
  CHECK(writer.reading());
  CHECK(writer.take() == "PONG\r\n");
  reader.accept_all();
  CHECK(reader.take_size() == (sent + 1) * delivered_bytes);
}

// Only those whose messages pile up are held back, each by each reader that is behind.
TEST_CASE("broker: others go on while a publisher is paused", "[broker][pressure]") {
  World world;
  TestServer& server = world.server();
  Peer& slow = reader_of(server, "flood");
  Peer& slow_too = reader_of(server, "flood");
  Peer& quick = reader_of(server, "flood");
  Peer& writer = server.login();
  Peer& bystander = server.login();
  Peer& guilty_too = server.login();
  slow.block();
  slow_too.block();
  publish_until_paused(writer, 5000);
  CHECK(bystander.ask("PUB other 0\r\n\r\nPING\r\n") == "PONG\r\n");
  CHECK(bystander.reading());
  guilty_too.send(one_kb);
  CHECK_FALSE(guilty_too.reading());
  CHECK(quick.take_size() > high);
  // Two readers hold the writer: it runs when the second one has caught up, too.
  slow.accept_all();
  CHECK_FALSE(writer.reading());
  slow_too.accept_all();
  CHECK(writer.reading());
  CHECK(guilty_too.reading());
}

// A reader that goes away, or is closed, lets its publishers go.
TEST_CASE("broker: a reader that leaves releases its publishers", "[broker][pressure]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = reader_of(server, "flood");
  Peer& writer = server.login();
  reader.block();
  publish_until_paused(writer, 5000);
  reader.leave();
  CHECK(writer.reading());
  CHECK(writer.ask("PING\r\n") == "PONG\r\n");

  Peer& rude = reader_of(server, "flood");
  rude.block();
  publish_until_paused(writer, 5000);
  CHECK_FALSE(writer.reading());
  rude.send("JUNK\r\n");
  CHECK(rude.closed());
  CHECK(writer.reading());
}

// A publisher that leaves while it is paused: nothing refers to it when the reader recovers.
TEST_CASE("broker: a paused publisher may leave", "[broker][pressure]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = reader_of(server, "flood");
  Peer& writer = server.login();
  reader.block();
  const std::size_t sent = publish_until_paused(writer, 5000);
  writer.leave();
  reader.accept_all();
  CHECK(reader.take_size() == sent * delivered_bytes);
  CHECK(server.shard().sessions() == 1);
}

// One reader's time is limited: after it the publisher runs again, and what does not fit into
// max_pending makes a slow consumer of the reader.
TEST_CASE("broker: patience ends, then max_pending decides", "[broker][pressure]") {
  Options options;
  options.max_pending = 3 * high;
  World world;
  TestServer& server = world.server(options);
  Peer& reader = reader_of(server, "flood");
  Peer& writer = server.login();
  reader.block();
  const std::size_t first = publish_until_paused(writer, 5000);
  world.advance(std::chrono::nanoseconds(limits::pause_ns_max - 1));
  CHECK_FALSE(writer.reading());
  world.advance(1ns);
  CHECK(writer.reading());

  std::size_t sent = first;
  while (!reader.closed() && sent < 10'000) {
    writer.send(one_kb);
    CHECK(writer.reading());  // no more patience for this reader
    ++sent;
  }
  CHECK(reader.closed());
  CHECK(sent == 3 * high / delivered_bytes + 1);
  CHECK(server.shard().statistics().slow_consumers == 1);
  CHECK(server.last_reason(EventKind::slow_consumer).has_value());
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(writer.ask("PING\r\n") == "PONG\r\n");
}

// A reader that caught up has its patience back.
TEST_CASE("broker: patience comes back", "[broker][pressure]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = reader_of(server, "flood");
  Peer& writer = server.login();
  for (int round = 0; round < 3; ++round) {
    reader.block();
    publish_until_paused(writer, 5000);
    CHECK_FALSE(writer.reading());
    world.advance(std::chrono::nanoseconds(limits::pause_ns_max));
    CHECK(writer.reading());
    reader.accept_all();
    reader.take();
  }
}

// A max_pending below the pause is in force as well.
TEST_CASE("broker: a small max_pending cuts off before any pause", "[broker][pressure]") {
  Options options;
  options.max_payload = 50'000;
  options.max_pending = 100'000;
  World world;
  TestServer& server = world.server(options);
  for (const std::size_t size : {std::size_t{1000}, std::size_t{20'000}}) {
    CAPTURE(size);
    Peer& reader = reader_of(server, "flood");
    Peer& writer = server.login();
    reader.block();
    std::size_t sent = 0;
    while (!reader.closed() && sent < 2000) {
      writer.send(publication("flood", size));
      ++sent;
    }
    CHECK(reader.closed());
    CHECK(sent * size <= options.max_pending + 2 * size);
  }
}

// A reader cut off in the middle of a fan-out, with several subscriptions to the very subject:
// all the others get their copy, and the queue group its one.
TEST_CASE("broker: a slow consumer is cut off while its message is routed", "[broker][pressure]") {
  Options options;
  options.max_pending = 2 * high;
  for (int place = 0; place < 3; ++place) {
    CAPTURE(place);
    World world;
    TestServer& server = world.server(options);
    std::vector<Peer*> readers;
    Peer* slow = nullptr;
    for (int i = 0; i < 3; ++i) {
      Peer& reader = server.login();
      if (i == place) {
        slow = &reader;
        reader.send("SUB flood 1\r\nSUB flood 2\r\nSUB > 3\r\nSUB flood q 4\r\nSUB * q 5\r\n");
      } else {
        readers.push_back(&reader);
        reader.send("SUB flood 1\r\nSUB flood q 2\r\n");
      }
    }
    Peer& writer = server.login();
    slow->block();
    std::size_t sent = 0;
    while (!slow->closed() && sent < 10'000) {
      writer.send(one_kb);
      ++sent;
      world.advance(std::chrono::nanoseconds(writer.reading() ? 0 : limits::pause_ns_max));
    }
    REQUIRE(slow->closed());
    for (int i = 0; i < 10; ++i) writer.send(one_kb);
    std::size_t from_group = 0;
    for (Peer* reader : readers) {
      const std::string got = reader->take();
      CHECK(count(got, "MSG flood 1 1000") == sent + 10);
      from_group += count(got, "MSG flood 2 1000");
    }
    CHECK(from_group >= 10);
    CHECK(from_group <= sent + 10);
    CHECK(server.shard().statistics().subscriptions == 4);
  }
}

// write_deadline: no progress for so long is the end, any progress begins it anew.
TEST_CASE("broker: a write deadline without progress", "[broker][pressure]") {
  Options options;
  options.write_deadline = 500ms;
  World world;
  TestServer& server = world.server(options);
  Peer& reader = reader_of(server, "flood");
  Peer& writer = server.login();
  reader.block();
  writer.send(one_kb + one_kb);
  world.advance(499ms);
  reader.accept(10);
  world.advance(499ms);
  CHECK_FALSE(reader.closed());
  writer.send(one_kb);  // more to write is no progress
  world.advance(1ms);
  CHECK(reader.closed());
  CHECK(reader.take_size() == 10);
  CHECK(server.shard().statistics().slow_consumers == 1);

  Peer& recovered = reader_of(server, "flood");
  recovered.block();
  writer.send(one_kb);
  world.advance(499ms);
  recovered.accept_all();
  world.advance(1500ms);
  CHECK_FALSE(recovered.closed());
}

// A client that publishes to itself and does not read holds itself back, and can go on.
TEST_CASE("broker: a publisher that is its own reader", "[broker][pressure]") {
  World world;
  TestServer& server = world.server();
  Peer& self = reader_of(server, "flood");
  self.block();
  const std::size_t sent = publish_until_paused(self, 5000);
  CHECK_FALSE(self.reading());
  CHECK(self.session().outbox().size() < high + 2 * delivered_bytes);
  self.accept_all();
  CHECK(self.reading());
  CHECK(self.take_size() == sent * delivered_bytes);

  self.block();
  publish_until_paused(self, 5000);
  self.leave();
  CHECK(server.shard().sessions() == 0);
}

// The same in one read with much more behind it: what was read already may pile up, not more.
TEST_CASE("broker: a burst to oneself is cut off at max_pending", "[broker][pressure]") {
  Options options;
  options.max_pending = 2 * high;
  World world;
  TestServer& server = world.server(options);
  Peer& self = server.login();
  std::string all = "SUB flood 1\r\nSUB flood 2\r\nSUB flood 3\r\n";
  self.send(all);
  self.block();
  // Each 64 KiB that are read make 3 * 64 KiB; the pause comes between two reads.
  std::string burst;
  for (int i = 0; i < 3000; ++i) burst += one_kb;
  self.send(burst);
  CHECK_FALSE(self.closed());
  CHECK_FALSE(self.reading());
  CHECK(self.session().outbox().size() < high + 4 * limits::slab_bytes);
  self.accept_all();
  CHECK(self.take_size() == 3 * 3000 * delivered_bytes);
}

// Large bodies wait as references, and count like others.
TEST_CASE("broker: large bodies press as well", "[broker][pressure]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = reader_of(server, "flood");
  Peer& writer = server.login();
  reader.block();
  std::string expected;
  std::size_t sent = 0;
  while (writer.reading() && sent < 100) {
    writer.send(publication("flood", 50'000));
    expected += "MSG flood 1 50000\r\n" + body_of(50'000) + "\r\n";
    ++sent;
  }
  CHECK(sent == high / 50'000 + 1);
  reader.accept(777);
  reader.accept(123'456);
  reader.accept_all();
  CHECK((reader.take() == expected));
}
