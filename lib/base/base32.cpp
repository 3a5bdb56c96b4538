// SPDX-License-Identifier: Apache-2.0
//
// Five bits a character, from the highest on. Decoding knows the length beforehand and accepts one
// spelling only, so that a key that is to be 32 bytes can be nothing else.

#include "base/base32.hpp"

namespace leafnats::base {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// 0 to 31, or 32 for a character that is not in the alphabet.
constexpr unsigned digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= '2' && c <= '7') return static_cast<unsigned>(c - '2') + 26;
  return 32;
}

}  // namespace

std::string encode_base32(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve(base32_size(bytes.size()));
  unsigned held = 0;
  unsigned held_bits = 0;
  for (const unsigned char byte : bytes) {
    held = (held << 8 | byte) & 0xfff;
    held_bits += 8;
    for (; held_bits >= 5; held_bits -= 5) text += alphabet[held >> (held_bits - 5) & 31];
  }
  if (held_bits > 0) text += alphabet[held << (5 - held_bits) & 31];
  return text;
}

bool decode_base32(std::string_view text, std::span<unsigned char> bytes) noexcept {
  if (text.size() != base32_size(bytes.size())) return false;
  unsigned held = 0;
  unsigned held_bits = 0;
  std::size_t filled = 0;
  for (const char c : text) {
    const unsigned value = digit(c);
    if (value > 31) return false;
    held = (held << 5 | value) & 0xfff;
    held_bits += 5;
    if (held_bits < 8) continue;
    held_bits -= 8;
    bytes[filled++] = static_cast<unsigned char>(held >> held_bits & 0xff);
  }
  // What is left over of the last character must be nothing.
  return filled == bytes.size() && (held & ((1U << held_bits) - 1)) == 0;
}

std::uint16_t crc16(std::span<const unsigned char> bytes) noexcept {
  std::uint16_t crc = 0;
  for (const unsigned char byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ (byte << 8));
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (crc & 0x8000) != 0;
      crc = static_cast<std::uint16_t>(crc << 1);
      if (carry) crc ^= 0x1021;
    }
  }
  return crc;
}

}  // namespace leafnats::base
