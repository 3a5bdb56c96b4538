// SPDX-License-Identifier: Apache-2.0
//
// simdjson refuses a document with malformed text, so such a document is repaired and read once
// more: a name cut in the middle of a character must not keep a client out.
#include "wire/json_dom.hpp"

#include "wire/json.hpp"

#include <algorithm>
#include <charconv>

namespace leafnats::wire {

namespace dom = simdjson::dom;

namespace {

/// The least that buffers are made for.
constexpr std::size_t first_document_bytes = 1024;

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// The code unit of the escape "\uXXXX" at `at`, or -1 if there is none.
int escaped_unit(std::string_view text, std::size_t at) noexcept {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  const char* const first = text.data() + at + 2;
  const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
  // from_chars takes a sign, which is no hexadecimal digit here.
  return error == std::errc{} && end == first + 4 && *first != '-' ? unit : -1;
}

constexpr bool is_high_surrogate(int unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool is_low_surrogate(int unit) noexcept { return unit >= 0xDC00 && unit < 0xE000; }

/// A copy of a document with malformed text replaced by U+FFFD: bytes that are no UTF-8, and
/// escaped surrogates without their other half. All else stays, be it valid JSON or not.
std::string repair(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = utf8_sequence_length(text, at);
    bool valid = length != 0;
    if (text[at] == '\\') {
      const int unit = escaped_unit(text, at);
      const bool pair = is_high_surrogate(unit) && is_low_surrogate(escaped_unit(text, at + 6));
      valid = pair || (!is_high_surrogate(unit) && !is_low_surrogate(unit));
      // An escape is taken as a whole, so that the second \ of \\ does not start another one.
      length = pair ? 12 : unit >= 0 ? 6 : std::min<std::size_t>(2, text.size() - at);
      if (unit < 0 && length == 2 && utf8_sequence_length(text, at + 1) != 1) length = 1;
    }
    if (valid) {
      out.append(text, at, length);
      at += length;
    } else {
      out += replacement;
      at += length != 0 ? length : 1;
    }
  }
  return out;
}

constexpr char lower(char byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

/// Parses with bounded depth: simdjson takes the bound only together with a capacity.
simdjson::simdjson_result<dom::element> parse_as_is(dom::parser& parser, std::string_view text) {
  const std::size_t capacity = std::max(text.size(), first_document_bytes);
  if (parser.capacity() < capacity || parser.max_depth() != json_depth_max) {
    if (const auto error = parser.allocate(capacity, json_depth_max)) return error;
  }
  return parser.parse(text.data(), text.size());
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) noexcept -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto continues = [&](std::size_t i) noexcept { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return continues(1) ? 2 : 0;
  // The second byte of these is narrower than a continuation byte in general.
  const unsigned second_min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned second_max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < second_min || byte(1) > second_max || !continues(2)) return 0;
  if (lead < 0xF0) return 3;
  return continues(3) ? 4 : 0;
}

simdjson::simdjson_result<dom::element> parse_json(dom::parser& parser, std::string_view text) {
  const auto parsed = parse_as_is(parser, text);
  const simdjson::error_code error = parsed.error();
  if (error != simdjson::UTF8_ERROR && error != simdjson::STRING_ERROR) return parsed;
  return parse_as_is(parser, repair(text));
}

bool same_json_key(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

}  // namespace leafnats::wire
