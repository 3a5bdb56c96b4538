// SPDX-License-Identifier: Apache-2.0
//
// What went wrong on the leaf links of nats-server, advisory by advisory: each test holds the
// sentence that must be true here. What needs compression, WebSocket or TLS is with those.

#include "broker_world.hpp"

#include "support/catch.hpp"

#include <array>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view operations[] = {
    "INFO {}\r\n",
    "INFO {\"connect_info\":true,\"remote_account\":\"$SYS\"}\r\n",
    "INFO {\"import\":{\"allow\":[\"x\"]},\"connect_info\":true}\r\n",
    "CONNECT {\"user\":\"u\",\"pass\":\"p\"}\r\n",
    "CONNECT {\"user\":\"u\",\"pass\":\"wrong\"}\r\n",
    "LS+ victim\r\n",
    "LS- victim\r\n",
    "LMSG victim 1\r\nx\r\n",
    "PING\r\n",
    "PONG\r\n",
    "+OK\r\n",
    "-ERR 'x'\r\n",
};
constexpr std::size_t count_of_operations = std::size(operations);
constexpr std::size_t good_connect = 3;

Options with_user() {
  Options options;
  options.authorization.users = {{"u", "p", {}, ""}};
  return options;
}

constexpr std::string_view first_info =
    R"(INFO {"client_id":5,"info_on_connect":true,"leafnode_urls":["a:1"]})"
    "\r\n";

/// Says every sequence of so many operations to a fresh connection.
template <class Visit>  // visit(const std::vector<std::size_t>& sequence)
void for_each_sequence(std::size_t length, Visit&& visit) {
  std::vector<std::size_t> sequence(length, 0);
  for (;;) {
    visit(sequence);
    std::size_t at = 0;
    while (at < length && ++sequence[at] == count_of_operations) sequence[at++] = 0;
    if (at == length) return;
  }
}

}  // namespace

// CVE-2026-58250: each line of the handshake is legal once, in one state, and is handled only where
// all it needs is there. Every sequence of up to four lines, accepted and dialled: the process
// lives, a stranger never gets anything registered or routed.
TEST_CASE("advisory: CVE-2026-58250 handshake lines in any order", "[broker][leaf][advisory]") {
  for (std::size_t length = 1; length <= 3; ++length) {
    World world;
    TestServer* server = nullptr;
    Peer* client = nullptr;
    std::size_t sequences = 0;
    for_each_sequence(length, [&](const std::vector<std::size_t>& sequence) {
      if (sequences++ % 64 == 0) {
        server = &world.server(with_user());
        client = &server->login(R"({"user":"u","pass":"p","verbose":false,"pedantic":false})");
        client->send("SUB victim 1\r\n");
      }
      Peer& leaf = server->leaf();
      bool logged_in = false;
      for (const std::size_t operation : sequence) {
        const bool was_open = !leaf.closed();
        leaf.send(operations[operation]);
        logged_in = logged_in || (operation == good_connect && was_open && !leaf.closed());
        if (!logged_in) {
          CHECK(client->take().empty());
          CHECK(server->shard().statistics().subscriptions == 1);
        }
      }
      if (!logged_in && !leaf.closed()) {
        // One INFO is the answer to our offer to compress; then CONNECT has to come in time.
        CHECK(sequence.size() == 1);
        CHECK(sequence[0] < good_connect);
        world.advance(3s);
      }
      if (!logged_in) CHECK(leaf.closed());
      client->take();
      leaf.leave();
      CHECK(server->context().leaf_connections.load() == 0);
      CHECK(server->shard().statistics().subscriptions == 1);
    });
  }
}

