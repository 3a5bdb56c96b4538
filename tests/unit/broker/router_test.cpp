// SPDX-License-Identifier: Apache-2.0
//
// Who gets a message: queue groups on one shard and over several, and what stands between shards.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

constexpr int many = 400;

Peer& member(TestServer& server, unsigned shard, std::string_view subject,
             std::string_view queue = "q") {
  Peer& peer = server.login(quiet_connect, shard);
  peer.send("SUB " + std::string(subject) + " " + std::string(queue) + " 1\r\n");
  return peer;
}

void publish(Peer& writer, int times, std::string_view subject = "job") {
  for (int i = 0; i < times; ++i) writer.send("PUB " + std::string(subject) + " 0\r\n\r\n");
}

std::size_t jobs(Peer& peer) { return count(peer.take(), "MSG job 1 0\r\n"); }

}  // namespace

// One member gets each message, and every member its share.
TEST_CASE("broker: a queue group picks exactly one", "[broker][router]") {
  World world;
  TestServer& server = world.server();
  std::vector<Peer*> members;
  for (int i = 0; i < 4; ++i) members.push_back(&member(server, 0, "job"));
  Peer& other_group = member(server, 0, "job", "other");
  Peer& plain = server.login();
  plain.send("SUB job 1\r\n");
  Peer& writer = server.login();
  publish(writer, many);
  std::size_t sum = 0;
  for (Peer* peer : members) {
    const std::size_t got = jobs(*peer);
    CHECK(got > many / 8);
    CHECK(got < many / 2);
    sum += got;
  }
  CHECK(sum == many);
  CHECK(jobs(other_group) == many);
  CHECK(jobs(plain) == many);
}

// Members under a literal and under patterns are one group; groups of other names are not.
TEST_CASE("broker: wildcard and literal members are one group", "[broker][router]") {
  for (const unsigned shards : {1U, 2U}) {
    CAPTURE(shards);
    World world;
    TestServer& server = world.server({}, shards);
    Peer& literal = member(server, 0, "job");
    Peer& star = member(server, 0, "*");
    Peer& all = member(server, shards - 1, ">");
    Peer& writer = server.login();
    publish(writer, many);
    const std::size_t by_literal = jobs(literal);
    const std::size_t by_star = jobs(star);
    const std::size_t by_all = jobs(all);
    CHECK(by_literal + by_star + by_all == many);
    CHECK(by_literal > many / 6);
    CHECK(by_star > many / 6);
    CHECK(by_all > many / 6);
  }
}

// A group of hundreds, where the choice is no longer exact, is still a choice of one.
TEST_CASE("broker: large queue groups", "[broker][router]") {
  World world;
  TestServer& server = world.server();
  Peer& crowd = server.login();
  for (int i = 0; i < 300; ++i) crowd.send("SUB job q " + std::to_string(i) + "\r\n");
  Peer& writer = server.login();
  publish(writer, many);
  const std::string got = crowd.take();
  CHECK(count(got, "MSG job ") == many);
  int served = 0;
  for (int i = 0; i < 300; ++i) {
    served += got.find("MSG job " + std::to_string(i) + " 0\r\n") != got.npos ? 1 : 0;
  }
  CHECK(served > 150);
}

// Over shards a group is served once, by the number of members and not of shards.
TEST_CASE("broker: a queue group over shards goes by weight", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  std::vector<Peer*> members = {&member(server, 0, "job")};
  for (int i = 0; i < 3; ++i) members.push_back(&member(server, 1, "job"));
  Peer& writer = server.login(quiet_connect, 2);
  publish(writer, 2 * many);
  const std::size_t alone = jobs(*members[0]);
  std::size_t together = 0;
  for (int i = 1; i < 4; ++i) {
    const std::size_t got = jobs(*members[static_cast<std::size_t>(i)]);
    CHECK(got > many / 4);
    together += got;
  }
  CHECK(alone + together == 2 * many);
  CHECK(alone > many / 4);
  CHECK(alone < 3 * many / 4);
}

// The shard that was chosen delivers to its own member: it does not choose again.
TEST_CASE("broker: a forwarded message is not passed on", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  Peer& here = member(server, 1, "job");
  Peer& there = member(server, 2, "job");
  Peer& plain = server.login(quiet_connect, 1);
  plain.send("SUB job 1\r\n");
  Peer& writer = server.login(quiet_connect, 0);
  for (int i = 0; i < 100; ++i) {
    writer.say("PUB job 0\r\n\r\n");
    server.turn(0);
    server.turn(1);
    server.turn(2);
    // One turn of each is all it takes; whatever is left would be on a second journey.
    REQUIRE_FALSE(server.has_work(0));
    REQUIRE_FALSE(server.has_work(1));
  }
  const std::size_t first = jobs(here);
  CHECK(first + jobs(there) == 100);
  CHECK(first > 20);
  CHECK(first < 80);
  CHECK(jobs(plain) == 100);
}

