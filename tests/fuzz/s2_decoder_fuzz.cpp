// SPDX-License-Identifier: Apache-2.0
//
// S2 from strangers. The first byte chooses: a block, which must mean to the real decoder what it
// means to the naive one; or a stream, read in pieces, which must agree too and may not take more
// memory than one block and one chunk.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "unit/wire/naive_s2.hpp"
#include "wire/s2_decoder.hpp"
#include "wire/s2_filter.hpp"

using namespace leafnats::wire;

namespace {

constexpr std::size_t block_bytes_max = 64 * 1024;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_block(std::string_view bytes) {
  const auto head = s2::read_block_head(bytes);
  if (!head || head->decoded_size > block_bytes_max) return;
  std::vector<char> out(head->decoded_size);
  const bool decoded = s2::decode_elements(bytes.substr(head->head_size), out);
  const auto expected = test::NaiveS2::block(bytes);
  require(decoded == expected.has_value());
  if (decoded) require(std::equal(out.begin(), out.end(), expected->begin(), expected->end()));
}

void try_stream(std::string_view bytes, std::size_t in_size, std::size_t out_size) {
  S2Filter filter(S2Level::fast, block_bytes_max);
  const auto expected = test::NaiveS2::stream(bytes);
  std::string plain;
  std::vector<char> space(out_size);
  while (!bytes.empty() && filter.error().empty()) {
    std::string_view piece = bytes.substr(0, in_size);
    bytes.remove_prefix(piece.size());
    for (std::size_t made = out_size; made == out_size;) {
      made = filter.decode(piece, space);
      plain.append(space.data(), made);
      require(filter.held_bytes() <= 3 * block_bytes_max);
    }
    require(piece.empty() || !filter.error().empty());
  }
  if (expected && filter.error().empty()) require(plain == *expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::vector<char> bytes(data + 1, data + size);
  const std::string_view rest(bytes.data(), bytes.size());
  if (data[0] < 128) {
    try_block(rest);
  } else {
    try_stream(rest, 1 + data[0] % 11 * 13, 1 + data[0] % 7 * 199);
  }
  return 0;
}
