// SPDX-License-Identifier: Apache-2.0
//
// Entropy that a test can repeat.
#pragma once

#include "base/random.hpp"

#include <cstdint>
#include <span>

namespace leafnats::test {

class SeededEntropy final : public base::Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed = 1) : random_(seed) {}
  void fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) byte = static_cast<unsigned char>(random_.next());
  }

 private:
  base::Random random_;
};

/// Counts up from a first byte, as the vectors from elsewhere were made.
class CountingEntropy final : public base::Entropy {
 public:
  explicit CountingEntropy(unsigned char first) : next_(first) {}
  void fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) byte = next_++;
  }

 private:
  unsigned char next_;
};

}  // namespace leafnats::test
