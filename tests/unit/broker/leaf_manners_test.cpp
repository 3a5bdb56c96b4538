// SPDX-License-Identifier: Apache-2.0
//
// Where a leaf link behaves better than nats-server's: messages that the hub would not take, links
// that are slow or stand still, liveness behind a backlog, answers that are allowed, and what the
// host is told of it all.

#include "broker_world.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kilobyte = 1024;

/// A spoke whose hub (the test) takes payloads up to `max_payload`.
struct Spoke {
  explicit Spoke(World& world, Options options = {}, std::string_view more = "",
                 std::string_view permissions = "")
      : server(world.server(std::move(options))),
        remote(world.remote()),
        hub(server.dial(remote)) {
    hub.send(R"(INFO {"client_id":5,"headers":true,"info_on_connect":true,)" + std::string(more) +
             R"("leafnode_urls":["a:1"]})"
             "\r\nINFO {" +
             std::string(permissions) + "\"connect_info\":true}\r\n");
    hub.take();
  }
  TestServer& server;
  FakeRemote& remote;
  Peer& hub;
};

std::uint64_t drops(const LeafLinkStatus& link, LinkReason reason) {
  for (const LinkCount& drop : link.drops) {
    if (drop.reason == reason) return drop.count;
  }
  return 0;
}

std::size_t happened(const TestServer& server, EventKind kind) {
  std::size_t found = 0;
  for (const auto& event : server.happenings()) found += event.kind == kind ? 1 : 0;
  return found;
}

/// A hub with one user, and what it may do.
Options user_with(const Permissions& permissions) {
  Options options;
  options.authorization.users = {{"u", "p", permissions, ""}};
  return options;
}
constexpr std::string_view as_user = R"({"user":"u","pass":"p","headers":true})";

/// Publishes bodies that begin with their number, until so many bytes are on their way.
int flood(Peer& writer, std::size_t bytes, int from = 0) {
  int number = from;
  for (std::size_t sent = 0; sent < bytes; sent += 10'000) {
    std::string body = std::to_string(number++) + " ";
    body.resize(10'000, '.');
    writer.send("PUB flood 10000\r\n" + body + "\r\n");
  }
  return number;
}

/// The numbers of the bodies that arrived.
std::vector<int> arrived(std::string_view bytes) {
  constexpr std::string_view head = "LMSG flood 10000\r\n";
  std::vector<int> numbers;
  for (std::size_t at = bytes.find(head); at != bytes.npos; at = bytes.find(head, at + 1)) {
    numbers.push_back(std::stoi(std::string(bytes.substr(at + head.size(), 8))));
  }
  return numbers;
}

Options with_queue(std::size_t bytes, QueueFull full) {
  Options options;
  options.leaf.link_queue_bytes = bytes;
  options.leaf.link_queue_full = full;
  options.write_deadline = 1h;
  return options;
}

}  // namespace

// A message above the hub's max_payload stays here; a burst of them is told once; the link lives.
TEST_CASE("broker: the hub's max_payload is honoured", "[broker][leaf][manners]") {
  World world;
  Spoke spoke(world, {}, R"("max_payload":100,)");
  spoke.hub.send("LS+ a\r\n");
  Peer& client = spoke.server.login(modern_connect);
  for (int i = 0; i < 5; ++i) client.send(publication("a", 101));
  client.send(publication("a", 100));
  CHECK(count(spoke.hub.take(), "LMSG a 10") == 1);
  CHECK_FALSE(spoke.hub.closed());
  CHECK(drops(spoke.remote.record_->snapshot(), LinkReason::payload_too_large) == 5);
  CHECK(happened(spoke.server, EventKind::leaf_message_dropped) == 1);
  world.advance(11s);
  client.send("HPUB a 14 101\r\nNATS/1.0\r\n\r\n\r\n" + body_of(87) + "\r\n");
  CHECK(happened(spoke.server, EventKind::leaf_message_dropped) == 2);
  CHECK(count(spoke.hub.take(), "HMSG") == 0);
}

