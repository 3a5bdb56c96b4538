// SPDX-License-Identifier: Apache-2.0
//
// The WebSocket layer in both roles: bytes pass whole wherever they are cut, control frames are
// answered, broken rules end the stream with the right code, and memory does not grow with what a
// peer sends.
#include "support/catch.hpp"
#include "unit/wire/filter_end.hpp"
#include "unit/wire/websocket_text.hpp"
#include "wire/websocket_filter.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

using State = StreamFilter::State;

constexpr std::string_view client_key = "AQIDBAUGBwgJCgsMDQ4PEA==";  // of a CountingEntropy

/// A listener's policy that offers everything.
UpgradePolicy policy_of(bool compression, std::size_t max_payload = 1024 * 1024) {
  UpgradePolicy policy;
  policy.takes_leafs = true;
  policy.compression = compression;
  policy.max_payload = max_payload;
  return policy;
}

/// An accepting side that is open, and its answer was taken.
struct Server : WebSocketFilter {
  explicit Server(bool compression = false, bool no_masking = false,
                  std::size_t max_payload = 1024 * 1024, std::string_view fields = "")
      : Server(policy_of(compression, max_payload), no_masking, fields) {}

  Server(const UpgradePolicy& policy, bool no_masking, std::string_view fields)
      : WebSocketFilter(policy) {
    WebSocketRequest request{"h", "/", policy.compression, no_masking};
    std::string text = format_upgrade_request(request, client_key);
    text.insert(text.size() - 2, fields);
    feed(*this, text);
    REQUIRE(state() == State::open);
    REQUIRE(flushed(*this).starts_with("HTTP/1.1 101 "));
  }
};

/// A dialling side that is open, its request answered by our own accepting side.
std::unique_ptr<WebSocketFilter> open_client(base::Entropy& entropy, bool compression,
                                             bool no_masking) {
  auto client = std::make_unique<WebSocketFilter>(
      WebSocketRequest{"h", "/leafnode", compression, no_masking}, 1024 * 1024, entropy);
  const UpgradePolicy policy = policy_of(true);
  WebSocketFilter hub(policy);
  feed(hub, flushed(*client));
  feed(*client, flushed(hub));
  REQUIRE(client->state() == State::open);
  return client;
}

std::string operations(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) {
    text += "PUB a." + std::to_string(i) + " 4\r\nbody\r\n";
  }
  text.resize(bytes);
  return text;
}

/// `plain` as one compressed message in masked frames of `step` bytes.
std::string compressed_message(std::string_view plain, std::size_t step) {
  std::string deflated;
  REQUIRE(deflate_message(plain, deflated));
  std::string bytes;
  std::string_view rest(deflated);
  for (unsigned first = 0x42; !rest.empty(); first = 0) {
    const std::string_view piece = rest.substr(0, step);
    rest.remove_prefix(piece.size());
    bytes += frame(first | (rest.empty() ? 0x80U : 0U), piece, true);
  }
  return bytes;
}

/// Code and text of the close frame that ends `bytes`; the role that wrote it does not mask.
std::string close_text(std::string_view bytes) {
  REQUIRE(bytes.size() >= 4);
  REQUIRE(static_cast<unsigned char>(bytes[0]) == 0x88);
  return std::to_string(static_cast<unsigned char>(bytes[2]) * 256 +
                        static_cast<unsigned char>(bytes[3])) +
         " " + std::string(bytes.substr(4));
}

}  // namespace

TEST_CASE("Payloads come out whole wherever the frames are cut") {
  const std::string stream = frame(0x82, "CONNECT {}\r\n", true) + frame(0x01, "PI", true) +
                             frame(0x89, "ping", true) + frame(0x00, "", true) +
                             frame(0x80, "NG\r\n", true) + frame(0x8a, "", true) +
                             frame(0x82, operations(300), true) +
                             compressed_message(operations(5000), 100) +
                             compressed_message(operations(200), 1000);
  const std::string expected = "CONNECT {}\r\nPING\r\n" + operations(300) + operations(5000) +
                               operations(200);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Server filter(true);
    const std::string first = feed(filter, std::string_view(stream).substr(0, cut));
    const std::string second = feed(filter, std::string_view(stream).substr(cut));
    if (first + second != expected) FAIL("cut at " << cut);
    REQUIRE(flushed(filter) == frame(0x8a, "ping", false));
  }
  for (const std::size_t in_step : {1U, 2U, 3U, 17U, 4096U}) {
    for (const std::size_t out_step : {1U, 5U, 64U, 65536U}) {
      CAPTURE(in_step, out_step);
      Server filter(true);
      CHECK(feed(filter, stream, in_step, out_step) == expected);
      CHECK(filter.state() == State::open);
    }
  }
}

