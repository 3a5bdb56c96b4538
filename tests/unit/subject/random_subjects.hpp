// SPDX-License-Identifier: Apache-2.0
//
// Subjects and patterns over a small alphabet, so that they meet often.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject::test {

using Random = std::mt19937_64;

/// The same in every run, unless the environment asks for another one.
inline std::uint64_t seed() {
  const char* wanted = std::getenv("LEAFNATS_TEST_SEED");
  return wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
}

inline std::size_t below(Random& random, std::size_t bound) {
  return static_cast<std::size_t>(random() % bound);
}

inline std::string random_literal(Random& random, std::size_t letters = 3,
                                  std::size_t depth_max = 4) {
  std::string text;
  for (std::size_t depth = 1 + below(random, depth_max); depth != 0; --depth) {
    if (!text.empty()) text += '.';
    text += static_cast<char>('a' + below(random, letters));
  }
  return text;
}

/// About every second one has a wildcard.
inline std::string random_pattern(Random& random, std::size_t letters = 3,
                                  std::size_t depth_max = 4) {
  std::string text;
  const std::size_t depth = 1 + below(random, depth_max);
  for (std::size_t i = 0; i < depth; ++i) {
    if (i != 0) text += '.';
    const std::size_t kind = below(random, 8);
    if (kind == 0 && i + 1 == depth) {
      text += '>';
    } else if (kind <= 1) {
      text += '*';
    } else {
      text += static_cast<char>('a' + below(random, letters));
    }
  }
  return text;
}

/// Every literal subject of up to so many one-letter tokens.
inline std::vector<std::string> all_literals(std::size_t letters, std::size_t depth_max) {
  std::vector<std::string> all;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < letters; ++i) all.emplace_back(1, static_cast<char>('a' + i));
  for (std::size_t depth = 1; depth < depth_max; ++depth) {
    const std::size_t end = all.size();
    for (std::size_t at = begin; at < end; ++at) {
      for (std::size_t i = 0; i < letters; ++i) {
        all.push_back(all[at] + '.' + static_cast<char>('a' + i));
      }
    }
    begin = end;
  }
  return all;
}

}  // namespace leafnats::subject::test
