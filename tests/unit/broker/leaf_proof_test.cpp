// SPDX-License-Identifier: Apache-2.0
//
// A remote that has to sign: CONNECT waits for the proof, and only CONNECT.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

constexpr std::string_view hub_info =
    R"(INFO {"server_id":"NHUB","server_name":"far","client_id":5,"headers":true,)"
    R"("info_on_connect":true,"nonce":"abc","leafnode_urls":["127.0.0.1:7422"]})"
    "\r\n";
constexpr std::string_view connect_info =
    R"(INFO {"connect_info":true,"remote_account":"$G"})"
    "\r\n";

FakeRemote& proving_remote(World& world) {
  FakeRemote& remote = world.remote();
  remote.proves_ = true;
  return remote;
}

}  // namespace

// The nonce is the characters as they came; the proof stands in CONNECT as it was given.
TEST_CASE("broker: a spoke signs the nonce", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = proving_remote(world);
  remote.user_ = {"u", "p", false};
  Peer& hub = server.dial(remote);
  CHECK(hub.ask(hub_info).empty());
  REQUIRE(remote.nonces_ == std::vector<std::string>{"abc"});
  CHECK(remote.asked_ == hub.id());
  world.advance(std::chrono::hours(1));  // as long as it takes
  CHECK_FALSE(hub.closed());

  server.turn();  // a reactor opens one before it runs what was posted
  server.shard().finish_proof(remote.asked_, LeafProof{"a.b.c", "", "sig"});
  server.turn();
  const std::string connect = hub.take();
  CHECK(connect.starts_with("CONNECT {"));
  CHECK(connect.find(R"("jwt":"a.b.c")") != connect.npos);
  CHECK(connect.find(R"("sig":"sig")") != connect.npos);
  CHECK(connect.find(R"("nkey")") == connect.npos);
  CHECK(connect.find(R"("user":"u","pass":"p")") != connect.npos);  // for an auth callout
  hub.ask(connect_info);
  CHECK(remote.ups_ == 1);
}

TEST_CASE("broker: a spoke with a bare nkey", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = proving_remote(world);
  Peer& hub = server.dial(remote);
  hub.ask(hub_info);
  server.shard().finish_proof(remote.asked_, LeafProof{"", "UABC", "sig"});
  server.turn();
  const std::string connect = hub.take();
  CHECK(connect.find(R"("nkey":"UABC")") != connect.npos);
  CHECK(connect.find(R"("jwt")") == connect.npos);
}

// No signature ends the attempt, with the words of whoever could not sign.
TEST_CASE("broker: a spoke that cannot sign", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = proving_remote(world);
  Peer& hub = server.dial(remote);
  hub.ask(hub_info);
  server.shard().finish_proof(remote.asked_, Error{Errc::io_error, "the token is not plugged in"});
  server.turn();
  CHECK(hub.closed());
  CHECK(hub.take().empty());
  REQUIRE(remote.downs_.size() == 1);
  CHECK(remote.downs_[0].cause == LinkReason::no_signature);
  const auto told = server.last_reason(EventKind::leaf_refused);
  REQUIRE(told.has_value());
  CHECK(told->find("the token is not plugged in") != told->npos);
}

// What the hub says meanwhile is heard: its patience is shorter than a person at a keypad.
TEST_CASE("broker: a hub that does not wait for the signature", "[broker][leaf]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = proving_remote(world);
  Peer& hub = server.dial(remote);
  hub.ask(hub_info);
  hub.ask("-ERR 'Authentication Timeout'\r\n");
  hub.leave();
  server.turn();
  REQUIRE(remote.downs_.size() == 1);
  CHECK(remote.downs_[0].cause == LinkReason::authentication_timeout);
  // The signature comes to nobody.
  server.shard().finish_proof(remote.asked_, LeafProof{"a.b.c", "", "sig"});
  server.turn();
  CHECK(hub.take().empty());
}

// Before the link is up interest and messages are as wrong as before CONNECT.
TEST_CASE("broker: a hub that sends interest while a spoke signs", "[broker][leaf]") {
  for (const char* line : {"LS+ a\r\n", "LMSG a 0\r\n\r\n"}) {
    World world;
    TestServer& server = world.server();
    FakeRemote& remote = proving_remote(world);
    Peer& hub = server.dial(remote);
    hub.ask(hub_info);
    hub.ask(line);
    CHECK(hub.closed());
  }
}