// A link that stands still fills its queue to the bound and no further; what is dropped is whole
// messages, the rest arrives in order, and interest is complete.
TEST_CASE("broker: a link's queue is bounded", "[broker][leaf][manners][queue]") {
  struct {
    QueueFull full;
    bool keeps_newest;
  } const cases[] = {{QueueFull::drop_oldest, true}, {QueueFull::drop_newest, false}};
  for (const auto& entry : cases) {
    CAPTURE(entry.keeps_newest);
    World world;
    Spoke spoke(world, with_queue(500 * kilobyte, entry.full));
    spoke.hub.send("LS+ flood\r\n");
    Peer& writer = spoke.server.login();
    spoke.hub.block();
    int sent = flood(writer, 1100 * kilobyte);
    world.advance(3s);  // its patience with the link is over
    Peer& other = spoke.server.login();
    other.send("SUB first 1\r\n");
    sent = flood(writer, 3000 * kilobyte, sent);
    other.send("SUB second 2\r\n");
    sent = flood(writer, 1000 * kilobyte, sent);
    const LeafLinkStatus full = spoke.remote.record_->snapshot();
    CHECK(full.queue_bytes <= 1700 * kilobyte);
    CHECK(full.queue_bytes >= 1400 * kilobyte);
    const std::uint64_t dropped = drops(full, LinkReason::queue_full);
    CHECK(dropped > 200);
    CHECK(happened(spoke.server, EventKind::leaf_message_dropped) == 1);
    spoke.hub.accept_all();
    const std::string bytes = spoke.hub.take();
    const std::vector<int> numbers = arrived(bytes);
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
    CHECK(numbers.size() + dropped == static_cast<std::size_t>(sent));
    CHECK((numbers.back() == sent - 1) == entry.keeps_newest);
    CHECK(count(bytes, "LS+ first\r\n") == 1);
    CHECK(count(bytes, "LS+ second\r\n") == 1);
    CHECK(bytes.find("LS+ first") < bytes.find("LS+ second"));
    CHECK(spoke.remote.record_->snapshot().queue_bytes == 0);
    CHECK(spoke.remote.record_->snapshot().queue_bytes_max == full.queue_bytes_max);
    // All is as before.
    writer.send("PUB flood 1\r\nx\r\n");
    CHECK(spoke.hub.take() == "LMSG flood 1\r\nx\r\n");
    CHECK_FALSE(spoke.hub.closed());
  }
}

// The third policy: the link is closed, as a client that does not read is.
TEST_CASE("broker: a link whose queue is full is closed", "[broker][leaf][manners][queue]") {
  World world;
  Spoke spoke(world, with_queue(500 * kilobyte, QueueFull::close));
  spoke.hub.send("LS+ flood\r\n");
  Peer& writer = spoke.server.login();
  spoke.hub.block();
  const int sent = flood(writer, 1100 * kilobyte);
  world.advance(3s);
  flood(writer, 1000 * kilobyte, sent);
  CHECK(spoke.hub.closed());
  REQUIRE(spoke.remote.downs_.size() == 1);
  CHECK((spoke.remote.downs_[0].cause == LinkReason::queue_full));
}