TEST_CASE("Both roles understand each other, with and without compression and masks") {
  for (const bool compression : {false, true}) {
    for (const bool no_masking : {false, true}) {
      CAPTURE(compression, no_masking);
      CountingEntropy entropy;
      const auto client = open_client(entropy, compression, no_masking);
      CHECK(client->compression() == compression);
      CHECK(client->masks() == !no_masking);
      Server hub(compression, no_masking);
      for (const std::size_t bytes : {1U, 64U, 65U, 125U, 126U, 4000U, 32768U, 100000U}) {
        const std::string plain = operations(bytes);
        const std::string up = encoded(*client, plain);
        const std::string down = encoded(hub, plain);
        CHECK(feed(hub, up, 1000) == plain);
        CHECK(feed(*client, down, 1000) == plain);
        CHECK((static_cast<unsigned char>(up[1]) & 0x80) == (no_masking ? 0 : 0x80));
        CHECK((static_cast<unsigned char>(down[1]) & 0x80) == 0);
        // Up to 64 bytes are never compressed.
        const bool deflated = (static_cast<unsigned char>(down[0]) & 0x40) != 0;
        CHECK(deflated == (compression && bytes > 64));
        if (compression && bytes > 1000) CHECK(down.size() < bytes / 2);
      }
      CHECK_FALSE(hub.has_output());
    }
  }
}

TEST_CASE("A batch is one frame, whatever the pieces it was made of") {
  Server filter;
  StringSink sink;
  filter.encode("PING", sink);
  filter.encode("\r\n", sink);
  CHECK(sink.text.empty());
  CHECK(filter.has_output());
  filter.flush(sink);
  CHECK(sink.text == frame(0x82, "PING\r\n", false));
  CHECK_FALSE(filter.has_output());
}

TEST_CASE("Frames for browsers are small; compressed ones are fragmented where that is read") {
  const std::string_view browser = "User-Agent: Mozilla/5.0\r\n";
  Server plain(false, false, 1024, browser);
  const std::string bytes = encoded(plain, operations(10000));
  CHECK(bytes == frame(0x82, operations(10000).substr(0, 4096), false) +
                     frame(0x82, operations(10000).substr(4096, 4096), false) +
                     frame(0x82, operations(10000).substr(8192), false));
}

TEST_CASE("Pings are answered in order, but never by a heap of pongs") {
  Server filter;
  feed(filter, frame(0x89, "a", true) + frame(0x89, "", true) + frame(0x8a, "x", true));
  CHECK(flushed(filter) == frame(0x8a, "a", false) + frame(0x8a, "", false));
  for (int i = 0; i < 10000; ++i) feed(filter, frame(0x89, std::string(125, 'p'), true));
  feed(filter, frame(0x89, "last", true));
  const std::string pongs = flushed(filter);
  CHECK(pongs.size() <= limits::websocket_pongs_bytes_max);
  CHECK(pongs.ends_with(frame(0x8a, "last", false)));
}

TEST_CASE("A close frame is answered with its own code and ends the stream") {
  const auto answer = [](std::string_view payload) {
    Server filter;
    CHECK(feed(filter, frame(0x82, "PING\r\n", true) + frame(0x88, payload, true) + "more") ==
          "PING\r\n");
    CHECK(filter.state() == State::ended);
    const std::string bytes = flushed(filter);
    // Only one close frame is ever sent.
    StringSink sink;
    filter.close(StreamEnd::normal, sink);
    CHECK(sink.text.empty());
    return bytes;
  };
  CHECK(answer("") == frame(0x88, "", false));
  CHECK(answer(close_payload(1000)) == frame(0x88, close_payload(1000), false));
  CHECK(answer(close_payload(3000, "bye")) == frame(0x88, close_payload(3000, "bye"), false));
  CHECK(close_text(answer(close_payload(1000, "\xff"))) ==
        "1007 invalid utf8 body in close frame");
}

TEST_CASE("Close payloads of one byte and reserved codes are protocol errors") {
  const auto answer = [](std::string_view payload) {
    Server filter;
    feed(filter, frame(0x88, payload, true));
    CHECK(filter.state() == State::failed);
    return close_text(flushed(filter));
  };
  CHECK(answer("x") == "1002 close frame payload cannot be 1 byte");
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U}) {
    CHECK(answer(close_payload(code)) ==
          "1002 invalid close status code " + std::to_string(code));
  }
}

