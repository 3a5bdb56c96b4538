// SPDX-License-Identifier: Apache-2.0
//
// What crosses from one account into another: streams, services and their answers, over shards
// and leaf links, and what does not.

#include "broker_world.hpp"

#include "broker/account.hpp"
#include "broker/service_import.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view as_giver =
    R"({"user":"giver","pass":"g","verbose":false,"pedantic":false,"headers":true})";
constexpr std::string_view as_taker =
    R"({"user":"taker","pass":"t","verbose":false,"headers":true,"no_responders":true})";
constexpr std::string_view as_stranger =
    R"({"user":"stranger","pass":"s","verbose":false,"pedantic":false,"headers":true})";

AccountExport offer(ShareKind kind, std::string subject) {
  AccountExport made;
  made.kind = kind;
  made.subject = std::move(subject);
  return made;
}

AccountImport take(ShareKind kind, std::string subject, std::string to = {},
                   std::string prefix = {}) {
  AccountImport made;
  made.kind = kind;
  made.account = "GIVER";
  made.subject = std::move(subject);
  made.to = std::move(to);
  made.prefix = std::move(prefix);
  return made;
}

/// GIVER exports all of `exports`, TAKER imports all of `imports`, STRANGER neither.
Options sharing(std::vector<AccountExport> exports, std::vector<AccountImport> imports) {
  Options options;
  options.accounts.resize(3);
  options.accounts[0].name = "GIVER";
  options.accounts[0].exports = std::move(exports);
  options.accounts[1].name = "TAKER";
  options.accounts[1].imports = std::move(imports);
  options.accounts[2].name = "STRANGER";
  options.authorization.users = {{"giver", "g", std::nullopt, "GIVER"},
                                 {"taker", "t", std::nullopt, "TAKER"},
                                 {"stranger", "s", std::nullopt, "STRANGER"}};
  options.leaf.authorization.users = options.authorization.users;
  return options;
}

/// The reply subject of the one message in `text`, which was delivered as `head` says.
std::string reply_of(std::string_view text, std::string_view head) {
  const std::size_t at = text.find(head);
  REQUIRE(at != text.npos);
  const std::size_t begin = at + head.size();
  return std::string(text.substr(begin, text.find(' ', begin) - begin));
}

}  // namespace

// The subject is the importer's, the bytes are the publisher's, and who imports nothing hears
// nothing. Interest that is there before or after counts alike, on each pair of shards.
TEST_CASE("broker: a stream import renames and delivers", "[broker][accounts]") {
  const unsigned shards = GENERATE(1U, 2U, 4U);
  World world;
  TestServer& server = world.server(sharing({offer(ShareKind::stream, "events.>")},
                                            {take(ShareKind::stream, "events.*", {}, "from")}),
                                    shards);
  Peer& giver = server.login(as_giver, 0);
  for (unsigned shard = 0; shard < shards; ++shard) {
    CAPTURE(shard);
    Peer& taker = server.login(as_taker, shard);
    Peer& stranger = server.login(as_stranger, shard);
    taker.send("SUB from.events.* 1\r\nSUB > 2\r\nSUB events.a 3\r\n");
    stranger.send("SUB > 1\r\n");
    world.settle();
    giver.send("PUB events.a 5\r\nhello\r\nPUB events.a.b 1\r\nx\r\nPUB other 0\r\n\r\n");
    const std::string got = taker.take();
    CHECK(count(got, "MSG from.events.a 1 5\r\nhello\r\n") == 1);
    CHECK(count(got, "MSG from.events.a 2 5\r\nhello\r\n") == 1);
    CHECK(count(got, "MSG") == 2);
    CHECK(stranger.take().empty());
    taker.leave();
    stranger.leave();
  }
}

// Nothing comes back: what the importer publishes under the imported name stays in its account.
TEST_CASE("broker: a stream import is a one-way street", "[broker][accounts]") {
  World world;
  TestServer& server = world.server(
      sharing({offer(ShareKind::stream, "a")}, {take(ShareKind::stream, "a")}));
  Peer& giver = server.login(as_giver);
  Peer& taker = server.login(as_taker);
  giver.send("SUB a 1\r\n");
  taker.send("SUB a 1\r\n");
  taker.send("PUB a 2\r\nme\r\n");
  CHECK(giver.take().empty());
  CHECK(taker.take() == "MSG a 1 2\r\nme\r\n");
}

