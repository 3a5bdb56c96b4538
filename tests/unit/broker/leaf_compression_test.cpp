// SPDX-License-Identifier: Apache-2.0
//
// How a leaf link becomes compressed: the exact bytes at which each side switches, what strangers
// may try meanwhile, and links of two servers in all modes.

#include "broker_world.hpp"

#include "base/limits.hpp"
#include "broker/leaf_session.hpp"
#include "wire/s2_filter.hpp"
#include "wire/zstd_filter.hpp"

#include "support/catch.hpp"
#include "unit/wire/filter_end.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;
using wire::S2Level;
using wire::test::encoded;
using wire::test::feed;
using Mode = CompressionMode;

namespace {

constexpr std::string_view s2_info = "INFO {\"compression\":\"s2_fast\"}\r\n";
constexpr std::string_view hub_info =
    R"(INFO {"server_id":"NHUB","server_name":"far","client_id":5,"headers":true,)"
    R"("info_on_connect":true,"nonce":"abc","leafnode_urls":["127.0.0.1:7422"],)";
constexpr std::string_view violation = "-ERR 'Authorization Violation'\r\n";

Options with(Mode mode) {
  Options options;
  options.leaf.compression.mode = mode;
  return options;
}

/// A hub's INFO that names `compression`.
std::string hub_says(std::string_view compression) {
  return std::string(hub_info) + "\"compression\":\"" + std::string(compression) + "\"}\r\n";
}

/// The far side of a compressed link.
struct Compressed {
  explicit Compressed(Peer& peer_) : peer(peer_) {}
  std::string take() { return feed(filter, peer.take()); }
  std::string ask(std::string_view plain) {
    peer.send(encoded(filter, plain));
    return take();
  }

  Peer& peer;
  wire::S2Filter filter{S2Level::fast};
};

/// A leaf that has negotiated S2 with `server` and has not yet sent CONNECT.
Compressed negotiated(TestServer& server) {
  Peer& leaf = server.leaf();
  leaf.take();
  leaf.send(s2_info);
  return Compressed(leaf);
}

std::string_view compression_of(const Peer& end) {
  return static_cast<const LeafSession&>(end.session()).compression();
}

}  // namespace

// nats-server 2.10 to 2.15: the answer to the remote's INFO is the first that is compressed, and
// has what a remote before 2.14 looks for only then.
TEST_CASE("broker: a hub switches behind the remote's INFO", "[broker][leaf][compression]") {
  World world;
  TestServer& server = world.server();
  server.login().send("SUB a 1\r\n");
  Peer& leaf = server.leaf();
  const std::string first = leaf.take();
  CHECK(first.find("\"compression\":\"s2_auto\"") != first.npos);
  CHECK(first.find("zstd") == first.npos);
  leaf.send(s2_info);
  Compressed link(leaf);
  const std::string again = link.take();
  CHECK(again.starts_with("INFO {"));
  const std::size_t nonce = first.find("\"nonce\":");
  CHECK(again.find(first.substr(nonce, 26)) != again.npos);
  CHECK(again.find("\"client_id\":") != again.npos);
  CHECK(again.find("\"leafnode_urls\":[") != again.npos);
  CHECK(again.find("\"compression\":\"s2_auto\"") != again.npos);
  const std::string answer = link.ask("CONNECT {\"name\":\"edge\"}\r\n");
  CHECK(answer.find("\"connect_info\":true") != answer.npos);
  CHECK(answer.find("compression") == answer.npos);
  CHECK(answer.ends_with("LS+ " + server.lds(leaf) + "\r\nLS+ a\r\n"));
  link.ask("LS+ b\r\n");
  server.login().send("PUB b 2\r\nhi\r\n");
  CHECK(link.take() == "LMSG b 2\r\nhi\r\n");
}