// The same as a leaf that dials: a hub that breaks the order of the handshake cannot end us, and
// gives us nothing before it has answered CONNECT.
TEST_CASE("advisory: CVE-2026-58250 a hub's lines in any order", "[broker][leaf][advisory]") {
  for (const bool greeted : {false, true}) {
    for (std::size_t length = 1; length <= 3; ++length) {
      World world;
      TestServer* server = nullptr;
      Peer* client = nullptr;
      std::size_t sequences = 0;
      for_each_sequence(length, [&](const std::vector<std::size_t>& sequence) {
        if (sequences++ % 64 == 0) {
          server = &world.server();
          client = &server->login();
          client->send("SUB victim 1\r\n");
        }
        FakeRemote& remote = world.remote();
        Peer& hub = server->dial(remote);
        if (greeted) hub.send(first_info);
        for (const std::size_t operation : sequence) {
          hub.send(operations[operation]);
          if (remote.ups_ == 0) {
            CHECK(client->take().empty());
            CHECK(server->shard().statistics().subscriptions == 1);
          }
        }
        CHECK(remote.ups_ <= 1);
        client->take();
        hub.leave();
        CHECK(remote.downs_.size() == 1);
        CHECK(server->context().leaf_connections.load() == 0);
      });
    }
  }
}

// CVE-2026-29785: whether a peer has logged in is a value of its own. While the login is being
// thought about nothing of the peer counts, and the timer of the login does not decide it.
TEST_CASE("advisory: CVE-2026-29785 interest before the login is decided",
          "[broker][leaf][advisory]") {
  Options options = with_user();
  options.authorization.users[0].password =
      "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.leaf();
  leaf.take();
  leaf.send("CONNECT {\"user\":\"u\",\"pass\":\"guess\"}\r\nLS+ a\r\nLMSG a 1\r\nx\r\n");
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(server.shard().statistics().in_messages == 0);
  server.worker().work();
  CHECK(leaf.closed());
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(server.shard().statistics().in_messages == 0);
}

// CVE-2026-33218: error lines are words from a stranger. Before the login they can do no more than
// end the connection that they came over, at either end.
TEST_CASE("advisory: CVE-2026-33218 errors before the login", "[broker][leaf][advisory]") {
  const std::string noise(60'000, 'x');
  const std::string texts[] = {
      "Loop detected for leafnode account=\"$SYS\". Delaying attempt to reconnect for 30s",
      "Loop detected",
      "Duplicate Remote LeafNode Connection",
      "remote leafnode has same cluster name",
      "connection rejected since minimum version required is \"9.9.9\"",
      "Permissions Violation for Subscription to \"a\"",
      "Authorization Violation",
      "maximum account active connections exceeded",
      noise,
  };
  World world;
  TestServer& server = world.server(with_user());
  Peer& friendly = server.join(R"({"user":"u","pass":"p","name":"friendly"})");
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 40));
    Peer& stranger = server.leaf();
    stranger.send("-ERR '" + text + "'\r\n");
    CHECK(stranger.closed());

    FakeRemote& remote = world.remote();
    Peer& hub = server.dial(remote);
    hub.send("-ERR '" + text + "'\r\n");
    if (!hub.closed()) hub.leave();
    CHECK(remote.ups_ == 0);
    CHECK(remote.downs_.size() == 1);
  }
  CHECK_FALSE(friendly.closed());
  CHECK(count(friendly.ask("PING\r\n"), "PONG\r\n") == 1);
}

// CVE-2026-58254: a header cannot stop a delivery, nor make us publish where its sender may not.
TEST_CASE("advisory: CVE-2026-58254 trace headers of a leaf", "[broker][leaf][advisory]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = server.login(modern_connect);
  reader.send("SUB job 1\r\nSUB trace.> 2\r\n");
  reader.take();
  Peer& leaf = server.join(R"({"name":"far","headers":true})");
  const std::string head =
      "NATS/1.0\r\nNats-Trace-Dest: trace.here\r\nNats-Trace-Only: true\r\n\r\n";
  const std::string sizes = std::to_string(head.size()) + " " + std::to_string(head.size() + 2);
  leaf.send("HMSG job " + sizes + "\r\n" + head + "hi\r\n");
  CHECK(reader.take() == "HMSG job 1 " + sizes + "\r\n" + head + "hi\r\n");
}