// Members of a group in both accounts are one group: one of them gets each message.
TEST_CASE("broker: a queue group spans an import", "[broker][accounts]") {
  const unsigned shards = GENERATE(1U, 2U);
  World world;
  TestServer& server = world.server(
      sharing({offer(ShareKind::stream, "job")}, {take(ShareKind::stream, "job")}), shards);
  Peer& giver = server.login(as_giver, 0);
  Peer& taker = server.login(as_taker, shards - 1);
  giver.send("SUB job q 1\r\n");
  taker.send("SUB job q 1\r\n");
  world.settle();
  for (int i = 0; i < 200; ++i) giver.send("PUB job 0\r\n\r\n");
  const std::size_t here = count(giver.take(), "MSG job 1 0");
  const std::size_t there = count(taker.take(), "MSG job 1 0");
  CHECK(here + there == 200);
  CHECK(here > 50);
  CHECK(there > 50);
}

// Interest that comes and goes leaves nothing behind in the exporter's account.
TEST_CASE("broker: mirrors go with the interest they stand for", "[broker][accounts]") {
  World world;
  TestServer& server = world.server(
      sharing({offer(ShareKind::stream, ">")}, {take(ShareKind::stream, "a.>", "b.>")}), 2);
  Account& exporter = *server.shard(1).find_account("GIVER");
  const std::size_t before = exporter.index().size();
  Peer& taker = server.login(as_taker, 1);
  taker.send("SUB b.x 1\r\nSUB b.x 2\r\nSUB b.> q 3\r\nSUB * 4\r\nSUB c 5\r\n");
  CHECK(exporter.index().size() == before + 2);  // b.x once, b.> of q; * and c touch nothing
  taker.send("UNSUB 1\r\n");
  CHECK(exporter.index().size() == before + 2);
  taker.leave();
  CHECK(exporter.index().size() == before);
}

// Request and answer, each under the other side's names; the responder cannot see the
// requester's inbox and the requester cannot see what the service is called.
TEST_CASE("broker: a service import carries request and answer", "[broker][accounts]") {
  const unsigned shards = GENERATE(1U, 2U, 4U);
  World world;
  TestServer& server = world.server(sharing({offer(ShareKind::service, "help.*")},
                                            {take(ShareKind::service, "help.me", "aid")}),
                                    shards);
  Peer& giver = server.login(as_giver, shards - 1);
  Peer& taker = server.login(as_taker, 0);
  giver.send("SUB help.> 1\r\n");
  taker.send("SUB inbox.* 9\r\n");
  world.settle();
  taker.send("PUB aid inbox.1 4\r\nwhat\r\n");
  const std::string request = giver.take();
  CHECK(count(request, "HMSG help.me 1 _R_.") == 1);
  CHECK(count(request, "Nats-Request-Info: {\"acc\":\"TAKER\",\"rtt\":") == 1);
  CHECK(count(request, "\r\nwhat\r\n") == 1);
  CHECK(count(request, "inbox") == 0);
  const std::string reply = reply_of(request, "HMSG help.me 1 ");
  giver.send("PUB " + reply + " 2\r\nok\r\n");
  CHECK(taker.take() == "MSG inbox.1 9 2\r\nok\r\n");
  // A singleton answers once.
  giver.send("PUB " + reply + " 2\r\nno\r\n");
  CHECK(taker.take().empty());
}

// A header that pretends to be ours is replaced, however it is written (CVE-2026-33246).
TEST_CASE("broker: CVE-2026-33246 a forged Nats-Request-Info does not get through",
          "[broker][accounts][advisory]") {
  World world;
  TestServer& server = world.server(
      sharing({offer(ShareKind::service, "who")}, {take(ShareKind::service, "who")}));
  Peer& giver = server.login(as_giver);
  Peer& taker = server.login(as_taker);
  giver.send("SUB who 1\r\n");
  const std::string name = GENERATE("Nats-Request-Info", "nats-request-info", "NATS-REQUEST-INFO");
  const std::string block = "NATS/1.0\r\n" + name + ": {\"acc\":\"SYS\"}\r\nX: 1\r\n\r\n";
  taker.send("HPUB who " + std::to_string(block.size()) + " " + std::to_string(block.size() + 1) +
             "\r\n" + block + "p\r\n");
  const std::string got = giver.take();
  CHECK(count(got, "SYS") == 0);
  CHECK(count(got, "{\"acc\":\"TAKER\",\"rtt\":") == 1);
  CHECK(count(got, "X: 1\r\n") == 1);
  CHECK(count(got, "\r\n\r\np\r\n") == 1);
}

