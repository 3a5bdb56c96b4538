// SPDX-License-Identifier: Apache-2.0
//
// Reading short texts a word at a time. Subjects are some twenty bytes: at that size a call of
// memcmp or memchr costs more than its work. Nothing here reads outside the text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace leafnats::subject {

inline std::uint64_t load64(const char* from) noexcept {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline std::uint32_t load32(const char* from) noexcept {
  std::uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// a == b
inline bool same_text(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  const char* left = a.data();
  const char* right = b.data();
  if (size >= 8) {
    // Whole words, and a last one that may overlap the one before.
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      if (load64(left + at) != load64(right + at)) return false;
    }
    return load64(left + size - 8) == load64(right + size - 8);
  }
  if (size >= 4) {
    return load32(left) == load32(right) && load32(left + size - 4) == load32(right + size - 4);
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (left[at] != right[at]) return false;
  }
  return true;
}

/// Calls f(position) for each dot, in order, until it returns false; returns false then.
template <class F>
inline bool for_each_dot(std::string_view text, F&& f) {
  const char* const data = text.data();
  std::size_t at = 0;
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7fu;
    constexpr std::uint64_t dots = 0x2e2e2e2e2e2e2e2eu;
    for (; at + 8 <= text.size(); at += 8) {
      // A byte of `other` is zero where there is a dot; `marks` gets its top bit set there.
      const std::uint64_t other = load64(data + at) ^ dots;
      std::uint64_t marks = ~(((other & low_bits) + low_bits) | other | low_bits);
      for (; marks != 0; marks &= marks - 1) {
        if (!f(at + static_cast<std::size_t>(std::countr_zero(marks)) / 8)) return false;
      }
    }
  }
  for (; at < text.size(); ++at) {
    if (data[at] == '.' && !f(at)) return false;
  }
  return true;
}

}  // namespace leafnats::subject
