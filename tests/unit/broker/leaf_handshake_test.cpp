// SPDX-License-Identifier: Apache-2.0
//
// How a leaf link comes up, from either side, and everything that keeps it from coming up.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view hub_info =
    R"(INFO {"server_id":"NHUB","server_name":"far","client_id":5,"headers":true,)"
    R"("info_on_connect":true,"nonce":"abc","leafnode_urls":["127.0.0.1:7422"]})"
    "\r\n";
constexpr std::string_view connect_info =
    R"(INFO {"connect_info":true,"remote_account":"$G"})"
    "\r\n";

/// What a leaf with this CONNECT is told after INFO.
std::string try_join(TestServer& server, std::string_view json) {
  Peer& leaf = server.leaf();
  leaf.take();
  return leaf.ask("CONNECT " + std::string(json) + "\r\n");
}

std::string error(std::string_view text) { return "-ERR '" + std::string(text) + "'\r\n"; }

/// The names in the order they stand in a text of JSON.
bool in_order(std::string_view text, const std::vector<std::string>& names) {
  std::size_t at = 0;
  for (const std::string& name : names) {
    at = text.find("\"" + name + "\":", at);
    if (at == text.npos) return false;
  }
  return true;
}

}  // namespace

// The hub's INFO, its answer to CONNECT, and only then interest, the loop mark first.
TEST_CASE("broker: a hub greets a leaf", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  server.login().send("SUB a 1\r\n");
  Peer& leaf = server.leaf();
  const std::string info = leaf.take();
  CHECK(info.starts_with("INFO {"));
  CHECK(in_order(info, {"server_id", "server_name", "version", "proto", "go", "host", "port",
                        "headers", "auth_required", "max_payload", "client_id", "nonce",
                        "compression", "info_on_connect", "leafnode_urls"}));
  CHECK(info.find("connect_info") == info.npos);
  const std::string answer = leaf.ask("CONNECT {\"name\":\"edge\"}\r\n");
  CHECK(answer.starts_with("INFO {"));
  CHECK(answer.find("\"connect_info\":true,\"remote_account\":\"$G\"") != answer.npos);
  CHECK(answer.find("nonce") == answer.npos);
  const std::size_t behind = answer.find("\r\n") + 2;
  CHECK(answer.substr(behind) == "LS+ " + server.lds(leaf) + "\r\nLS+ a\r\n");
  CHECK(server.last_reason(EventKind::leaf_connected).has_value());
  CHECK(server.happenings().back().name == "edge");
}

// A leaf that says anything but CONNECT first is refused; so is one that asks for an account.
TEST_CASE("broker: leafs that are refused", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  for (const char* first : {"PING\r\n", "LS+ a\r\n", "\r\n", "x"}) {
    INFO(first);
    Peer& leaf = server.leaf();
    leaf.take();
    CHECK(leaf.ask(first) == error("Authorization Violation"));
    CHECK(leaf.closed());
  }
  CHECK(try_join(server, R"({"account":"A"})") == error("Authorization Violation"));
  CHECK(try_join(server, "{bad").empty());
  CHECK(try_join(server, R"({"lang":"go"})") == error("attempted to connect to leaf node port"));
  CHECK(try_join(server, R"({"cluster":"a b"})") == error("cluster name cannot contain spaces"));
  CHECK(try_join(server, R"({"gateway":"G"})") ==
        error("Rejecting connection from gateway \"G\" on the leafnode port"));
  CHECK(server.context().leaf_connections.load() == 0);
  CHECK(server.shard().sessions() == 0);
}

// A hub with hubs of its own has a cluster name; a leaf of that name is itself.
TEST_CASE("broker: a leaf of the hub's own cluster", "[broker][leaf]") {
  Options options;
  options.leaf.remotes.emplace_back();
  World world;
  TestServer& server = world.server(options);
  CHECK(try_join(server, R"({"cluster":"hub"})") ==
        error("remote leafnode has same cluster name"));
  CHECK(server.last_reason(EventKind::leaf_refused) == "remote leafnode has same cluster name");
}

