// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a soak.

#include "mixed_payload.hpp"

#include <cstddef>

namespace leafnats::soak {
namespace {

constexpr std::size_t source_bytes = 1024 * 1024;
constexpr std::size_t size_max = 256 * 1024;

/// splitmix64: every bit of `number` matters to every bit of the result.
std::uint64_t mixed(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

}  // namespace

MixedPayload::MixedPayload() : zeros_(source_bytes, '\0') {
  for (std::uint64_t i = 0; text_.size() < source_bytes; ++i) {
    text_ += "{\"sensor\":\"room-" + std::to_string(mixed(i) % 40) +
             "\",\"celsius\":" + std::to_string(mixed(i + 7) % 4000) + ",\"sequence\":" +
             std::to_string(i) + "}\n";
  }
  text_.resize(source_bytes);
  while (noise_.size() < source_bytes) {
    const std::uint64_t word = mixed(noise_.size());
    noise_.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
}

std::string_view MixedPayload::of(std::uint64_t number) const {
  const std::uint64_t draw = mixed(number);
  // Most messages are small and most bytes are in large ones, as in life.
  const std::size_t bound = draw % 8 == 0 ? size_max : draw % 8 < 3 ? 8192 : 400;
  const std::size_t size = (draw >> 8) % bound;
  const std::size_t offset = (draw >> 32) % (source_bytes - size_max);
  const std::string& source = (draw >> 4) % 4 == 0 ? noise_ : (draw >> 4) % 4 == 1 ? zeros_ : text_;
  return std::string_view(source).substr(offset, size);
}

}  // namespace leafnats::soak
