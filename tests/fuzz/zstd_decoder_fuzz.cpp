// SPDX-License-Identifier: Apache-2.0
//
// zstd from strangers: memory stays within what a window costs, and the pieces in which bytes
// come and go change nothing about what they mean.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "wire/zstd_filter.hpp"

using namespace leafnats::wire;

namespace {

constexpr std::size_t held_bytes_max = 400 * 1024;
constexpr std::size_t plain_bytes_max = 256 * 1024;

void require(bool holds) {
  if (!holds) std::abort();
}

/// At most plain_bytes_max: a few bytes may mean gigabytes.
std::string decode(std::string_view bytes, std::size_t in_size, std::size_t out_size) {
  ZstdFilter filter({});
  std::string plain;
  std::vector<char> space(out_size);
  while (!bytes.empty() && filter.error().empty() && plain.size() < plain_bytes_max) {
    std::string_view piece = bytes.substr(0, in_size);
    bytes.remove_prefix(piece.size());
    for (std::size_t made = out_size; made == out_size && plain.size() < plain_bytes_max;) {
      made = filter.decode(piece, space);
      plain.append(space.data(), made);
      require(filter.held_bytes() <= held_bytes_max);
    }
  }
  return plain.substr(0, plain_bytes_max);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = decode(bytes, size + 1, 64 * 1024);
  const std::string pieces = decode(bytes, 1 + size % 13, 777);
  // A broken block is noticed sooner or later, depending on what of it has come.
  require(std::equal(
      pieces.begin(),
      pieces.begin() + static_cast<std::ptrdiff_t>(std::min(pieces.size(), whole.size())),
      whole.begin()));
  return 0;
}