// PONG does not overtake what was queued before it: it is a promise.
TEST_CASE("broker: PONG behind a queue", "[broker][leaf][manners][queue]") {
  World world;
  Spoke spoke(world, with_queue(10'000 * kilobyte, QueueFull::drop_oldest));
  spoke.hub.send("LS+ flood\r\n");
  Peer& writer = spoke.server.login();
  spoke.hub.block();
  const int sent = flood(writer, 1100 * kilobyte);
  world.advance(3s);
  flood(writer, 1000 * kilobyte, sent);
  spoke.hub.send("PING\r\n");
  spoke.hub.accept_all();
  CHECK(spoke.hub.take().ends_with("PONG\r\n"));
}

// A link with much to write is alive as long as the peer takes some of it, or says anything; one
// that stands still and is silent is not.
TEST_CASE("broker: liveness does not depend on backlog", "[broker][leaf][manners]") {
  Options options = with_queue(10'000 * kilobyte, QueueFull::drop_oldest);
  options.ping_interval = 10s;
  World world;
  Spoke spoke(world, options);
  spoke.hub.send("LS+ flood\r\n");
  Peer& writer = spoke.server.login();
  writer.send("SUB x 1\r\n");
  spoke.hub.take();
  spoke.hub.block();
  const int sent = flood(writer, 1100 * kilobyte);
  world.advance(3s);
  flood(writer, 2000 * kilobyte, sent);
  SECTION("slow is not stale") {
    for (int i = 0; i < 40; ++i) {
      spoke.hub.accept(1000);
      world.advance(5s);
    }
    CHECK_FALSE(spoke.hub.closed());
  }
  SECTION("neither is a talkative peer that takes nothing") {
    for (int i = 0; i < 40; ++i) {
      spoke.hub.send("LMSG x 0\r\n\r\n");
      world.advance(5s);
    }
    CHECK_FALSE(spoke.hub.closed());
  }
  SECTION("but this is") {
    world.advance(45s);
    CHECK(spoke.hub.closed());
    CHECK((spoke.remote.downs_.at(0).cause == LinkReason::stale));
  }
}

// write_timeout: close ends a link that takes some, but not all in time; the default does not.
TEST_CASE("broker: write_timeout of leaf links", "[broker][leaf][manners]") {
  for (const WriteTimeout timeout : {WriteTimeout::retry, WriteTimeout::close}) {
    Options options;
    options.leaf.write_deadline = 2s;
    options.leaf.write_timeout = timeout;
    World world;
    Spoke spoke(world, options);
    spoke.hub.send("LS+ flood\r\n");
    Peer& writer = spoke.server.login();
    spoke.hub.block();
    flood(writer, 100 * kilobyte);
    for (int i = 0; i < 6; ++i) {
      spoke.hub.accept(1000);
      world.advance(500ms);
    }
    CHECK(spoke.hub.closed() == (timeout == WriteTimeout::close));
  }
}

// A hub whose user may answer lets the leaf answer what it was asked, as often as it may, and gives
// it the interest that this needs. nats-server's leafs take part, for they see nothing but LS+.
TEST_CASE("broker: allowed responses cross the link", "[broker][leaf][manners]") {
  Permissions permissions;
  permissions.publish.allow = {"news"};
  permissions.allow_responses = ResponsePermission{1, 5s};
  World world;
  TestServer& server = world.server(user_with(permissions));
  Peer& leaf = server.leaf();
  leaf.take();
  const std::string answer = leaf.ask("CONNECT " + std::string(as_user) + "\r\nLS+ ask\r\n");
  CHECK(answer.find("\"export\"") == answer.npos);
  Peer& client = server.login(R"({"user":"u","pass":"p","verbose":false,"pedantic":false})");
  client.send("SUB _INBOX.> 1\r\nSUB news 2\r\n");
  CHECK(leaf.take() == "LS+ news\r\n");
  // The asker is in the same account; its own permissions do not matter here.
  Peer& asker = server.join(R"({"user":"u","pass":"p","name":"asker","headers":true})");
  (void)asker;
  Options free;
  World other_world;
  TestServer& hub = other_world.server(free);
  (void)hub;
  server.shard().begin_turn(world.now());
  Message request;
  const std::string body = "?\r\n";
  request.subject = "ask";
  request.reply = "_INBOX.a.b";
  request.body = std::string_view(body).substr(0, 1);
  request.size_digits = "1";
  server.shard().router().publish(server.shard().account(AccountId::global), request, {});
  server.shard().end_turn();
  CHECK(leaf.take() == "LS+ _INBOX.a.b\r\nLMSG ask _INBOX.a.b 1\r\n?\r\n");
  CHECK(leaf.ask("LMSG _INBOX.a.b 1\r\n!\r\n") == "LS- _INBOX.a.b\r\n");
  CHECK(client.take() == "MSG _INBOX.a.b 1 1\r\n!\r\n");
  // Once only, and nothing else: dropped, as the leaf could not know.
  CHECK(leaf.ask("LMSG _INBOX.a.b 1\r\n!\r\nLMSG other 0\r\n\r\nPING\r\n") == "PONG\r\n");
  CHECK(client.take().empty());
  leaf.send("LMSG news 0\r\n\r\n");
  CHECK(client.take() == "MSG news 2 0\r\n\r\n");
  CHECK_FALSE(leaf.closed());
  CHECK(server.context().links.snapshot().at(0).violations == 2);
}

// Least interest: a hub tells its leaf of what the leaf may publish and of nothing else; patterns
// that merely overlap are told.
TEST_CASE("broker: a leaf hears only of what it may publish", "[broker][leaf][manners]") {
  Permissions permissions;
  permissions.publish.allow = {"edge.7.>"};
  permissions.publish.deny = {"edge.7.secret"};
  World world;
  TestServer& server = world.server(user_with(permissions));
  Peer& leaf = server.join(as_user);
  Peer& other = server.join(R"({"user":"u","pass":"p","name":"other"})");
  leaf.take();
  other.send(
      "LS+ edge.7.temp\r\nLS+ edge.8.temp\r\nLS+ edge.*.temp\r\nLS+ other\r\nLS+ >\r\n"
      "LS+ edge.7.secret\r\nLS+ edge.7.temp q 2\r\nLS+ edge.8.temp q 2\r\n");
  CHECK(sorted_lines(leaf.take()) ==
        std::vector<std::string>{"LS+ >", "LS+ edge.*.temp", "LS+ edge.7.temp",
                                 "LS+ edge.7.temp q 2"});
}

// Deny lists of both sides add up: the hub user's subscribe denies and the leaf's deny_imports.
TEST_CASE("broker: deny lists of both sides", "[broker][leaf][manners]") {
  Permissions permissions;
  permissions.subscribe.deny = {"hub.denies"};
  World world;
  TestServer& server = world.server(user_with(permissions));
  Peer& leaf = server.join(R"({"user":"u","pass":"p","deny_pub":["leaf.*.denies"]})");
  leaf.send("LS+ >\r\n");
  server.login(R"({"user":"u","pass":"p","verbose":false})")
      .send("PUB hub.denies 0\r\n\r\nPUB leaf.1.denies 0\r\n\r\nPUB both.may 0\r\n\r\n");
  CHECK(leaf.take() == "LMSG both.may 0\r\n\r\n");

  RemoteLeafOpts options;
  options.deny_exports = {"local.deny"};
  options.deny_imports = {"no.thanks"};
  TestServer& spoke = world.server();
  FakeRemote& remote = world.remote(options);
  Peer& hub = spoke.dial(remote);
  hub.send(R"(INFO {"client_id":5,"info_on_connect":true,"leafnode_urls":["a:1"]})"
           "\r\n"
           R"(INFO {"connect_info":true,"export":{"deny":["hub.deny"]}})"
           "\r\nLS+ >\r\n");
  hub.take();
  Peer& client = spoke.login();
  client.send("PUB local.deny 0\r\n\r\nPUB hub.deny 0\r\n\r\nPUB may 0\r\n\r\nSUB > 1\r\n");
  CHECK(hub.take() == "LMSG may 0\r\n\r\nLS+ >\r\n");
  hub.send("LMSG no.thanks 0\r\n\r\nLMSG fine 0\r\n\r\n");
  CHECK(client.take() == "MSG fine 1 0\r\n\r\n");
}

// A deny that names a queue group keeps that group from the message and no other.
TEST_CASE("broker: queue denies on a leaf link", "[broker][leaf][manners]") {
  Permissions permissions;
  permissions.subscribe.deny = {"jobs.* night"};
  World world;
  TestServer& server = world.server(user_with(permissions));
  Peer& leaf = server.join(as_user);
  leaf.send("LS+ jobs.> night 1\r\nLS+ jobs.> day 1\r\nLS+ jobs.>\r\n");
  Peer& client = server.login(R"({"user":"u","pass":"p","verbose":false})");
  client.send("PUB jobs.1 0\r\n\r\n");
  CHECK(leaf.take() == "LMSG jobs.1 | day 0\r\n\r\n");
  // A member that is refused costs its group nothing.
  Peer& member = server.join(R"({"name":"free"})");
  CHECK(member.closed());
  client.send("PUB jobs.1.deep 0\r\n\r\n");
  const std::string deep = leaf.take();
  CHECK(deep.find("night") != deep.npos);
  CHECK(deep.find("day") != deep.npos);
}

// A JetStream delivery over a leaf link carries its real subject behind the reply.
TEST_CASE("broker: reply@deliver is taken apart for clients only", "[broker][leaf][manners]") {
  World world;
  TestServer& server = world.server();
  Peer& from = server.join(R"({"name":"from"})");
  Peer& to = server.join(R"({"name":"to"})");
  Peer& client = server.login();
  client.send("SUB deliver.> 1\r\n");
  to.send("LS+ deliver.here\r\n");
  to.take();
  from.send("LMSG deliver.here $JS.ACK.S.C.1.2.3.4.5@orders.new 2\r\nhi\r\n");
  CHECK(client.take() == "MSG orders.new 1 $JS.ACK.S.C.1.2.3.4.5 2\r\nhi\r\n");
  CHECK(to.take() == "LMSG deliver.here $JS.ACK.S.C.1.2.3.4.5@orders.new 2\r\nhi\r\n");
  // Too few tokens before the '@', nothing behind it, or another reply: as it is.
  const std::string replies[] = {"$JS.ACK.S.C@x", "$JS.ACK.S.C.1.2.3.4.5@", "_INBOX.1@x"};
  for (const std::string& reply : replies) {
    from.send("LMSG deliver.here " + reply + " 2\r\nhi\r\n");
    CHECK(client.take() == "MSG deliver.here 1 " + reply + " 2\r\nhi\r\n");
  }
}

// What a link did can be read from outside: state, bytes, drops, round trips.
TEST_CASE("broker: the record of a link", "[broker][leaf][manners]") {
  World world;
  Spoke spoke(world);
  LeafLinkStatus link = spoke.remote.record_->snapshot();
  CHECK((link.state == LinkState::up));
  CHECK(link.connects == 1);
  CHECK_FALSE(link.is_hub);
  spoke.hub.send("LS+ a\r\n");
  Peer& client = spoke.server.login();
  client.send("SUB b 1\r\nPUB a 5\r\nhello\r\n");
  const std::string heard = spoke.hub.take();
  spoke.hub.send("LMSG b 3\r\nyou\r\n");
  world.advance(1200ms);
  CHECK(spoke.hub.take() == "PING\r\n");
  world.advance(7ms);
  spoke.hub.send("PONG\r\n");
  link = spoke.remote.record_->snapshot();
  CHECK(link.out.messages == 1);
  CHECK(link.out.message_bytes == 5);
  CHECK(link.in.messages == 1);
  CHECK(link.in.message_bytes == 3);
  CHECK(link.subscriptions == 1);
  CHECK(link.out.protocol_bytes == link.out.wire_bytes);
  CHECK(link.out.wire_bytes > heard.size());
  CHECK(link.in.wire_bytes > 30);
  CHECK(link.rtt >= 7ms);
  CHECK(link.rtt < 200ms);
  std::uint64_t round_trips = 0;
  for (const std::uint64_t bucket : link.rtt_histogram) round_trips += bucket;
  CHECK(round_trips == 1);
  spoke.hub.leave();
  link = spoke.remote.record_->snapshot();
  CHECK((link.last_reason == LinkReason::closed_by_peer));
  CHECK(link.subscriptions == 0);
  CHECK(link.connection_id == 0);
  CHECK(link.out.messages == 1);

  Peer& leaf = spoke.server.join(R"({"name":"edge","cluster":"C"})");
  REQUIRE(spoke.server.context().links.snapshot().size() == 1);
  link = spoke.server.context().links.snapshot()[0];
  CHECK_FALSE(link.solicited);
  CHECK(link.is_hub);
  CHECK(link.name == "edge");
  CHECK(link.cluster == "C");
  CHECK(link.account == "$G");
  leaf.leave();
  CHECK(spoke.server.context().links.snapshot().empty());
}

// The same mistake of the same peer is an error in the log once, with what to change; after that
// it is for those who debug, until the peer has been fine or an hour has passed.
TEST_CASE("broker: a mistake is told once", "[broker][leaf][manners]") {
  std::vector<std::string> errors;
  Options options;
  options.leaf.min_version = "2.9.0";
  options.log = [&](LogLevel level, std::string_view line) {
    if (level == LogLevel::error) errors.emplace_back(line);
  };
  World world;
  TestServer& server = world.server(options);
  for (int i = 0; i < 5; ++i) server.join(R"({"name":"old","version":"2.8.0"})");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("minimum version required") != std::string::npos);
  CHECK(errors[0].find("lower leafnodes.min_version") != std::string::npos);
  CHECK(happened(server, EventKind::leaf_refused) == 5);
  server.join(R"({"name":"older","version":"2.7.0"})");
  CHECK(errors.size() == 2);
  server.join(R"({"name":"old","version":"2.9.0"})");
  server.join(R"({"name":"old","version":"2.8.0"})");
  CHECK(errors.size() == 3);
  world.advance(1h);
  server.join(R"({"name":"old","version":"2.8.0"})");
  CHECK(errors.size() == 4);
}
