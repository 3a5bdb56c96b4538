// SPDX-License-Identifier: Apache-2.0
//
// Plain bytes of many kinds for the tests of compression.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leafnats::wire::test {

inline std::string noise(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    seed = seed * 1664525 + 1013904223;
    bytes += static_cast<char>(seed >> 24);
  }
  return bytes;
}

/// Frames as a leaf link carries them.
inline std::string frames(std::size_t size) {
  std::string bytes;
  for (unsigned i = 0; bytes.size() < size; ++i) {
    bytes += "LMSG plant.pump 67\r\n{\"seq\":" + std::to_string(100'000 + i) +
             ",\"temp\":" + std::to_string(i * 7919 % 1000) + ",\"state\":\"" +
             (i % 7 == 0 ? "off" : "on") + "\"}\r\n";
  }
  return bytes.substr(0, size);
}

/// A run, a period, frames, noise, and noise that comes again far away.
inline std::vector<std::string> samples(std::size_t size) {
  std::vector<std::string> all = {std::string(size, 'a'), noise(size), frames(size)};
  std::string period;
  while (period.size() < size) period += "0123456789abc";
  all.push_back(period.substr(0, size));
  const std::string half = noise(size / 2, 5);
  all.push_back(half + half);
  std::string sparse = noise(size, 9);
  for (std::size_t i = 0; i + 40 < size; i += 97) sparse.replace(i, 12, "recurring...");
  all.push_back(sparse);
  return all;
}

}  // namespace leafnats::wire::test
