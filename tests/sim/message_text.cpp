// SPDX-License-Identifier: Apache-2.0
//
// Writing and reading of what messages carry.

#include "message_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace leafnats::sim {
namespace {

constexpr std::string_view header_prefix = "NATS/1.0\r\nId: ";

/// The filler repeats with a period that is prime to all buffer sizes, so that bytes out of place
/// do not look right.
const std::string& filler() {
  static const std::string bytes = [] {
    constexpr std::size_t period = 4093;
    std::string text;
    std::uint32_t state = 12345;
    for (std::size_t i = 0; i < period; ++i) {
      state = state * 1664525 + 1013904223;
      text += static_cast<char>(state >> 24);
    }
    // Protocol text inside a payload must not be taken for protocol.
    text.replace(100, 16, "\r\nPING\r\nMSG a 1\r");
    return text;
  }();
  return bytes;
}

}  // namespace

std::string payload_of(std::uint32_t id, std::size_t size) {
  std::string payload;
  payload.reserve(size);
  if (size >= named_payload_bytes_min) payload = fmt::format("m{};", id);
  const std::string& bytes = filler();
  std::size_t at = (std::size_t{id} * 89) % bytes.size();
  while (payload.size() < size) {
    const std::size_t part = std::min(size - payload.size(), bytes.size() - at);
    payload.append(bytes, at, part);
    at = 0;
  }
  return payload;
}

std::string headers_of(std::uint32_t id) { return fmt::format("{}{}\r\n\r\n", header_prefix, id); }

std::optional<std::uint32_t> number_of(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint32_t> id_of(std::string_view reply, std::string_view payload) {
  if (payload.size() >= named_payload_bytes_min) {
    if (!payload.starts_with('m')) return std::nullopt;
    return number_of(payload.substr(1, std::min(payload.find(';'), payload.size()) - 1));
  }
  if (const auto dot = reply.rfind('.'); dot != reply.npos) return number_of(reply.substr(dot + 1));
  return std::nullopt;
}

}  // namespace leafnats::sim
