// SPDX-License-Identifier: Apache-2.0
//
// Messages through deflate and back, in pieces of any size; and what is no deflate stream, or ends
// in the middle of one, is told.
#include "support/catch.hpp"
#include "wire/websocket_deflate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

using namespace leafnats::wire;

namespace {

std::string telemetry(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) {
    text += "{\"sensor\":" + std::to_string(i * 7919 % 1000) + ",\"value\":" +
            std::to_string(i * 31 % 977) + "}\r\n";
  }
  text.resize(bytes);
  return text;
}

/// Inflates one message with `in_step` bytes at a time into `out_step` bytes of room.
std::optional<std::string> inflate(MessageInflater& inflater, std::string_view payload,
                                   std::size_t in_step, std::size_t out_step) {
  std::string plain;
  std::string room(out_step, '\0');
  while (!payload.empty() && !inflater.broken()) {
    std::string_view piece = payload.substr(0, in_step);
    const std::size_t given = piece.size();
    plain.append(room, 0, inflater.inflate(piece, {room.data(), room.size()}));
    payload.remove_prefix(given - piece.size());
  }
  while (!inflater.finished() && !inflater.broken()) {
    plain.append(room, 0, inflater.finish({room.data(), room.size()}));
  }
  if (inflater.broken()) return std::nullopt;
  inflater.reset();
  return plain;
}

}  // namespace

TEST_CASE("Messages survive deflate, whatever the pieces") {
  MessageInflater inflater;
  for (const std::size_t bytes : {65U, 100U, 4096U, 32768U, 200000U}) {
    const std::string plain = telemetry(bytes);
    std::string deflated = "before";
    REQUIRE(deflate_message(plain, deflated));
    CHECK(deflated.starts_with("before"));
    CHECK(deflated.size() < bytes);
    const std::string_view payload = std::string_view(deflated).substr(6);
    for (const std::size_t in_step : {1U, 7U, 65536U}) {
      for (const std::size_t out_step : {1U, 13U, 65536U}) {
        if (bytes > 10000 && out_step == 1) continue;
        CAPTURE(bytes, in_step, out_step);
        CHECK(inflate(inflater, payload, in_step, out_step) == plain);
      }
    }
  }
}

TEST_CASE("What deflate does not shrink stays as it is") {
  std::string noise;
  std::uint64_t state = 1;
  for (int i = 0; i < 5000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    noise += static_cast<char>(state >> 56);
  }
  std::string out = "before";
  CHECK_FALSE(deflate_message(noise, out));
  CHECK(out == "before");
  CHECK_FALSE(deflate_message("", out));
}

TEST_CASE("An empty compressed message is empty, and a stream that says its end has ended") {
  using namespace std::string_view_literals;
  MessageInflater inflater;
  CHECK(inflate(inflater, "\0"sv, 1, 16) == "");
  // A final block "hi", stored; what follows in the message means nothing (as in nats-server).
  CHECK(inflate(inflater, "\x01\x02\x00\xfd\xffhi"sv, 1, 16) == "hi");
  CHECK(inflate(inflater, "\x01\x02\x00\xfd\xffhi garbage"sv, 64, 16) == "hi");
}

TEST_CASE("Bytes that are no deflate stream are broken, and so is half a stream") {
  MessageInflater wrong;
  CHECK_FALSE(inflate(wrong, "\xff\xff\xff\xff", 1, 16));
  const std::string plain = telemetry(3000);
  std::string deflated;
  REQUIRE(deflate_message(plain, deflated));
  std::size_t refused = 0;
  for (std::size_t cut = 1; cut < deflated.size(); ++cut) {
    MessageInflater half;
    const auto got = inflate(half, std::string_view(deflated).substr(0, cut), 64, 4096);
    if (!got) ++refused;
    if (got) CHECK(plain.starts_with(*got));
  }
  // Only a cut that happens to fall between blocks can look complete.
  CHECK(refused >= deflated.size() - 5);
}