// Streamed answers come until an empty one; each moves the time after which none is expected.
TEST_CASE("broker: a streaming service ends with an empty answer", "[broker][accounts]") {
  AccountExport streaming = offer(ShareKind::service, "tail");
  streaming.response_type = ResponseType::stream;
  streaming.response_threshold = 2s;
  World world;
  TestServer& server =
      world.server(sharing({streaming}, {take(ShareKind::service, "tail")}));
  Peer& giver = server.login(as_giver);
  Peer& taker = server.login(as_taker);
  giver.send("SUB tail 1\r\n");
  taker.send("SUB in 1\r\nPUB tail in 0\r\n\r\n");
  const std::string reply = reply_of(giver.take(), "HMSG tail 1 ");
  const std::string answer = "PUB " + reply + " 1\r\na\r\n";
  const bool ends_itself = GENERATE(true, false);
  for (int i = 0; i < 3; ++i) {
    world.advance(1500ms);
    giver.send(answer);
    CHECK(count(taker.take(), "MSG in 1 1\r\na\r\n") == 1);
  }
  if (ends_itself) {
    giver.send("PUB " + reply + " 0\r\n\r\n");
    CHECK(taker.take() == "MSG in 1 0\r\n\r\n");
  } else {
    world.advance(2100ms);
  }
  giver.send(answer);
  CHECK(taker.take().empty());
  CHECK(server.shard().find_account("GIVER")->replies().size() == 0);
}

// Nobody there, behind the import either: the requester is told at once, and nothing is kept.
TEST_CASE("broker: no responders behind a service import", "[broker][accounts]") {
  World world;
  TestServer& server = world.server(
      sharing({offer(ShareKind::service, "s")}, {take(ShareKind::service, "s")}));
  Peer& taker = server.login(as_taker);
  taker.send("SUB in 1\r\n");
  CHECK(count(taker.ask("PUB s in 0\r\n\r\n"), "NATS/1.0 503") == 1);
  CHECK(server.shard().find_account("GIVER")->replies().size() == 0);
}

// A leaf of either account: its server is told of the imported service, and may serve one.
TEST_CASE("broker: services cross leaf links", "[broker][accounts]") {
  World world;
  TestServer& hub = world.server(sharing({offer(ShareKind::service, "help")},
                                         {take(ShareKind::service, "help", "aid")}));
  Peer& giver = hub.login(as_giver);
  giver.send("SUB help 1\r\n");
  Peer& leaf = hub.leaf();
  leaf.send(R"(CONNECT {"user":"taker","pass":"t","name":"edge","headers":true})" "\r\n");
  CHECK(count(leaf.take(), "LS+ aid\r\n") == 1);
  leaf.send("LS+ inbox.7\r\nLMSG aid inbox.7 2\r\nhi\r\n");
  const std::string reply = reply_of(giver.take(), "HMSG help 1 ");
  giver.send("PUB " + reply + " 3\r\nyes\r\n");
  CHECK(count(leaf.take(), "LMSG inbox.7 3\r\nyes\r\n") == 1);

  Peer& far = hub.leaf();
  far.send(R"(CONNECT {"user":"giver","pass":"g","name":"far","headers":true})" "\r\n");
  far.take();
  giver.leave();
  far.send("LS+ help\r\n");
  leaf.send("LMSG aid inbox.7 2\r\nho\r\n");
  const std::string request = far.take();
  const std::string back = reply_of(request, "HMSG help ");
  CHECK(back.starts_with("_R_."));
  far.send("LMSG " + back + " 3\r\nyea\r\n");
  CHECK(count(leaf.take(), "LMSG inbox.7 3\r\nyea\r\n") == 1);
}

// A leaf hears, and gets, what its account's importers are interested in.
TEST_CASE("broker: streams cross leaf links", "[broker][accounts]") {
  World world;
  TestServer& hub = world.server(sharing({offer(ShareKind::stream, "t.>")},
                                         {take(ShareKind::stream, "t.>", "far.>")}));
  Peer& source = hub.leaf();
  source.send(R"(CONNECT {"user":"giver","pass":"g","name":"edge","headers":true})" "\r\n");
  source.take();
  Peer& taker = hub.login(as_taker);
  taker.send("SUB far.1 1\r\n");
  CHECK(count(source.take(), "LS+ t.1\r\n") == 1);
  source.send("LMSG t.1 1\r\nx\r\n");
  CHECK(taker.take() == "MSG far.1 1 1\r\nx\r\n");
  taker.send("UNSUB 1\r\n");
  CHECK(count(source.take(), "LS- t.1\r\n") == 1);
}

