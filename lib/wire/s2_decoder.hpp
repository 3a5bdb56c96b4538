// SPDX-License-Identifier: Apache-2.0
//
// Decodes one S2 block: the decoded length as a varint, then elements, each beginning with a tag
// byte whose low two bits tell its kind:
//
//   00  literal: length - 1 in the upper six bits, or 60..63: in 1 to 4 bytes that follow
//   01  copy, length 4..11 in three bits, offset in eleven; offset 0 repeats the last offset, with
//       a length of 4..8, or 5, 6, 7: 8, 260, 65540 more than the number in 1, 2, 3 bytes
//   10  copy, length 1..64 in six bits, offset in two bytes
//   11  copy, length 1..64 in six bits, offset in four bytes
//
// Snappy's blocks are those that repeat nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace leafnats::wire::s2 {

struct BlockHead {
  std::uint32_t decoded_size = 0;
  std::size_t head_size = 0;  ///< bytes of the varint
};

/// Nothing if the varint is cut off or no number of 32 bits. The caller compares the size with
/// its bound before it takes memory.
[[nodiscard]] std::optional<BlockHead> read_block_head(std::string_view block) noexcept;

/// Decodes what follows the head into `out`, which must have the decoded size. False if it is not
/// a block, or makes more or fewer bytes; `out` then holds rubbish.
[[nodiscard]] bool decode_elements(std::string_view elements, std::span<char> out) noexcept;

}  // namespace leafnats::wire::s2