// min_version: the answer to CONNECT comes, then the refusal.
TEST_CASE("broker: leafs that are too old", "[broker][leaf]") {
  Options options;
  options.leaf.min_version = "2.9.0";
  World world;
  TestServer& server = world.server(options);
  const std::string refusal =
      error("connection rejected since minimum version required is \"2.9.0\"");
  for (const char* version : {"2.8.9", "", "x"}) {
    const std::string answer =
        try_join(server, R"({"version":")" + std::string(version) + "\"}");
    CHECK(answer.starts_with("INFO {"));
    CHECK(answer.ends_with(refusal));
  }
  CHECK(try_join(server, R"({"version":"2.9.0"})").find("-ERR") == std::string::npos);
}

// Logins of leafs: late answers as for clients, and the timer.
TEST_CASE("broker: leafs that log in", "[broker][leaf]") {
  Options options;
  options.leaf.authorization.username = "leaf";
  options.leaf.authorization.password =
      "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
  World world;
  TestServer& server = world.server(options);
  Peer& leaf = server.leaf();
  leaf.take();
  leaf.send("CONNECT {\"user\":\"leaf\",\"pass\":\"secret\"}\r\nPING\r\nLS+ a\r\n");
  CHECK(leaf.take().empty());
  CHECK_FALSE(leaf.reading());
  server.worker().work();
  CHECK(leaf.reading());
  CHECK(leaf.take().ends_with("LS+ " + server.lds(leaf) + "\r\nPONG\r\n"));
  CHECK(server.shard().statistics().subscriptions == 1);

  Peer& wrong = server.leaf();
  wrong.take();
  wrong.send("CONNECT {\"user\":\"leaf\",\"pass\":\"guess\"}\r\nPING\r\n");
  server.worker().work();
  CHECK(wrong.take() == error("Authorization Violation"));

  Peer& gone = server.leaf();
  gone.send("CONNECT {\"user\":\"leaf\",\"pass\":\"secret\"}\r\n");
  gone.leave();
  server.worker().work();
  CHECK(server.context().leaf_connections.load() == 1);

  Peer& silent = server.leaf();
  silent.take();
  world.advance(2s);
  CHECK(silent.take() == error("Authentication Timeout"));
}

// The spoke's CONNECT: what it says about itself, in nats-server's order, and nothing else; no
// interest before the hub's answer.
TEST_CASE("broker: a spoke introduces itself", "[broker][leaf]") {
  World world;
  Options options;
  options.server_name = "edge";
  options.leaf.remotes.emplace_back();
  TestServer& server = world.server(options);
  server.login().send("SUB a 1\r\n");
  FakeRemote& remote = world.remote();
  remote.options_.deny_imports = {"private.>"};
  remote.user_ = {"user", "password", false};
  Peer& hub = server.dial(remote);
  CHECK(hub.take().empty());
  const std::string connect = hub.ask(hub_info);
  CHECK(connect.starts_with("CONNECT {"));
  CHECK(count(connect, "\r\n") == 1);
  CHECK(in_order(connect, {"version", "user", "pass", "server_id", "name", "cluster", "headers",
                           "deny_pub", "compress_mode", "remote_account", "protocol"}));
  CHECK(connect.find(R"("user":"user","pass":"password")") != connect.npos);
  CHECK(connect.find(R"("name":"edge","cluster":"edge","headers":true)") != connect.npos);
  CHECK(connect.find("auth_token") == connect.npos);
  CHECK(connect.find("is_hub") == connect.npos);
  CHECK(remote.gossip_ == std::vector<std::string>{"127.0.0.1:7422"});
  CHECK(remote.ups_ == 0);
  CHECK(hub.ask(connect_info) == "LS+ " + server.lds(hub) + "\r\nLS+ a\r\n");
  CHECK(remote.ups_ == 1);
  // Later INFOs are gossip.
  hub.send("INFO {\"leafnode_urls\":[\"a:1\",\"b:2\"]}\r\n");
  CHECK(remote.gossip_ == std::vector<std::string>{"a:1", "b:2"});
  hub.leave();
  REQUIRE(remote.downs_.size() == 1);
  CHECK((remote.downs_[0].cause == LinkReason::closed_by_peer));
  CHECK(server.last_reason(EventKind::leaf_lost).has_value());
}

