// SPDX-License-Identifier: Apache-2.0
//
// Sessions over WebSocket, without sockets: the upgrade becomes a client or a leaf, wherever its
// bytes are cut; who never finishes it is closed in time; leafs join through frames from both
// sides; and every way a link can be greeted wrongly leaves nothing behind.
#include "support/catch.hpp"
#include "unit/broker/broker_world.hpp"
#include "unit/wire/websocket_text.hpp"
#include "wire/websocket_filter.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;
using wire::test::close_payload;
using wire::test::CountingEntropy;
using wire::test::frame;

namespace {

Options with_websocket() {
  Options options;
  options.leaf.listen = "127.0.0.1:0";
  options.websocket.emplace();
  options.websocket->listen = "127.0.0.1:0";
  options.websocket->no_tls = true;
  options.websocket->compression = true;
  return options;
}

std::string request(std::string_view target, std::string_view fields = "") {
  wire::WebSocketRequest asked{"h", std::string(target), false, false};
  std::string text = wire::format_upgrade_request(asked, "AQIDBAUGBwgJCgsMDQ4PEA==");
  return text.insert(text.size() - 2, fields);
}

/// What the frames hold that a server sent, behind its answer.
std::string payloads(std::string_view bytes) {
  if (bytes.starts_with("HTTP/")) bytes.remove_prefix(bytes.find("\r\n\r\n") + 4);
  std::string plain;
  wire::WebSocketFrameReader reader(wire::WebSocketFrameReader::Masking::forbidden, true);
  wire::WebSocketFrame header;
  while (reader.take(bytes, header) == wire::WebSocketFrameReader::Step::header) {
    const std::string_view payload = bytes.substr(0, header.payload_bytes);
    if (!wire::is_control(header.opcode)) plain += payload;
    bytes.remove_prefix(payload.size());
  }
  return plain;
}

std::string masked(std::string_view operations) { return frame(0x82, operations, true); }

/// A connection that has been upgraded, its greeting taken.
Peer& upgraded(TestServer& server, std::string_view target) {
  Peer& peer = server.websocket();
  CHECK(peer.ask(request(target)).starts_with("HTTP/1.1 101 "));
  return peer;
}

}  // namespace