// Half lines and lines that do not end: a stranger is bounded and goes with the login timer.
TEST_CASE("broker: a leaf stranger's bytes are bounded", "[broker][leaf][advisory]") {
  World world;
  TestServer& server = world.server();
  std::vector<Peer*> leafs;
  for (const std::string_view start :
       {"CONNECT {\"name\":\"", "CONNECT ", "connect {\"deny_pub\":[\"", "C"}) {
    Peer& leaf = server.leaf();
    leaf.take();
    leaf.say(start);
    std::string much(100'000, 'x');
    leaf.send(much);
    CHECK(leaf.closed());
    leafs.push_back(&leaf);
  }
  Peer& silent = server.leaf();
  silent.send("CONNECT {");
  world.advance(3s);
  CHECK(silent.closed());
  CHECK(server.shard().sessions() == 0);
}

// CVE-2019-13126: sizes are digits, at most nine, compared with the limit before anything is
// reserved, in both directions of a leaf link.
TEST_CASE("advisory: CVE-2019-13126 sizes on a leaf link", "[broker][leaf][advisory]") {
  const std::string sizes[] = {"2147483647",
                               "2147483648",
                               "4294967296",
                               "4294967297",
                               "9223372036854775808",
                               "18446744073709551615",
                               std::string(40, '9'),
                               "-1",
                               "+1",
                               "0x1",
                               "1.5",
                               "1048577"};
  for (const bool dialled : {false, true}) {
    World world;
    TestServer& server = world.server();
    Peer& client = server.login();
    client.send("SUB a 1\r\n");
    for (const std::string& size : sizes) {
      const std::string lines[] = {"LMSG a " + size,
                                   "LMSG a r " + size,
                                   "LMSG a | q " + size,
                                   "HMSG a 12 " + size,
                                   "HMSG a " + size + " " + size,
                                   "HMSG a " + size + " 12",
                                   "HMSG a r 20 10"};
      for (const std::string& line : lines) {
        INFO(line);
        FakeRemote& remote = world.remote();
        Peer& peer = dialled ? server.dial(remote) : server.join();
        if (dialled) peer.send(std::string(first_info) + "INFO {\"connect_info\":true}\r\n");
        peer.send(line + "\r\n" + std::string(64, 'x') + "\r\n");
        CHECK(peer.closed());
        CHECK(client.take().empty());
      }
    }
  }
}

// CVE-2026-58252: for every pair of a deny and a subscription that merely cross, no message that
// the deny matches passes, be it for plain interest or as a member of a queue group; and a member
// that may not have it costs the group nothing. Against a brute-force oracle.
TEST_CASE("advisory: CVE-2026-58252 denies that cross a subscription",
          "[broker][leaf][advisory]") {
  const std::vector<std::string> patterns = {"*.b", "a.*", "a.>", "*.*", ">", "a.b", "*", "b.>"};
  const std::vector<std::string> literals = {"a", "a.a", "a.b", "b.a", "b.b", "a.b.a", "b.a.b"};
  const auto matches = [](std::string_view literal, std::string_view pattern) {
    for (;;) {
      if (pattern == ">") return !literal.empty();
      const auto next = [](std::string_view& text) {
        const std::size_t dot = text.find('.');
        const std::string_view token = text.substr(0, dot);
        text = dot == text.npos ? std::string_view() : text.substr(dot + 1);
        return token;
      };
      if (literal.empty() || pattern.empty()) return literal.empty() && pattern.empty();
      const std::string_view want = next(pattern);
      const std::string_view have = next(literal);
      if (want != "*" && want != have) return false;
    }
  };
  for (const std::string& deny : patterns) {
    for (const std::string& interest : patterns) {
      for (const bool queue : {false, true}) {
        CAPTURE(deny, interest, queue);
        Options options;
        Permissions permissions;
        permissions.subscribe.deny = {deny};
        options.authorization.users = {{"u", "p", permissions, ""}, {"free", "p", {}, ""}};
        World world;
        TestServer& server = world.server(options);
        Peer& leaf = server.join(R"({"user":"u","pass":"p","name":"denied"})");
        Peer& lawful = server.join(R"({"user":"free","pass":"p","name":"lawful"})");
        leaf.send("LS+ " + interest + (queue ? " q 5\r\n" : "\r\n"));
        if (leaf.closed()) continue;  // a literal that is denied: no interest at all
        if (queue) lawful.send("LS+ " + interest + " q 1\r\n");
        Peer& client = server.login(R"({"user":"free","pass":"p","verbose":false})");
        for (const std::string& literal : literals) {
          leaf.take();
          lawful.take();
          client.send("PUB " + literal + " 1\r\nx\r\n");
          const bool got = count(leaf.take(), "LMSG") == 1;
          const bool got_lawful = count(lawful.take(), "LMSG") == 1;
          const bool wanted = matches(literal, interest);
          const bool denied = matches(literal, deny);
          if (!wanted || denied) CHECK_FALSE(got);
          if (queue) {
            CHECK((got || got_lawful) == wanted);
          } else {
            CHECK(got == (wanted && !denied));
          }
        }
      }
    }
  }
}

// CVE-2026-58251: denies only add up. A plain deny beside one for a queue still holds for every
// queue.
TEST_CASE("advisory: CVE-2026-58251 plain and queue denies", "[broker][leaf][advisory]") {
  Options options;
  Permissions permissions;
  permissions.subscribe.deny = {"vault.>", "> night"};
  options.authorization.users = {{"u", "p", permissions, ""}, {"free", "p", {}, ""}};
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.join(R"({"user":"u","pass":"p"})");
  leaf.send("LS+ > day 1\r\nLS+ > night 1\r\n");
  Peer& client = server.login(R"({"user":"free","pass":"p","verbose":false})");
  client.send("PUB vault.key 0\r\n\r\nPUB other 0\r\n\r\n");
  CHECK(leaf.take() == "LMSG other | day 0\r\n\r\n");
  Peer& literal = server.join(R"({"user":"u","pass":"p","name":"literal"})");
  literal.send("LS+ vault.key day 1\r\n");
  CHECK(literal.closed());
}

// CVE-2022-24450: no field of CONNECT moves a leaf to another account.
TEST_CASE("advisory: CVE-2022-24450 the account is not the peer's choice",
          "[broker][leaf][advisory]") {
  World world;
  TestServer& server = world.server();
  for (const std::string_view fields :
       {R"({"account":"$SYS"})", R"({"account":"$G"})", R"({"new_account":true})"}) {
    Peer& leaf = server.join(fields);
    CHECK(leaf.closed());
  }
  Peer& leaf = server.leaf();
  leaf.take();
  CHECK(leaf.ask(R"(CONNECT {"remote_account":"$SYS","acc":"$SYS","domain":"x"})"
                 "\r\n")
            .find(R"("remote_account":"$G")") != std::string::npos);
}

// CVE-2026-58213: no byte that separates tokens is ever written inside one, through whichever door
// it came: what a leaf is told parses back to what was meant.
TEST_CASE("advisory: CVE-2026-58213 separators in subjects", "[broker][leaf][advisory]") {
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.join();
  leaf.send("LS+ >\r\n");
  Peer& client = server.login();
  for (const char separator : {'\f', '\0', '\n'}) {
    std::string line = "SUB a";
    line += separator;
    line += "LS+.b 7\r\n";
    client.send(line);
    if (client.closed()) break;
  }
  for (const std::string& line : sorted_lines(leaf.take())) {
    CHECK(line.find_first_of("\t\f\n\r") == line.npos);
    CHECK(line.find('\0') == line.npos);
    CHECK(count(line, " ") <= 1);
  }
}