// What a peer sent in the same segment, or byte by byte, means the same.
TEST_CASE("broker: compressed bytes behind the switching INFO", "[broker][leaf][compression]") {
  wire::S2Filter writer(S2Level::fast);
  const std::string connect = encoded(writer, "CONNECT {}\r\n");
  const std::string stream = std::string(s2_info) + connect + encoded(writer, "LS+ b\r\nPING\r\n");
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, s2_info.size() - 1, s2_info.size() + 1, stream.size()}) {
    CAPTURE(piece);
    World world;
    TestServer& server = world.server();
    Peer& leaf = server.leaf();
    leaf.take();
    for (std::size_t at = 0; at < stream.size(); at += piece) leaf.send(stream.substr(at, piece));
    wire::S2Filter reader(S2Level::fast);
    const std::string told = feed(reader, leaf.take());
    CHECK(told.find("connect_info") != told.npos);
    CHECK(told.ends_with("PONG\r\n"));
    CHECK(server.shard().statistics().subscriptions == 1);
  }
}

TEST_CASE("broker: a remote says its INFO plain and reads on compressed",
          "[broker][leaf][compression]") {
  World world;
  TestServer& server = world.server();
  server.login().send("SUB a 1\r\n");
  FakeRemote& remote = world.remote();
  Peer& hub = server.dial(remote);
  const std::string ours = hub.ask(hub_says("s2_better"));
  CHECK(ours.starts_with("INFO {"));
  CHECK(ours.find("\r\n") == ours.size() - 2);  // alone: nats-server reads up to here plain
  CHECK(ours.find("\"compression\":\"s2_auto\"") != ours.npos);
  CHECK(remote.gossip_.empty());
  Compressed link(hub);
  const std::string connect =
      link.ask(std::string(hub_info) + "\"compression\":\"s2_better\"}\r\n");
  CHECK(connect.starts_with("CONNECT {"));
  CHECK(connect.find("\"compress_mode\":\"s2_uncompressed\"") != connect.npos);
  CHECK(remote.gossip_.size() == 1);
  CHECK(link.ask("INFO {\"connect_info\":true}\r\n") ==
        "LS+ " + server.lds(hub) + "\r\nLS+ a\r\n");
  CHECK(remote.ups_ == 1);
  // A hub's interest may be one block of a megabyte.
  std::string interest;
  for (int i = 0; i < 60'000; ++i)
    interest += "LS+ subject.of.the.hub." + std::to_string(i) + "\r\n";
  link.ask(interest);
  CHECK(server.shard().statistics().subscriptions == 60'001);
}

// The wrong-port test comes with the INFO that leads to CONNECT too.
TEST_CASE("broker: a hub's compressed INFO must be a hub's", "[broker][leaf][compression]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = world.remote();
  Peer& hub = server.dial(remote);
  hub.ask(hub_says("s2_fast"));
  Compressed link(hub);
  CHECK(link.ask("INFO {\"client_id\":1}\r\n").empty());
  REQUIRE(remote.downs_.size() == 1);
  CHECK(remote.downs_[0].reason == CloseReason::wrong_port);
}

// Both INFOs must come within first_info_timeout.
TEST_CASE("broker: a hub that does not confirm compression", "[broker][leaf][compression]") {
  World world;
  TestServer& server = world.server();
  FakeRemote& remote = world.remote();
  remote.options_.first_info_timeout = 700ms;
  Peer& hub = server.dial(remote);
  world.advance(600ms);
  hub.send(hub_says("s2_fast"));
  world.advance(99ms);
  CHECK_FALSE(hub.closed());
  world.advance(1ms);
  CHECK(hub.closed());
}

TEST_CASE("broker: modes that do not exist are refused", "[broker][leaf][compression]") {
  const std::string error = "-ERR 'unsupported route compression mode \"gzip\"'\r\n";
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.leaf();
  leaf.take();
  CHECK(leaf.ask("INFO {\"compression\":\"gzip\"}\r\n") == error);
  CHECK(leaf.closed());
  FakeRemote& remote = world.remote();
  Peer& hub = server.dial(remote);
  CHECK(hub.ask(hub_says("gzip")) == error);
  CHECK(hub.closed());
}

TEST_CASE("broker: without agreement the link stays plain", "[broker][leaf][compression]") {
  SECTION("a hub takes an INFO that says so, and then CONNECT") {
    World world;
    TestServer& server = world.server();
    for (const char* mode : {"off", "not supported", ""}) {
      Peer& leaf = server.leaf();
      leaf.take();
      CHECK(leaf.ask("INFO {\"compression\":\"" + std::string(mode) + "\"}\r\n").empty());
      CHECK(leaf.ask("CONNECT {}\r\n").starts_with("INFO {"));
    }
  }
  SECTION("a hub that does not negotiate takes no INFO") {
    for (const Mode mode : {Mode::off, Mode::not_supported}) {
      World world;
      TestServer& server = world.server(with(mode));
      Peer& leaf = server.leaf();
      const std::string info = leaf.take();
      CHECK((info.find("\"compression\":\"off\"") != info.npos) == (mode == Mode::off));
      CHECK(leaf.ask(s2_info) == violation);
      CHECK(leaf.closed());
    }
  }
  SECTION("a remote goes straight to CONNECT") {
    for (const auto& [own, theirs, told] : {std::tuple{Mode::s2_auto, "off", "off"},
                                            {Mode::s2_auto, "", "not supported"},
                                            {Mode::off, "s2_auto", "off"},
                                            {Mode::not_supported, "s2_auto", "not supported"},
                                            {Mode::accept, "accept", "off"}}) {
      World world;
      TestServer& server = world.server();
      RemoteLeafOpts options;
      options.compression.mode = own;
      Peer& hub = server.dial(world.remote(options));
      const std::string connect = hub.ask(hub_says(theirs));
      CHECK(connect.starts_with("CONNECT {"));
      CHECK(connect.find("\"compress_mode\":\"" + std::string(told) + "\"") != connect.npos);
    }
  }
}

// Two servers of ours, in all pairs of modes; both ends say what they use.
TEST_CASE("broker: links of two servers in all modes", "[broker][leaf][compression]") {
  const std::vector<Mode> modes = {Mode::not_supported, Mode::off,     Mode::accept,
                                   Mode::s2_auto,       Mode::s2_fast, Mode::s2_better,
                                   Mode::s2_best,       Mode::zstd};
  for (const Mode hub_mode : modes) {
    for (const Mode spoke_mode : modes) {
      if (!wire::has_zstd && (hub_mode == Mode::zstd || spoke_mode == Mode::zstd)) continue;
      CAPTURE(to_string(hub_mode), to_string(spoke_mode));
      World world;
      TestServer& hub = world.server(with(hub_mode));
      Options spoke_options;
      spoke_options.server_name = "edge";
      spoke_options.leaf.remotes.emplace_back();
      TestServer& spoke = world.server(spoke_options);
      Peer& on_hub = hub.login();
      Peer& on_spoke = spoke.login();
      on_hub.send("SUB up 1\r\n");
      on_spoke.send("SUB down 1\r\n");
      RemoteLeafOpts remote;
      remote.compression.mode = spoke_mode;
      LeafLink& link = world.link(hub, spoke, remote);
      REQUIRE(link.remote.ups_ == 1);
      for (const std::size_t size : {0, 5, 5000, 200'000}) {
        on_hub.send(publication("down", size));
        CHECK(on_spoke.take().ends_with(body_of(size) + "\r\n"));
        on_spoke.send(publication("up", size));
        CHECK(on_hub.take().ends_with(body_of(size) + "\r\n"));
      }
      const bool zstd = compression_of(link.hub_end) == "zstd";
      CHECK(zstd == (compression_of(link.spoke_end) == "zstd"));
      if (hub_mode == Mode::s2_best && spoke_mode == Mode::accept) {
        CHECK(compression_of(link.spoke_end) == "s2_best");
      }
      if (hub_mode == Mode::zstd)
        CHECK(zstd == (spoke_mode == Mode::zstd || spoke_mode == Mode::accept));
    }
  }
}

TEST_CASE("broker: over a far link s2_auto compresses from the start",
          "[broker][leaf][compression]") {
  World world;
  TestServer& server = world.server();
  Peer& leaf = server.leaf();
  leaf.take();
  world.advance(60ms);
  leaf.send(s2_info);
  CHECK(compression_of(leaf) == "s2_better");
}

// A bomb before login may cost no more than a block of what a login needs.
TEST_CASE("broker: what a stranger compresses stays small", "[broker][leaf][compression]") {
  const std::string head("\xff\x06\x00\x00S2sTwO", 10);
  const auto is_cut_off = [&](const std::string& bytes) {
    World world;
    TestServer& server = world.server();
    Compressed link = negotiated(server);
    link.peer.send(head + bytes);
    return link.peer.closed() && server.context().leaf_connections.load() == 0;
  };
  // Declared lengths: of a chunk, of a block; 64 KiB of what may be sent compressed.
  CHECK(is_cut_off(std::string("\x01\xff\xff\xff", 4)));
  CHECK(is_cut_off(std::string("\x00\xff\xff\x0f", 4)));
  CHECK(
      is_cut_off(std::string("\x00\x0b\x00\x00"
                             "abcd\x80\x80\x40\x00"
                             "b\x01\x01",
                             15)));
  CHECK(is_cut_off(std::string("\x42\x00\x00\x00", 4)));
  CHECK(is_cut_off("INFO {}\r\n"));
  wire::S2Filter writer(S2Level::fast);
  const std::string large = encoded(writer, "CONNECT {\"name\":\"" + std::string(100'000, 'x'));
  CHECK(is_cut_off(large.substr(10)));
}

// A block may be larger once the peer has logged in.
TEST_CASE("broker: after login blocks may be large", "[broker][leaf][compression]") {
  World world;
  TestServer& server = world.server();
  Compressed link = negotiated(server);
  link.ask("CONNECT {}\r\n");
  std::string interest;
  for (int i = 0; i < 20'000; ++i) interest += "LS+ subject." + std::to_string(i) + "\r\n";
  link.ask(interest);
  CHECK(server.shard().statistics().subscriptions == 20'000);
}

// ---- Advisories ----

namespace {

/// Every sequence of these lines up to four, as plain or compressed bytes.
const std::vector<std::string>& stranger_lines() {
  static const std::vector<std::string> lines = {
      "INFO {\"compression\":\"s2_fast\"}\r\n",
      "INFO {\"remote_account\":\"$G\",\"connect_info\":true}\r\n",
      "INFO {\"import\":{\"allow\":[\"a\"]},\"export\":{\"deny\":[\"b\"]}}\r\n",
      "CONNECT {\"user\":\"leaf\",\"pass\":\"guess\"}\r\n",
      "LS+ a\r\n",
      "LS- a\r\n",
      "LMSG a 2\r\nhi\r\n",
      "PING\r\n",
      "PONG\r\n",
      "+OK\r\n",
      "-ERR 'Loop detected for leafnode account=\"$G\"'\r\n",
  };
  return lines;
}

template <class Try>
void for_all_sequences(std::size_t longest, Try attempt) {
  const std::size_t kinds = stranger_lines().size();
  for (std::size_t length = 1; length <= longest; ++length) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < length; ++i) count *= kinds;
    for (std::size_t number = 0; number < count; ++number) {
      std::vector<std::size_t> sequence;
      for (std::size_t i = 0, rest = number; i < length; ++i, rest /= kinds) {
        sequence.push_back(rest % kinds);
      }
      attempt(sequence);
    }
  }
}

}  // namespace

// CVE-2026-58250: each handshake message is legal once, in one state. A second INFO reached code
// that took an account for granted.
TEST_CASE("CVE-2026-58250: no sequence of a stranger gets anywhere",
          "[broker][leaf][compression][advisory]") {
  World world;
  Options options;
  options.leaf.authorization.users = {{"leaf", "secret", {}, {}}};
  TestServer& server = world.server(options);
  std::size_t compressed = 0;
  for_all_sequences(4, [&](const std::vector<std::size_t>& sequence) {
    Peer& leaf = server.leaf();
    leaf.take();
    wire::S2Filter filter(S2Level::fast);
    bool negotiated = false;
    for (const std::size_t line : sequence) {
      const std::string& text = stranger_lines()[line];
      leaf.say(negotiated ? encoded(filter, text) : text);
      if (line == 0) negotiated = true;
    }
    world.settle();
    server.worker().work();
    world.settle();
    // What is left is a peer that has said its INFO and not yet anything else.
    const bool waits = sequence.size() == 1 && sequence[0] <= 2;
    if (leaf.closed() == waits) FAIL("sequence begins with " << sequence[0]);
    if (negotiated) ++compressed;
    if (!leaf.closed()) leaf.leave();
  });
  CHECK(compressed > 1000);
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(server.shard().statistics().in_messages == 0);
  CHECK(server.context().leaf_connections.load() == 0);
}

// The same from a hub that a remote of ours has dialled, plain and once both compress.
TEST_CASE("CVE-2026-58250: no sequence of a hub brings a link up out of order",
          "[broker][leaf][compression][advisory]") {
  World world;
  TestServer& server = world.server();
  for (const bool compressed : {false, true}) {
    for_all_sequences(3, [&](const std::vector<std::size_t>& sequence) {
      FakeRemote& remote = world.remote();
      Peer& hub = server.dial(remote);
      wire::S2Filter filter(S2Level::fast);
      if (compressed) hub.say(hub_says("s2_fast"));
      for (const std::size_t line : sequence) {
        const std::string& text = stranger_lines()[line];
        hub.say(compressed ? encoded(filter, text) : text);
      }
      world.settle();
      if (remote.ups_ != 0) FAIL("sequence begins with " << sequence[0]);
      if (!hub.closed()) hub.leave();
    });
  }
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(server.shard().statistics().in_messages == 0);
}

// CVE-2026-29785: interest before CONNECT, while compression was being agreed on.
TEST_CASE("CVE-2026-29785: interest before CONNECT is a violation",
          "[broker][leaf][compression][advisory]") {
  for (const std::string& line :
       {std::string("LS+ a\r\n"), std::string("LS- a\r\n"), std::string("LMSG a 2\r\nhi\r\n"),
        std::string("HMSG a 12 12\r\nNATS/1.0\r\n\r\n\r\n")}) {
    World world;
    TestServer& server = world.server();
    Peer& plain = server.leaf();
    plain.take();
    CHECK(plain.ask("INFO {\"compression\":\"off\"}\r\n" + line) == violation);
    CHECK(plain.closed());
    Compressed link = negotiated(server);
    link.take();
    CHECK(link.ask(line) == violation);
    CHECK(link.peer.closed());
    CHECK(server.shard().statistics().subscriptions == 0);
  }
}

// CVE-2026-33218: an error line for a loop, before there was an account to look up.
TEST_CASE("CVE-2026-33218: error lines of strangers only close",
          "[broker][leaf][compression][advisory]") {
  const std::vector<std::string> errors = {
      "Loop detected for leafnode account=\"$G\". Delaying attempt to reconnect for 30s",
      "Duplicate Remote LeafNode Connection",
      "remote leafnode has same cluster name",
      "connection rejected since minimum version required is \"9.0.0\"",
      "Permissions Violation for Subscription to \"a\"",
      "Authorization Violation",
      std::string(64 * 1024, 'x'),
  };
  for (const std::string& text : errors) {
    const std::string line = "-ERR '" + text + "'\r\n";
    World world;
    TestServer& server = world.server();
    Peer& leaf = server.leaf();
    leaf.take();
    CHECK(leaf.ask(line) == violation);
    CHECK(leaf.closed());
    Compressed link = negotiated(server);
    link.take();
    const std::string answer = link.ask(line);
    CHECK((answer == violation || text.size() > 1000));  // too long a line is too large a block
    CHECK(link.peer.closed());

    FakeRemote& remote = world.remote();
    Peer& first = server.dial(remote);
    first.send(line);
    Peer& second = server.dial(remote);
    second.ask(hub_says("s2_fast"));
    Compressed hub(second);
    hub.ask(line);
    CHECK(remote.ups_ == 0);
    CHECK(server.shard().statistics().subscriptions == 0);
  }
}