TEST_CASE("A broken rule ends the stream with 1002 and its name, for good") {
  Server filter;
  CHECK(feed(filter, frame(0x82, "PING\r\n", true) + frame(0x82, "x", false) +
                         frame(0x82, "PING\r\n", true)) == "PING\r\n");
  CHECK(filter.state() == State::failed);
  CHECK(filter.error() == "mask bit missing");
  CHECK(close_text(flushed(filter)) == "1002 mask bit missing");
  CHECK(feed(filter, frame(0x82, "PING\r\n", true)).empty());
  CHECK_FALSE(filter.has_output());
}

TEST_CASE("We end a stream with the code of the reason") {
  for (const auto& [end, code] : {std::pair(StreamEnd::normal, 1000),
                                  {StreamEnd::going_away, 1001},
                                  {StreamEnd::protocol_error, 1002},
                                  {StreamEnd::policy, 1008},
                                  {StreamEnd::too_big, 1009}}) {
    Server filter;
    StringSink sink;
    filter.close(end, sink);
    CHECK(close_text(sink.text) == std::to_string(code) + " ");
  }
}

TEST_CASE("With masks waived a peer may mask all the same; a server may never") {
  Server hub(false, true);
  CHECK(feed(hub, frame(0x82, "a", true) + frame(0x82, "b", false)) == "ab");
  CountingEntropy entropy;
  const auto client = open_client(entropy, false, true);
  feed(*client, frame(0x82, "a", true));
  CHECK(client->state() == State::failed);
}

TEST_CASE("CVE-2026-27571: a bomb is cut off at its bound, inflated no further") {
  constexpr std::size_t max_payload = 1024 * 1024;
  // 64 MiB of zeros in one deflate stream: block after block, each refers to the one before.
  std::string bomb;
  REQUIRE(deflate_message(std::string(64 * 1024 * 1024, '\0'), bomb));
  REQUIRE(bomb.size() < 512 * 1024);
  for (const std::size_t step : {std::size_t{100}, bomb.size()}) {
    Server filter(true, false, max_payload);
    std::string_view rest(bomb);
    std::size_t made = 0;
    for (unsigned first = 0x42; !rest.empty() && filter.state() == State::open; first = 0) {
      const std::string_view piece = rest.substr(0, step);
      rest.remove_prefix(piece.size());
      made += feed(filter, frame(first | (rest.empty() ? 0x80U : 0U), piece, true), 65536, 4096)
                  .size();
    }
    CAPTURE(step);
    CHECK(filter.state() == State::failed);
    CHECK(made <= max_payload + 4096);
    CHECK(close_text(flushed(filter)) == "1009 compressed message is larger than allowed");
  }
}

TEST_CASE("CVE-2026-33219: a message that never ends passes through or is cut off") {
  constexpr std::size_t max_payload = 64 * 1024;
  // Not compressed: any number of fragments, empty ones too, is only a stream.
  Server plain(true, false, max_payload);
  std::size_t made = feed(plain, frame(0x02, "", true)).size();
  for (int i = 0; i < 1000; ++i) {
    made += feed(plain, frame(0x00, "", true) + frame(0x00, std::string(1000, 'x'), true)).size();
  }
  CHECK(made == 1000 * 1000);
  CHECK(plain.state() == State::open);

  // Compressed, of blocks that are empty: nothing comes out, and yet it comes to an end.
  using namespace std::string_view_literals;
  Server empty(true, false, max_payload);
  feed(empty, frame(0x42, "", true));
  std::string blocks;
  for (int i = 0; i < 200; ++i) blocks += "\x00\x00\x00\xff\xff"sv;
  int fragments = 0;
  while (empty.state() == State::open && fragments < 1000) {
    CHECK(feed(empty, frame(0x00, blocks, true)).empty());
    ++fragments;
  }
  CHECK(empty.state() == State::failed);
  CHECK(fragments < 100);
}

TEST_CASE("Messages just below the bound pass one after the other") {
  Server filter(true, false, 8192);
  const std::string message = compressed_message(std::string(8192, 'x'), 10);
  for (int i = 0; i < 50; ++i) REQUIRE(feed(filter, message).size() == 8192);
  CHECK(filter.state() == State::open);
}

TEST_CASE("A corrupt compressed message ends the stream with 1007") {
  Server filter(true);
  feed(filter, frame(0xc2, "\xff\xff\xff\xff", true));
  CHECK(close_text(flushed(filter)) == "1007 compressed message is corrupt");
}