TEST_CASE("An upgrade becomes a client, wherever its bytes are cut") {
  const std::string asked = request("/");
  for (std::size_t cut = 0; cut < asked.size(); ++cut) {
    World world;
    TestServer& server = world.server(with_websocket());
    Peer& peer = server.websocket();
    peer.send(std::string_view(asked).substr(0, cut));
    CHECK(peer.take().empty());
    const std::string greeting = peer.ask(std::string_view(asked).substr(cut));
    CHECK(greeting.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    REQUIRE(payloads(greeting).starts_with("INFO {"));
    CHECK(payloads(greeting).find("\"port\":8080") != std::string::npos);
    const std::string answer = peer.ask(masked("CONNECT {\"verbose\":false}\r\nPING\r\n"));
    CHECK(answer == frame(0x82, "PONG\r\n", false));
  }
}

TEST_CASE("Clients over WebSocket and plain ones are clients of one server") {
  World world;
  TestServer& server = world.server(with_websocket());
  Peer& web = upgraded(server, "/");
  Peer& plain = server.login();
  web.send(masked("CONNECT {\"verbose\":false}\r\nSUB a 1\r\n"));
  plain.send("SUB b 2\r\nPUB a 2\r\nhi\r\n");
  CHECK(payloads(web.take()) == "MSG a 1 2\r\nhi\r\n");
  web.send(masked("PUB b 2\r\nho\r\n"));
  CHECK(plain.take() == "MSG b 2 2\r\nho\r\n");
  web.leave();
  CHECK(web.closed());
  plain.send("PUB a 2\r\nhi\r\n");
  CHECK(server.context().client_connections.load() == 1);
}

TEST_CASE("A body of some size arrives whole through frames and a peer that takes bytes slowly") {
  World world;
  TestServer& server = world.server(with_websocket());
  Peer& web = upgraded(server, "/");
  Peer& plain = server.login();
  web.send(masked("CONNECT {\"verbose\":false}\r\nSUB a 1\r\n"));
  web.block();
  const std::string publication = test::publication("a", 300'000);
  plain.send(publication);
  std::string bytes;
  for (int i = 0; i < 400 && payloads(bytes).size() < 300'000; ++i) {
    web.accept(1000);
    bytes += web.take();
  }
  CHECK(payloads(bytes).size() > 300'000);
  CHECK(payloads(bytes).find(body_of(300'000)) != std::string::npos);
}

TEST_CASE("An upgrade to the path of leafs becomes a leaf link") {
  World world;
  TestServer& server = world.server(with_websocket());
  Peer& client = server.login();
  client.send("SUB a 1\r\n");
  Peer& leaf = server.websocket();
  const std::string greeting = payloads(leaf.ask(request("/x/leafnode")));
  CHECK(greeting.find("leafnode_urls") != std::string::npos);
  const std::string joined = payloads(leaf.ask(masked("CONNECT {\"name\":\"l\"}\r\n")));
  CHECK(joined.find("LS+ a\r\n") != std::string::npos);
  leaf.send(masked("LMSG a 2\r\nhi\r\n"));
  CHECK(client.take() == "MSG a 1 2\r\nhi\r\n");
}

TEST_CASE("A refused upgrade is answered in HTTP and closed; nothing of it stays") {
  World world;
  TestServer& server = world.server(with_websocket());
  for (const std::string& wrong :
       {std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), std::string("CONNECT {}\r\n"),
        std::string("GET /mqtt HTTP/1.1\r\n\r\n"),
        "GET / HTTP/1.1\r\nA: " + std::string(30000, 'x')}) {
    Peer& peer = server.websocket();
    const std::string answer = peer.ask(wrong);
    CHECK(answer.starts_with("HTTP/1.1 4"));
    CHECK(peer.closed());
  }
  Peer& hasty = server.websocket();
  CHECK(hasty.ask(request("/") + masked("CONNECT {}\r\nPING\r\n")).empty());
  CHECK(hasty.closed());
  CHECK(server.context().client_connections.load() == 0);
  CHECK(server.context().leaf_connections.load() == 0);
}

TEST_CASE("CVE-2026-58210: an upgrade that is not finished is closed in time") {
  World world;
  Options options = with_websocket();
  options.websocket->handshake_timeout = 500ms;
  TestServer& server = world.server(options);
  std::vector<Peer*> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(&server.websocket());
    peers.back()->send("GET / HTTP/1.1\r\nA: " + std::string(16'000, 'x'));
  }
  world.advance(499ms);
  CHECK_FALSE(peers.front()->closed());
  world.advance(2ms);
  for (Peer* peer : peers) {
    CHECK(peer->closed());
    CHECK(peer->take().empty());
  }
}

TEST_CASE("A session that ends says so in a close frame with its code") {
  World world;
  Options options = with_websocket();
  options.authorization.token = "t";
  options.authorization.timeout = 1s;
  TestServer& server = world.server(options);
  const auto end = [](Peer& peer) {
    const std::string bytes = peer.take();
    CHECK(peer.closed());
    REQUIRE(bytes.size() >= 4);
    const std::string_view last = std::string_view(bytes).substr(bytes.rfind('\x88'));
    return static_cast<unsigned char>(last[2]) * 256 + static_cast<unsigned char>(last[3]);
  };
  Peer& stranger = upgraded(server, "/");
  stranger.send(masked("PING\r\n"));
  CHECK(end(stranger) == 1008);
  Peer& late = upgraded(server, "/");
  world.advance(2s);
  CHECK(end(late) == 1008);
  Peer& unmasked = upgraded(server, "/");
  unmasked.send(frame(0x82, "PING\r\n", false));
  CHECK(end(unmasked) == 1002);
  Peer& long_payload = upgraded(server, "/");
  long_payload.send(masked("CONNECT {\"auth_token\":\"t\"}\r\nPUB a 99999999\r\n"));
  CHECK(end(long_payload) == 1009);
  Peer& polite = upgraded(server, "/");
  polite.send(frame(0x88, close_payload(3000), true));
  CHECK(end(polite) == 3000);
}

TEST_CASE("CVE-2026-58250: before login a leaf over WebSocket can do nothing, in any order") {
  const std::string_view words[] = {"INFO {}\r\n", "LS+ a\r\n", "LS- a\r\n", "LMSG a 2\r\nhi\r\n",
                                    "PING\r\n", "PONG\r\n", "+OK\r\n", "-ERR 'Loop Detected'\r\n"};
  World world;
  Options options = with_websocket();
  options.leaf.authorization.username = "u";
  options.leaf.authorization.password = "p";
  TestServer& server = world.server(options);
  for (const std::string_view first : words) {
    for (const std::string_view second : words) {
      Peer& leaf = upgraded(server, "/leafnode");
      leaf.send(masked(std::string(first).append(second)));
      CAPTURE(first, second);
      CHECK(leaf.closed());
    }
  }
  CHECK(server.context().leaf_connections.load() == 0);
}

TEST_CASE("Cookies stand in for what CONNECT does not say") {
  World world;
  Options options = with_websocket();
  options.authorization.username = "u";
  options.authorization.password = "p";
  options.websocket->user_cookie = "cu";
  options.websocket->pass_cookie = "cp";
  TestServer& server = world.server(options);
  const auto log_in = [&](std::string_view cookies, std::string_view connect) {
    Peer& peer = server.websocket();
    peer.ask(request("/", "Cookie: " + std::string(cookies) + "\r\n"));
    peer.send(masked(std::string("CONNECT ").append(connect).append("\r\nPING\r\n")));
    return payloads(peer.take()).find("PONG") != std::string::npos;
  };
  CHECK(log_in("cu=u; cp=p", "{\"verbose\":false}"));
  CHECK(log_in("cp=p", "{\"user\":\"u\"}"));
  CHECK_FALSE(log_in("cu=u; cp=p", "{\"user\":\"other\"}"));
  CHECK_FALSE(log_in("cu=u", "{\"verbose\":false}"));
}

TEST_CASE("A remote over WebSocket asks, joins through masked frames, and heeds ws gossip only") {
  World world;
  TestServer& spoke = world.server();
  FakeRemote& remote = world.remote();
  CountingEntropy entropy;
  remote.filters_.push_back(std::make_unique<wire::WebSocketFilter>(
      wire::WebSocketRequest{"hub:80", "/leafnode", false, false}, 1024, entropy));
  Peer& hub = spoke.dial(remote);
  const std::string asked = hub.take();
  CHECK(asked.starts_with("GET /leafnode HTTP/1.1\r\nHost: hub:80\r\n"));
  wire::HttpHead head(wire::HttpHead::Kind::request);
  std::string_view in(asked);
  REQUIRE(head.take(in) == wire::HttpHead::State::complete);
  CHECK(in.empty());  // nothing may follow the request

  const std::string info =
      "INFO {\"client_id\":7,\"leafnode_urls\":[\"h:1\"],\"ws_connect_urls\":[\"h:2\"],"
      "\"info_on_connect\":true,\"tls_required\":true,\"max_payload\":1048576}\r\n";
  wire::UpgradePolicy policy;
  policy.takes_leafs = true;
  hub.send(wire::answer_upgrade(head, policy).bytes + frame(0x82, info, false));
  CHECK(remote.gossip_ == std::vector<std::string>{"h:2"});
  const std::string connect = hub.take();
  REQUIRE(connect.size() > 8);
  CHECK(static_cast<unsigned char>(connect[1]) >= 0x80);  // masked
  hub.send(frame(0x82, "INFO {\"client_id\":7,\"connect_info\":true}\r\n", false));
  CHECK(remote.ups_ == 1);
}

TEST_CASE("A hub that does not agree to WebSocket in time, or at all, is given up") {
  World world;
  TestServer& spoke = world.server();
  for (const bool answers : {false, true}) {
    RemoteLeafOpts options;
    options.first_info_timeout = 700ms;
    FakeRemote& remote = world.remote(options);
    CountingEntropy entropy;
    remote.filters_.push_back(std::make_unique<wire::WebSocketFilter>(
        wire::WebSocketRequest{"hub:80", "/leafnode", false, false}, 1024, entropy));
    Peer& hub = spoke.dial(remote);
    if (answers) {
      hub.send("HTTP/1.1 404 Not Found\r\n\r\n");
    } else {
      world.advance(701ms);
    }
    CHECK(hub.closed());
    CHECK(remote.downs_.size() == 1);
  }
}
