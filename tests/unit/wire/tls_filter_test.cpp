// SPDX-License-Identifier: Apache-2.0
//
// Two filters that talk to each other: whatever pieces the bytes come in, and whatever the peer
// sends instead of TLS.

#include "wire/tls_library.hpp"
#include "unit/wire/tls_pair.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

constexpr auto failed = StreamFilter::State::failed;

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

Setup with_version(Setup setup, TlsVersion version) {
  setup.options.min_version = version;
  return setup;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What both sides of a failed handshake say.
std::string errors(Pair& pair) {
  return std::string(pair.client.filter->error()) + " | " +
         std::string(pair.server.filter->error());
}

}  // namespace

TEST_CASE("TLS bytes arrive whole in any pieces") {
  const auto client = client_setup().make();
  const auto server = server_setup().make();
  REQUIRE(client);
  REQUIRE(server);
  const std::string up = pattern(100'000);
  const std::string down = pattern(40'000);
  for (const std::size_t chunk : {1, 2, 3, 5, 7, 64, 1000, 16'389, 1 << 20}) {
    for (const std::size_t room : {1, 17, 4096, 1 << 18}) {
      if (chunk < 64 && room != 17) continue;
      Pair pair = connect(client, server);
      pair.run(chunk, room);
      INFO("chunk " << chunk << ", room " << room << ": " << errors(pair));
      REQUIRE(pair.open());
      pair.client.say(up);
      pair.server.say(down);
      pair.run(chunk, room);
      REQUIRE(pair.server.received == up);
      REQUIRE(pair.client.received == down);
    }
  }
}

TEST_CASE("TLS keeps small writes for one record until flush") {
  Pair pair = connect(client_setup(), server_setup());
  pair.run();
  REQUIRE(pair.open());
  CHECK_FALSE(pair.client.filter->has_output());
  for (int i = 0; i < 100; ++i) pair.client.filter->encode("0123456789", pair.client.sent);
  CHECK(pair.client.sent.text.empty());
  CHECK(pair.client.filter->has_output());
  pair.client.filter->flush(pair.client.sent);
  CHECK_FALSE(pair.client.filter->has_output());
  // One record: 1000 bytes, a header, a tag and a content type.
  CHECK(pair.client.sent.text.size() < 1000 + 64);
  pair.run();
  CHECK(pair.server.received.size() == 1000);
}

TEST_CASE("TLS says close_notify and knows the peer's from a cut") {
  Pair pair = connect(client_setup(), server_setup());
  pair.run();
  pair.client.say("last words");
  pair.client.filter->close(StreamEnd::normal, pair.client.sent);
  pair.run();
  CHECK(pair.server.received == "last words");
  CHECK(pair.server.filter->state() == StreamFilter::State::ended);
  CHECK(pair.server.filter->error().empty());
}

TEST_CASE("TLS 1.2 and 1.3 are told apart, and min_version holds") {
  Pair modern = connect(client_setup(), server_setup());
  modern.run();
  REQUIRE(modern.open());
  CHECK(modern.client.filter->peer().version == "1.3");
  CHECK(modern.server.filter->peer().cipher.substr(0, 4) == "TLS_");

  const auto old_client = client_setup().make();
  SSL_CTX_set_max_proto_version(old_client->body().context.get(), TLS1_2_VERSION);
  for (const std::size_t chunk : {1, 100, 1 << 20}) {
    Pair pair = connect(old_client, server_setup().make());
    pair.run(chunk);
    REQUIRE(pair.open());
    CHECK(pair.server.filter->peer().version == "1.2");
    CHECK(contains(pair.server.filter->peer().cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM"));
    pair.client.say("up");
    pair.server.say("down");
    pair.run(chunk);
    CHECK(pair.server.received == "up");
    CHECK(pair.client.received == "down");
  }

  Pair refused = connect(old_client, with_version(server_setup(), TlsVersion::tls_1_3).make());
  refused.run();
  CHECK(refused.server.filter->state() == failed);
  CHECK(contains(refused.server.filter->error(), "min_version"));
  CHECK(refused.client.filter->fault() == TlsFault::refused);
  CHECK(contains(refused.client.filter->error(), "min_version"));

  const auto older_client = client_setup().make();
  SSL_CTX_set_min_proto_version(older_client->body().context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(older_client->body().context.get(), TLS1_1_VERSION);
  Pair ancient = connect(older_client, server_setup().make());
  ancient.run();
  CHECK_FALSE(ancient.open());
}

TEST_CASE("A peer that does not speak TLS is told by its first byte") {
  struct Case {
    const char* bytes;
    PlainPeer peer;
  };
  const Case cases[] = {
      {"INFO {\"server_id\":\"x\"} \r\n", PlainPeer::nats_info},
      {"I", PlainPeer::nats_info},
      {"CONNECT {\"pass\":\"secret\"}\r\n", PlainPeer::nats_client},
      {"PING\r\n", PlainPeer::nats_client},
      {"-ERR 'x'\r\n", PlainPeer::nats_client},
      {"GET / HTTP/1.1\r\n\r\n", PlainPeer::http},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", PlainPeer::http},
      {"\x01\x02\x03", PlainPeer::other},
  };
  for (const Case& given : cases) {
    for (const bool server_side : {true, false}) {
      Pair pair = connect(client_setup(), server_setup());
      End& end = server_side ? pair.server : pair.client;
      end.hear(given.bytes, 4096);
      INFO(given.bytes);
      CHECK(end.filter->state() == failed);
      CHECK(end.filter->fault() == TlsFault::not_tls);
      CHECK(end.filter->plain_peer() == given.peer);
      CHECK(contains(end.filter->error(), "TLS handshake error: "));
      CHECK_FALSE(contains(end.filter->error(), "secret"));
    }
  }
}

TEST_CASE("Damaged and truncated handshakes fail or wait, and pass nothing") {
  const auto client = client_setup().make();
  const auto server = server_setup().make();
  Pair whole = connect(client, server);
  whole.client.filter->flush(whole.client.sent);
  const std::string hello = whole.client.sent.text;
  for (std::size_t size = 0; size < hello.size(); ++size) {
    auto filter = TlsFilter::accept(server, valid_now);
    std::string_view in = std::string_view(hello).substr(0, size);
    char out[64];
    CHECK(filter->decode(in, out) == 0);
    CHECK(in.empty());
    CHECK(filter->state() == StreamFilter::State::opening);
  }
  for (std::size_t at = 0; at < hello.size(); ++at) {
    if (at == 1 || at == 2) continue;  // the record's version means nothing
    std::string damaged = hello;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    Pair pair = connect(client, server);
    StringSink dropped;
    pair.client.filter->flush(dropped);
    pair.client.sent.text = damaged;
    pair.run();
    // Both ends hash the same bytes, so that no change of the hello can go unnoticed.
    CHECK_FALSE(pair.open());
  }
}

TEST_CASE("A record that is declared too long is refused at its header") {
  const auto server = server_setup().make();
  auto filter = TlsFilter::accept(server, valid_now);
  std::string_view in("\x16\x03\x01\xff\xff", 5);
  char out[16];
  CHECK(filter->decode(in, out) == 0);
  CHECK(filter->state() == failed);
}

TEST_CASE("A handshake message that is declared huge is refused before it is there") {
  const auto server = server_setup().make();
  auto filter = TlsFilter::accept(server, valid_now);
  // A hello of 16 MB, in records of 4 KiB.
  std::string record("\x16\x03\x01\x10\x00", 5);
  record += std::string("\x01\xff\xff\xff", 4) + std::string(4092, '\0');
  char out[16];
  std::size_t sent = 0;
  while (filter->state() == StreamFilter::State::opening && sent < 1'000'000) {
    std::string_view in = record;
    static_cast<void>(filter->decode(in, out));
    sent += record.size();
  }
  CHECK(filter->state() == failed);
  CHECK(sent <= 200'000);
}

TEST_CASE("An open TLS connection fails at the first damaged byte") {
  Pair pair = connect(client_setup(), server_setup());
  pair.run();
  pair.client.say("hello");
  pair.client.sent.text.back() = static_cast<char>(pair.client.sent.text.back() ^ 1);
  pair.run();
  CHECK(pair.server.filter->state() == failed);
  CHECK(pair.server.received.empty());
  CHECK(contains(pair.server.filter->error(), "TLS error: "));
}

TEST_CASE("Sessions are resumed, and only under the context and the name they are from") {
  const auto server = server_setup().make();
  const auto client = client_setup().make();
  Pair first = connect(client, server);
  first.run();
  first.server.say("x");
  first.run();
  const TlsSession session = first.client.filter->session();
  REQUIRE(session.ticket);

  Pair again = connect(client, server, "hub.example.com", valid_now, session);
  again.run();
  REQUIRE(again.open());
  CHECK(again.client.filter->peer().resumed);
  CHECK(again.server.filter->peer().resumed);

  Pair elsewhere = connect(client, server, "127.0.0.1", valid_now, session);
  elsewhere.run();
  REQUIRE(elsewhere.open());
  CHECK_FALSE(elsewhere.client.filter->peer().resumed);

  Pair other_context =
      connect(client_setup().make(), server, "hub.example.com", valid_now, session);
  other_context.run();
  REQUIRE(other_context.open());
  CHECK_FALSE(other_context.client.filter->peer().resumed);
}