// So one member gets the messages of one publisher in their order, whichever shard it is on.
TEST_CASE("broker: order within a queue group over shards", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  std::vector<Peer*> members;
  for (unsigned shard = 0; shard < 3; ++shard) members.push_back(&member(server, shard, "job"));
  Peer& writer = server.login(quiet_connect, 0);
  for (int i = 0; i < 300; ++i) {
    const std::string body = std::to_string(1000 + i);
    writer.say("PUB job 4\r\n" + body + "\r\n");
    server.turn(0);
    if (i % 7 == 0) server.turn(2);
    if (i % 11 == 0) server.turn(1);
  }
  world.settle();
  std::size_t sum = 0;
  for (Peer* peer : members) {
    const std::string got = peer->take();
    int last = 0;
    for (std::size_t at = got.find("\r\n1"); at != got.npos; at = got.find("\r\n1", at + 1)) {
      const int number = std::stoi(got.substr(at + 2, 4));
      CHECK(number > last);
      last = number;
      ++sum;
    }
  }
  CHECK(sum == 300);
}

// The chosen member has left while the message was on its way: it goes on to another shard, once.
TEST_CASE("broker: a missed queue member is looked for once more", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  Peer& gone = member(server, 1, "job");
  Peer& stays = member(server, 2, "job");
  Peer& publisher = server.login(quiet_connect, 0);
  for (int i = 0; i < 50; ++i) publisher.say("PUB job 0\r\n\r\n");
  server.turn(0);  // about half of them are on their way to shard 1
  gone.say("UNSUB 1\r\n");
  world.settle();  // shard 1 reads UNSUB before it applies its mailbox
  CHECK(jobs(gone) == 0);
  CHECK(jobs(stays) == 50);
}

// When both have left, the message is lost and not sent in circles.
TEST_CASE("broker: a message that missed twice ends", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  Peer& one = member(server, 1, "job");
  Peer& two = member(server, 2, "job");
  Peer& writer = server.login(quiet_connect, 0);
  for (int i = 0; i < 20; ++i) writer.say("PUB job 0\r\n\r\n");
  server.turn(0);
  one.say("UNSUB 1\r\n");
  two.say("UNSUB 1\r\n");
  server.turn(1);
  server.turn(2);
  world.settle();  // comes to an end
  CHECK(jobs(one) + jobs(two) == 0);
  CHECK(writer.ask("PING\r\n") == "PONG\r\n");
}

// Plain subscribers on every shard get one copy each, and a shard without any none.
TEST_CASE("broker: plain subscribers over shards", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 4);
  std::vector<Peer*> readers;
  for (unsigned shard = 0; shard < 3; ++shard) {
    for (int i = 0; i < 2; ++i) {
      Peer& reader = server.login(quiet_connect, shard);
      reader.send("SUB a.* 1\r\nSUB a.b 2\r\n");
      readers.push_back(&reader);
    }
  }
  Peer& writer = server.login(quiet_connect, 1);
  writer.send("PUB a.b r 2\r\nhi\r\n");
  for (Peer* reader : readers) {
    const std::string got = reader->take();
    CHECK(count(got, "MSG a.b 1 r 2\r\nhi\r\n") == 1);
    CHECK(count(got, "MSG a.b 2 r 2\r\nhi\r\n") == 1);
  }
  CHECK(server.shard(3).statistics().out_messages == 0);
}

// A leaf link that may not carry the subject does not cost the group its message: the members
// behind another link get it, each once, and plain interest there is not served twice for it.
TEST_CASE("broker: a queue group behind links with denies, over shards",
          "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 3);
  Peer& denied = server.join(R"({"name":"denied","deny_pub":["job"]})", 1);
  Peer& free = server.join(R"({"name":"free"})", 2);
  denied.send("LS+ j* q 1\r\nLS+ > q 1\r\n");
  free.send("LS+ job q 1\r\n");
  Peer& writer = server.login();
  publish(writer, 40);
  CHECK(count(denied.take(), "LMSG") == 0);
  CHECK(count(free.take(), "LMSG job | q 0\r\n") == 40);

  free.send("LS+ job\r\n");
  free.take();
  publish(writer, 40);
  CHECK(count(free.take(), "LMSG job ") == 40);
}

// Headers, replies and sizes survive the way between shards; a reader without headers gets none.
TEST_CASE("broker: headers over shards", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& modern = server.login(modern_connect, 0);
  Peer& plain = server.login(quiet_connect, 0);
  modern.send("SUB a 1\r\n");
  plain.send("SUB a 2\r\n");
  Peer& writer = server.login(modern_connect, 1);
  modern.take();
  writer.send("HPUB a r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  CHECK(modern.take() == "HMSG a 1 r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  CHECK(plain.take() == "MSG a 2 r 2\r\nhi\r\n");
}

// No 503 where somebody on another shard is subscribed, 503 where nobody is any more; echo off
// means what it says with shards, too.
TEST_CASE("broker: no responders and echo over shards", "[broker][router][shards]") {
  World world;
  TestServer& server = world.server({}, 2);
  Peer& asker = server.login(
      R"({"verbose":false,"headers":true,"no_responders":true,"echo":false})", 0);
  Peer& service = server.login(quiet_connect, 1);
  asker.send("SUB inbox.* 1\r\nSUB echo 2\r\n");
  service.send("SUB echo 1\r\n");
  CHECK(asker.ask("PUB echo inbox.1 0\r\n\r\n").empty());
  CHECK(service.ask("PUB inbox.1 2\r\nok\r\n") == "MSG echo 1 inbox.1 0\r\n\r\n");
  CHECK(asker.take() == "MSG inbox.1 1 2\r\nok\r\n");
  service.send("UNSUB 1\r\n");
  CHECK(count(asker.ask("PUB echo inbox.2 0\r\n\r\n"), "NATS/1.0 503") == 1);
}
