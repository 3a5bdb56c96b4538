// SPDX-License-Identifier: Apache-2.0
//
// Encodes one S2 block (see s2_decoder.hpp for the format) at one of three levels of effort:
//
//   fast    one table of the places where six bytes were last seen, looked up at every other
//           place, and less and less often where nothing repeats
//   better  two tables, for four and for eight bytes, looked up at each place
//   best    chains of all places that share four bytes; two places ahead are tried before a
//           match is taken
//
// Tables are as large as the block needs, taken for the call and given back at its end, so that
// an idle link holds none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leafnats::wire {

/// How a stream of ours is compressed; nats-server's names.
enum class S2Level : std::uint8_t { uncompressed, fast, better, best };

namespace s2 {

/// Room that encode_block() may write to for a block of `plain` bytes.
[[nodiscard]] constexpr std::size_t block_bytes_max(std::size_t plain) noexcept {
  return plain + 64;
}

/// Encodes `plain`, at most 4 MiB, to `to`, which has room for block_bytes_max(). Returns the
/// size of the block, or 0 if it would not be smaller by a thirty-second: better stored then.
[[nodiscard]] std::size_t encode_block(S2Level level, std::string_view plain, char* to);

}  // namespace s2
}  // namespace leafnats::wire