// A token is sent both as user and as token; a hub that needs no answer gets interest at once.
TEST_CASE("broker: tokens, and old hubs", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = world.remote();
  remote.user_ = {"t0ken", "", true};
  Peer& hub = server.dial(remote);
  const std::string answer =
      hub.ask("INFO {\"client_id\":1,\"leafnode_urls\":[\"a:1\"]}\r\n");
  CHECK(answer.find(R"("user":"t0ken","auth_token":"t0ken")") != answer.npos);
  CHECK(answer.ends_with("\r\nLS+ " + server.lds(hub) + "\r\n"));
  CHECK(remote.ups_ == 1);
}

// A client port names no leafnode_urls, and a hub that wants TLS cannot be served.
TEST_CASE("broker: hubs that are none", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  const auto reason = [&](std::string_view line) {
    FakeRemote& remote = world.remote();
    Peer& hub = server.dial(remote);
    CHECK(hub.ask(line).find("CONNECT") == std::string::npos);
    CHECK(hub.closed());
    REQUIRE(remote.downs_.size() == 1);
    CHECK(remote.ups_ == 0);
    return remote.downs_[0].reason;
  };
  CHECK(reason("INFO {\"client_id\":1}\r\n") == CloseReason::wrong_port);
  CHECK(reason("INFO {\"leafnode_urls\":[\"a:1\"]}\r\n") == CloseReason::wrong_port);
  CHECK(reason("INFO {\"client_id\":1,\"leafnode_urls\":[\"a:1\"],\"tls_required\":true}\r\n") ==
        CloseReason::tls_handshake_error);
  CHECK(reason("INFO {bad\r\n") == CloseReason::protocol_violation);
  CHECK(reason("HTTP/1.1 400 Bad Request\r\n") == CloseReason::protocol_violation);
}

// Neither INFO nor the answer to CONNECT may be waited for endlessly.
TEST_CASE("broker: hubs that say nothing", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = world.remote();
  remote.options_.first_info_timeout = 700ms;
  Peer& silent = server.dial(remote);
  world.advance(699ms);
  CHECK_FALSE(silent.closed());
  world.advance(1ms);
  CHECK(silent.closed());
  CHECK(remote.downs_.size() == 1);

  Peer& half = server.dial(remote);
  half.send(hub_info);
  half.take();
  world.advance(1999ms);
  CHECK_FALSE(half.closed());
  world.advance(1ms);
  CHECK(half.take() == error("Stale Leaf Node Connection - Closing"));
  CHECK(half.closed());
}

// Both ends together, over two servers of ours.
TEST_CASE("broker: two servers link", "[broker][leaf]") {
  World world;
  Options options;
  options.server_name = "edge";
  options.leaf.remotes.emplace_back();
  TestServer& hub = world.server();
  TestServer& spoke = world.server(options);
  Peer& on_hub = hub.login();
  Peer& on_spoke = spoke.login();
  on_hub.send("SUB from.spoke 1\r\n");
  on_spoke.send("SUB from.hub 1\r\n");
  LeafLink& link = world.link(hub, spoke);
  CHECK(link.remote.ups_ == 1);
  on_hub.send("PUB from.hub r 2\r\nhi\r\n");
  CHECK(on_spoke.take() == "MSG from.hub 1 r 2\r\nhi\r\n");
  on_spoke.send("PUB from.spoke 2\r\nho\r\n");
  CHECK(on_hub.take() == "MSG from.spoke 1 2\r\nho\r\n");
  CHECK(hub.happenings().back().name == "edge");
  link.spoke_end.leave();
  CHECK(hub.last_reason(EventKind::leaf_lost).has_value());
  CHECK(hub.shard().statistics().subscriptions == 1);
  CHECK(hub.context().leaf_connections.load() == 0);
  CHECK(spoke.context().leaf_connections.load() == 0);
}
