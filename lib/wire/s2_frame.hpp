// SPDX-License-Identifier: Apache-2.0
//
// The framing of an S2 stream, which is Snappy's with another identifier and larger blocks:
//
//   chunk  = type (1 byte), length (3 bytes, little-endian), body of that length
//   0xff   stream identifier: "S2sTwO" or "sNaPpY"; comes first, may come again
//   0x00   compressed block: checksum (4 bytes), block
//   0x01   stored block: checksum (4 bytes), the bytes themselves
//   0x02 to 0x7f   an error; 0x80 to 0xfe   skipped
//
// The checksum is the masked CRC-32C of the plain bytes. nats-server makes each flush a stream of
// its own, so that the identifier comes every time; its reader wants it only once.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/crc32c.hpp"

namespace leafnats::wire::s2 {

inline constexpr std::size_t chunk_head_bytes = 4;
inline constexpr std::size_t checksum_bytes = 4;

enum class ChunkType : std::uint8_t {
  compressed = 0x00,
  stored = 0x01,
  first_skippable = 0x80,
  identifier = 0xff,
};

inline constexpr std::string_view s2_identifier = "S2sTwO";
inline constexpr std::string_view snappy_identifier = "sNaPpY";

/// The chunk that opens a stream of ours.
inline constexpr std::string_view stream_opening = std::string_view("\xff\x06\x00\x00S2sTwO", 10);

[[nodiscard]] inline std::uint32_t masked_checksum(std::string_view plain) noexcept {
  return std::rotr(crc32c(plain), 15) + 0xa282ead8U;
}

/// The four or fewer bytes at `from` as a little-endian number.
[[nodiscard]] constexpr std::uint32_t read_little(const char* from, std::size_t bytes) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(from[i])} << (8 * i);
  }
  return value;
}

/// Writes `value` to `to` in as many little-endian bytes; the end of what was written.
constexpr char* write_little(char* to, std::uint32_t value, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; ++i) *to++ = static_cast<char>(value >> (8 * i) & 0xff);
  return to;
}

/// Writes head and checksum of a block's chunk; `body` is what follows the checksum.
inline char* write_chunk_head(char* to, ChunkType type, std::size_t body,
                              std::uint32_t checksum) noexcept {
  *to++ = static_cast<char>(type);
  to = write_little(to, static_cast<std::uint32_t>(body + checksum_bytes), 3);
  return write_little(to, checksum, 4);
}

}  // namespace leafnats::wire::s2