// Two services one behind the other: the second learns who asked first, and which account is
// between; answers find both ways back.
TEST_CASE("broker: services in a chain", "[broker][accounts]") {
  Options options = sharing({offer(ShareKind::service, "deep")},
                            {take(ShareKind::service, "deep", "mid")});
  options.accounts[1].exports = {offer(ShareKind::service, "mid")};
  AccountImport last = take(ShareKind::service, "mid", "near");
  last.account = "TAKER";
  options.accounts[2].imports = {last};
  World world;
  TestServer& server = world.server(std::move(options));
  Peer& giver = server.login(as_giver);
  Peer& stranger = server.login(as_stranger);
  giver.send("SUB deep 1\r\n");
  stranger.send("SUB in 1\r\nPUB near in 1\r\n?\r\n");
  const std::string request = giver.take();
  CHECK(count(request, R"({"acc":"STRANGER","svc":"TAKER","rtt":)") == 1);
  giver.send("PUB " + reply_of(request, "HMSG deep 1 ") + " 1\r\n!\r\n");
  CHECK(stranger.take() == "MSG in 1 1\r\n!\r\n");
}

// What is published is what a mapping makes of it; leafs are told to send what is mapped.
TEST_CASE("broker: mappings rename what is published", "[broker][accounts]") {
  Options options;
  options.mappings = {{"old.*", {{"new.$1", 100, {}}}}};
  World world;
  TestServer& server = world.server(std::move(options), 2);
  Peer& reader = server.login(quiet_connect, 1);
  reader.send("SUB new.a q 1\r\nSUB old.a 2\r\n");
  Peer& leaf = server.join(R"({"name":"edge"})", 0);
  world.settle();
  Peer& fresh = server.leaf();
  fresh.send("CONNECT {\"name\":\"other\"}\r\n");
  CHECK(count(fresh.take(), "LS+ old.*\r\n") == 1);
  server.login().send("PUB old.a 1\r\nx\r\n");
  CHECK(reader.take() == "MSG new.a 1 1\r\nx\r\n");
  leaf.send("LMSG old.a 1\r\ny\r\n");
  CHECK(reader.take() == "MSG new.a 1 1\r\ny\r\n");
}

// Accounts that come while the server runs are there on all shards; changed ones work by what
// they are now.
TEST_CASE("broker: accounts change while the server runs", "[broker][accounts]") {
  World world;
  TestServer& server = world.server(
      sharing({offer(ShareKind::stream, "a"), offer(ShareKind::stream, "b")},
              {take(ShareKind::stream, "a")}),
      2);
  Peer& giver = server.login(as_giver, 0);
  Peer& taker = server.login(as_taker, 1);
  taker.send("SUB * 1\r\n");
  world.settle();
  giver.send("PUB a 0\r\n\r\nPUB b 0\r\n\r\n");
  CHECK(taker.take() == "MSG a 1 0\r\n\r\n");

  AccountOptions changed;
  changed.name = "TAKER";
  changed.imports = {take(ShareKind::stream, "b", "c")};
  CHECK(server.context().accounts.put(changed).empty());
  for (unsigned i = 0; i < server.shards(); ++i) {
    server.shard(i).adopt_accounts();
    server.wake(base::ShardId{static_cast<std::uint8_t>(i)});  // what it tells goes with a turn
  }
  world.settle();
  giver.send("PUB a 0\r\n\r\nPUB b 0\r\n\r\n");
  CHECK(taker.take() == "MSG c 1 0\r\n\r\n");
}

// None is a limit too: 0 of an account is not the 0 of the server, which is no limit.
TEST_CASE("broker: an account without subscriptions", "[broker][accounts]") {
  Options options = sharing({}, {});
  options.accounts[0].limits.subscriptions = 0;
  World world;
  TestServer& server = world.server(std::move(options));
  CHECK(server.login(as_giver).ask("SUB a 1\r\n") ==
        "-ERR 'maximum subscriptions exceeded'\r\n");
  CHECK(server.login(as_stranger).ask("SUB a 1\r\n").empty());
}

// No more connections than the account may have; one that leaves makes room.
TEST_CASE("broker: an account's limits", "[broker][accounts]") {
  Options options = sharing({}, {});
  options.accounts[0].limits = {1, 1, 1, 4};
  World world;
  TestServer& server = world.server(std::move(options), 2);
  Peer& first = server.login(as_giver, 0);
  CHECK(first.ask("SUB a 1\r\nSUB b 2\r\n") == "-ERR 'maximum subscriptions exceeded'\r\n");
  Peer& second = server.client(1);
  second.take();
  CHECK(second.ask("CONNECT " + std::string(as_giver) + "\r\nPING\r\n") ==
        "-ERR 'maximum account active connections exceeded'\r\n");
  CHECK(second.closed());
  CHECK(first.ask("PUB a 5\r\nhello\r\n") == "-ERR 'Maximum Payload Violation'\r\n");
  CHECK(first.closed());
  CHECK(server.login(as_giver, 1).ask("PING\r\n") == "PONG\r\n");
}
