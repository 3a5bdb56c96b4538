// SPDX-License-Identifier: Apache-2.0
//
// The hash of subjects and tokens. Peers choose the text, so the function is keyed: eight bytes
// at a time go through a 64x64->128 bit multiplication whose other operands come from the seed.
// Without the seed nobody can aim at a bucket. It is no cryptographic hash, and need not be one:
// whoever looks something up compares the whole text.
#pragma once

#include "subject/text.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leafnats::subject {

class Hasher {
 public:
  explicit constexpr Hasher(std::uint64_t seed) noexcept
      : key_a_(scramble(seed)), key_b_(scramble(key_a_)), key_c_(scramble(key_b_)) {}

  /// `salt` tells apart equal texts in different places (a token below different nodes).
  std::uint64_t operator()(std::string_view text, std::uint64_t salt = 0) const noexcept {
    const char* at = text.data();
    const std::size_t size = text.size();
    std::uint64_t state = key_c_ ^ (salt * 0x9e3779b97f4a7c15u) ^ size;
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (size <= 16) {
      short_words(at, size, low, high);
    } else {
      const char* const last = at + size - 16;
      for (; at < last; at += 16) state = mix(load64(at) ^ key_a_, load64(at + 8) ^ key_b_ ^ state);
      low = load64(last);
      high = load64(last + 8);
    }
    return mix(mix(low ^ key_a_, high ^ key_b_ ^ state), key_c_ ^ low);
  }

 private:
  static constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  /// Up to 16 bytes as two words that overlap in the middle; never reads outside the text.
  static void short_words(const char* at, std::size_t size, std::uint64_t& low,
                          std::uint64_t& high) noexcept {
    if (size >= 8) {
      low = load64(at);
      high = load64(at + size - 8);
    } else if (size >= 4) {
      low = load32(at);
      high = load32(at + size - 4);
    } else if (size > 0) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(at);
      low = std::uint64_t{bytes[0]} << 16 | std::uint64_t{bytes[size / 2]} << 8 | bytes[size - 1];
    }
  }

  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
#ifdef __SIZEOF_INT128__
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
    // The same product from four halves, for targets without a 128 bit type.
    const std::uint64_t mask = 0xffffffffu;
    const std::uint64_t ll = (a & mask) * (b & mask);
    const std::uint64_t lh = (a & mask) * (b >> 32);
    const std::uint64_t hl = (a >> 32) * (b & mask);
    const std::uint64_t hh = (a >> 32) * (b >> 32);
    const std::uint64_t middle = (ll >> 32) + (lh & mask) + (hl & mask);
    const std::uint64_t low = (middle << 32) | (ll & mask);
    const std::uint64_t high = hh + (lh >> 32) + (hl >> 32) + (middle >> 32);
    return low ^ high;
#endif
  }

  std::uint64_t key_a_;
  std::uint64_t key_b_;
  std::uint64_t key_c_;
};

}  // namespace leafnats::subject
