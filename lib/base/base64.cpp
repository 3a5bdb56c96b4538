// SPDX-License-Identifier: Apache-2.0
//
// Three bytes are four characters; the last group may be shorter, and is padded or not. Decoding is
// strict: a text has one form only, so that two spellings of one secret cannot exist.

#include "base/base64.hpp"

#include <cstdint>

namespace leafnats::base {
namespace {

/// The two alphabets differ in their last two characters.
struct Alphabet {
  char last[2];
  bool padded;
};
constexpr Alphabet standard{{'+', '/'}, true};
constexpr Alphabet url{{'-', '_'}, false};

constexpr char character(const Alphabet& alphabet, std::uint32_t value) noexcept {
  if (value < 26) return static_cast<char>('A' + value);
  if (value < 52) return static_cast<char>('a' + (value - 26));
  if (value < 62) return static_cast<char>('0' + (value - 52));
  return alphabet.last[value - 62];
}

/// 0 to 63, or 64 for a character that is not in the alphabet.
constexpr std::uint32_t digit(const Alphabet& alphabet, char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
  return c == alphabet.last[0] ? 62 : c == alphabet.last[1] ? 63 : 64;
}

std::string encode(const Alphabet& alphabet, std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3)) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      if (i <= bytes.size()) {
        text += character(alphabet, group >> (18 - 6 * i) & 63);
      } else if (alphabet.padded) {
        text += '=';
      }
    }
  }
  return text;
}

/// Decodes digits without their padding.
std::optional<std::string> decode(const Alphabet& alphabet, std::string_view digits) {
  if (digits.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : digits) {
    const std::uint32_t value = digit(alphabet, c);
    if (value > 63) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xff);
    }
  }
  // What is left over of the last character must be nothing.
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string encode_base64(std::string_view bytes) { return encode(standard, bytes); }
std::string encode_base64url(std::string_view bytes) { return encode(url, bytes); }

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
  return decode(standard, text.substr(0, digits));
}

std::optional<std::string> decode_base64url(std::string_view text) { return decode(url, text); }

}  // namespace leafnats::base
