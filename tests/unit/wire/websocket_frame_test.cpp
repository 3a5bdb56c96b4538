// SPDX-License-Identifier: Apache-2.0
//
// Frame headers: each length in each encoding, wherever the header is cut; and each rule of
// RFC 6455 that a peer can break.
#include "support/catch.hpp"
#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats::wire;

namespace {

using Reader = WebSocketFrameReader;
using Step = Reader::Step;
using Masking = Reader::Masking;

/// A header with its length in `length_bytes` bytes (0, 2, 8), minimal or not.
std::string header(unsigned first, std::uint64_t length, unsigned length_bytes, bool masked) {
  const unsigned mask = masked ? 0x80 : 0;
  std::string text(1, static_cast<char>(first));
  if (length_bytes == 0) {
    text += static_cast<char>(mask | length);
  } else {
    text += static_cast<char>(mask | (length_bytes == 2 ? 126U : 127U));
    for (int shift = static_cast<int>(length_bytes) * 8 - 8; shift >= 0; shift -= 8) {
      text += static_cast<char>(length >> shift & 0xff);
    }
  }
  return masked ? text + "\x01\x02\x03\x04" : text;
}

Step read(Reader& reader, std::string_view text, WebSocketFrame& frame) {
  return reader.take(text, frame);
}

std::string fault_of(Reader reader, std::string_view text) {
  WebSocketFrame frame;
  while (!text.empty()) {
    if (reader.take(text, frame) == Step::fault) return std::string(reader.fault());
  }
  return {};
}

}  // namespace

TEST_CASE("CVE-2026-27889: every frame length in every encoding is taken as it is or refused") {
  const std::uint64_t two = 1;
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{125}, std::uint64_t{126}, std::uint64_t{127},
        std::uint64_t{65535}, std::uint64_t{65536}, (two << 31) - 1, (two << 31) + 1,
        (two << 32) - 1, (two << 32) + 1, (two << 63) - 1, two << 63, ~std::uint64_t{0}}) {
    for (const unsigned length_bytes : {0U, 2U, 8U}) {
      if (length_bytes == 0 && length > 125) continue;
      if (length_bytes == 2 && length > 65535) continue;
      for (const bool masked : {true, false}) {
        const std::string text = header(0x82, length, length_bytes, masked);
        for (std::size_t cut = 0; cut < text.size(); ++cut) {
          CAPTURE(length, length_bytes, masked, cut);
          Reader reader(Masking::either, false);
          WebSocketFrame frame;
          const Step first = read(reader, std::string_view(text).substr(0, cut), frame);
          const Step second =
              first == Step::fault ? first
                                   : read(reader, std::string_view(text).substr(cut), frame);
          REQUIRE(second == (length >> 63 != 0 ? Step::fault : Step::header));
          if (second == Step::header) CHECK(frame.payload_bytes == length);
        }
      }
    }
  }
}

TEST_CASE("CVE-2026-27889: a control frame has its length in one byte, a continuation any") {
  for (const unsigned opcode : {0x88U, 0x89U, 0x8aU}) {
    CHECK(fault_of({Masking::either, false}, header(opcode, 125, 0, false)).empty());
    CHECK(fault_of({Masking::either, false}, header(opcode, 5, 2, false)) ==
          "control frame length bigger than maximum allowed of 125 bytes");
    CHECK_FALSE(fault_of({Masking::either, false}, header(opcode, ~0ULL, 8, true)).empty());
  }
  const std::string open = header(0x02, 0, 0, false);
  CHECK(fault_of({Masking::either, false}, open + header(0x80, (1ULL << 63) - 1, 8, true)).empty());
  CHECK(fault_of({Masking::either, false}, open + header(0x80, 1ULL << 63, 8, true)) ==
        "invalid 64-bit payload length");
}

