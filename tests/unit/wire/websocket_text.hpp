// SPDX-License-Identifier: Apache-2.0
//
// Frames written by hand for tests, independent of the code under test where that matters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace leafnats::wire::test {

/// Bytes that count up: keys are known.
class CountingEntropy final : public base::Entropy {
 public:
  void fill(std::span<unsigned char> bytes) override {
    for (unsigned char& byte : bytes) byte = next_++;
  }

 private:
  unsigned char next_ = 1;
};

/// A frame with its first byte (FIN, RSV, opcode) given; masked with 1 2 3 4.
inline std::string frame(unsigned first, std::string_view payload, bool masked) {
  const unsigned mask = masked ? 0x80 : 0;
  std::string text(1, static_cast<char>(first));
  if (payload.size() < 126) {
    text += static_cast<char>(mask | payload.size());
  } else {
    const bool is_short = payload.size() < 65536;
    text += static_cast<char>(mask | (is_short ? 126U : 127U));
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
      text += static_cast<char>(std::uint64_t{payload.size()} >> shift & 0xff);
    }
  }
  if (!masked) return text.append(payload);
  text += "\x01\x02\x03\x04";
  for (std::size_t i = 0; i < payload.size(); ++i) {
    text += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ (i % 4 + 1));
  }
  return text;
}

inline std::string close_payload(unsigned code, std::string_view text = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return payload.append(text);
}

}  // namespace leafnats::wire::test
