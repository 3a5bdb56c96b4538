// SPDX-License-Identifier: Apache-2.0
//
// One pass over blocks of 64 bytes; the last ones hold the padding and the length in bits.

#include "wire/sha1.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

namespace leafnats::wire {
namespace {

using Words = std::array<std::uint32_t, 5>;

constexpr std::size_t block_bytes = 64;

void absorb(Words& state, const char* block) {
  std::array<std::uint32_t, 80> schedule{};
  for (std::size_t i = 0; i < block_bytes; ++i) {
    schedule[i / 4] = schedule[i / 4] << 8 | static_cast<unsigned char>(block[i]);
  }
  for (std::size_t i = 16; i < 80; ++i) {
    schedule[i] = std::rotl(
        schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t mixed = b ^ c ^ d;
    std::uint32_t constant = i < 40 ? 0x6ed9eba1U : 0xca62c1d6U;
    if (i < 20) {
      mixed = (b & c) | (~b & d);
      constant = 0x5a827999U;
    } else if (i >= 40 && i < 60) {
      mixed = (b & c) | (b & d) | (c & d);
      constant = 0x8f1bbcdcU;
    }
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + constant + schedule[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const Words change{a, b, c, d, e};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += change[i];
}

}  // namespace

std::array<unsigned char, 20> sha1(std::string_view bytes) {
  Words state{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (; bytes.size() >= block_bytes; bytes.remove_prefix(block_bytes)) {
    absorb(state, bytes.data());
  }
  std::string tail(bytes);
  tail += '\x80';
  while (tail.size() % block_bytes != block_bytes - 8) tail += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) tail += static_cast<char>(bits >> shift & 0xff);
  for (std::size_t at = 0; at < tail.size(); at += block_bytes) absorb(state, tail.data() + at);

  std::array<unsigned char, 20> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<unsigned char>(state[i / 4] >> (24 - 8 * (i % 4)) & 0xff);
  }
  return digest;
}

}  // namespace leafnats::wire