TEST_CASE("Each rule of the framing has its fault, in nats-server's words") {
  const Reader plain(Masking::either, false);
  const Reader compressing(Masking::either, true);
  CHECK(fault_of(plain, "\x92") == "RSV2 and RSV3 must be clear");
  CHECK(fault_of(plain, "\xa2") == "RSV2 and RSV3 must be clear");
  CHECK(fault_of(plain, "\xc2") ==
        "compressed frame received without negotiated permessage-deflate");
  CHECK(fault_of(compressing, header(0xc2, 1, 0, false)).empty());
  CHECK(fault_of(compressing, header(0xc9, 0, 0, false)) == "control frame must not be compressed");
  CHECK(fault_of(plain, header(0x09, 0, 0, false)) ==
        "control frame does not have final bit set");
  CHECK(fault_of(plain, header(0x80, 0, 0, false)) == "invalid continuation frame");
  CHECK(fault_of(plain, header(0x02, 0, 0, false) + header(0x82, 0, 0, false)) ==
        "new message started before final frame for previous message was received");
  CHECK(fault_of(compressing, header(0x42, 0, 0, false) + header(0xc0, 0, 0, false)) ==
        "invalid continuation frame");
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    CHECK(fault_of(plain, header(0x80 | opcode, 0, 0, false)) == "unknown opcode");
  }
}

TEST_CASE("Masking is demanded of clients and refused of servers") {
  CHECK(fault_of({Masking::required, false}, header(0x82, 1, 0, false)) == "mask bit missing");
  CHECK(fault_of({Masking::required, false}, header(0x82, 1, 0, true)).empty());
  CHECK_FALSE(fault_of({Masking::forbidden, false}, header(0x82, 1, 0, true)).empty());
  CHECK(fault_of({Masking::forbidden, false}, header(0x82, 1, 0, false)).empty());
}

TEST_CASE("A control frame may stand between the frames of a message") {
  const std::string text = header(0x01, 0, 0, false) + header(0x89, 0, 0, false) +
                           header(0x00, 0, 0, false) + header(0x80, 0, 0, false) +
                           header(0x82, 0, 0, false);
  CHECK(fault_of({Masking::either, false}, text).empty());
}

TEST_CASE("A written header is the shortest and reads back") {
  struct Case {
    std::uint64_t bytes;
    std::size_t size;
  };
  for (const Case& expected : {Case{0, 2}, Case{125, 2}, Case{126, 4}, Case{65535, 4},
                               Case{65536, 10}, Case{1ULL << 40, 10}}) {
    for (const bool masked : {false, true}) {
      WebSocketFrame frame;
      frame.payload_bytes = expected.bytes;
      frame.masked = masked;
      frame.key = {1, 2, 3, 4};
      std::array<char, websocket_header_bytes_max> bytes;
      const char* const end = write_websocket_header(bytes.data(), frame);
      const std::string_view text(bytes.data(), static_cast<std::size_t>(end - bytes.data()));
      CHECK(text.size() == expected.size + (masked ? 4 : 0));
      Reader reader(Masking::either, false);
      WebSocketFrame again;
      REQUIRE(read(reader, text, again) == Step::header);
      CHECK(again.payload_bytes == expected.bytes);
      CHECK(again.masked == masked);
      if (masked) CHECK(again.key == frame.key);
    }
  }
}

TEST_CASE("A mask is the same whatever pieces it is applied in") {
  std::string plain;
  for (int i = 0; i < 100; ++i) plain += static_cast<char>(i * 7);
  const WebSocketKey key{0x11, 0x22, 0x33, 0x44};
  std::string expected = plain;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = static_cast<char>(static_cast<unsigned char>(expected[i]) ^ key[i % 4]);
  }
  for (std::size_t cut = 0; cut <= plain.size(); ++cut) {
    std::string masked = plain;
    apply_websocket_key(masked.data(), cut, key, 0);
    apply_websocket_key(masked.data() + cut, masked.size() - cut, key, cut);
    REQUIRE(masked == expected);
  }
}

TEST_CASE("Close codes are those that may be sent") {
  for (const unsigned code : {1000U, 1001U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U}) {
    CHECK(is_websocket_close_code(code));
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}) {
    CHECK_FALSE(is_websocket_close_code(code));
  }
}