TEST_CASE("The dialling side opens with the answer, at the byte behind it, wherever it is cut") {
  CountingEntropy first;
  WebSocketFilter probe({"h", "/leafnode", false, false}, 1024, first);
  CHECK(probe.state() == State::opening);
  CHECK(probe.has_output());
  const std::string request = flushed(probe);
  CHECK_FALSE(probe.has_output());
  CHECK(request.starts_with("GET /leafnode HTTP/1.1\r\nHost: h\r\n"));
  const std::string stream =
      "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
      websocket_accept("AQIDBAUGBwgJCgsMDQ4PEA==") + "\r\n\r\n" + frame(0x82, "INFO {}\r\n", false);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CountingEntropy entropy;
    WebSocketFilter client({"h", "/leafnode", false, false}, 1024, entropy);
    const std::string head = feed(client, std::string_view(stream).substr(0, cut));
    CHECK(head + feed(client, std::string_view(stream).substr(cut)) == "INFO {}\r\n");
    CHECK(client.state() == State::open);
  }
}

TEST_CASE("The dialling side fails on what is no such answer, and closes without a frame") {
  for (const std::string_view text :
       {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "INFO {\"server_id\":\"x\"} \r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"}) {
    CountingEntropy entropy;
    WebSocketFilter client({"h", "/leafnode", false, false}, 1024, entropy);
    flushed(client);
    feed(client, text);
    CAPTURE(text);
    CHECK(client.state() == State::failed);
    CHECK_FALSE(client.error().empty());
    StringSink sink;
    client.flush(sink);
    client.close(StreamEnd::protocol_error, sink);
    CHECK(sink.text.empty());
  }
}

TEST_CASE("The accepting side answers and opens, wherever the request is cut") {
  const UpgradePolicy policy = policy_of(true);
  const std::string request = format_upgrade_request({"h", "/x/leafnode", true, true}, client_key);
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    WebSocketFilter hub(policy);
    feed(hub, std::string_view(request).substr(0, cut));
    CHECK_FALSE(hub.has_output());
    feed(hub, std::string_view(request).substr(cut));
    REQUIRE(hub.state() == State::open);
    // What is said at once comes behind the answer.
    const std::string bytes = encoded(hub, "INFO {}\r\n");
    CHECK(bytes.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    CHECK(bytes.ends_with("\r\n\r\n" + frame(0x82, "INFO {}\r\n", false)));
    const Upgrade upgrade = hub.take_upgrade();
    CHECK(upgrade.is_leaf);
    CHECK(upgrade.no_masking);
    CHECK(hub.compression());
  }
}

TEST_CASE("A wrong request fails with its HTTP answer and nothing behind it") {
  const UpgradePolicy policy = policy_of(true);
  const auto answer = [&](std::string_view text) {
    WebSocketFilter hub(policy);
    feed(hub, text);
    CHECK(hub.state() == State::failed);
    CHECK(hub.error().starts_with("websocket handshake error: "));
    std::string bytes = flushed(hub);
    StringSink sink;
    hub.close(StreamEnd::protocol_error, sink);
    CHECK(sink.text.empty());
    return bytes;
  };
  CHECK(answer("GET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(answer("CONNECT {}\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(answer("GET / HTTP/1.1\r\nA: " + std::string(20000, 'x')).starts_with("HTTP/1.1 431 "));
  // Nothing may be sent before the answer: nats-server closes without one.
  CHECK(answer(format_upgrade_request({"h", "/", false, false}, client_key) +
               frame(0x82, "PING\r\n", true))
            .empty());
}

TEST_CASE("A compressed message of a leaf may hold several operations, a client's max_payload") {
  const UpgradePolicy policy = policy_of(true, 1000);
  for (const bool leaf : {false, true}) {
    WebSocketFilter hub(policy);
    feed(hub, format_upgrade_request({"h", leaf ? "/leafnode" : "/", true, false}, client_key));
    const std::string message = compressed_message(operations(8000), 100000);
    CHECK(feed(hub, message).size() >= (leaf ? 8000 : 1000));
    CHECK(hub.state() == (leaf ? State::open : State::failed));
  }
}

TEST_CASE("A compressed message inflates to no more than the peer's max_payload") {
  CountingEntropy entropy;
  const auto client = open_client(entropy, true, true);
  client->limit_messages(1000);
  Server hub(true, true, 1000);
  const std::string plain = operations(50'000);
  const std::string bytes = encoded(*client, plain);
  CHECK(bytes.size() < plain.size());
  CHECK(feed(hub, bytes) == plain);
  CHECK(hub.state() == State::open);
  client->limit_messages(1);  // less than is ever compressed
  CHECK(feed(hub, encoded(*client, plain)) == plain);
}

TEST_CASE("An idle connection holds no buffers") {
  Server filter(true);
  encoded(filter, operations(100000));
  feed(filter, compressed_message(operations(100000), 1000));
  CHECK_FALSE(filter.has_output());
  CHECK(sizeof(WebSocketFilter) < 1024);
}
