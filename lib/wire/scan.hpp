// SPDX-License-Identifier: Apache-2.0
//
// Looks at a control line sixteen bytes at a time. For each byte two questions are answered with
// one bit: is it the line end, is it a blank. One pass so finds the end of a line and all its
// arguments: no byte is looked at twice, and no loop runs over single bytes.
//
// SSE2 is part of every x86-64; other processors take the portable version, which does the same
// with 64-bit words. Both are compiled everywhere they can be, so that a test can compare them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace leafnats::wire::scan {

inline constexpr std::size_t block_bytes = 16;

/// Bit i stands for byte i of the block.
struct BlockBits {
  std::uint32_t line_end;
  std::uint32_t blank;
};

/// A CR counts as a blank wherever it stands. nats-server does that with the arguments of SUB,
/// UNSUB and all leaf operations, but lets a CR into the subject of a PUB, which its own leaf
/// parser then takes for two arguments. No subject of ours can hold one.
[[nodiscard]] constexpr bool is_blank(char byte) noexcept {
  return byte == ' ' || byte == '\t' || byte == '\r';
}

namespace portable {

/// 0x80 in each byte of `word` that equals `byte`. Exact: no carry crosses a byte.
constexpr std::uint64_t equal_bytes(std::uint64_t word, char byte) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t low_seven = 0x7f7f7f7f7f7f7f7f;
  const std::uint64_t difference = word ^ (ones * static_cast<unsigned char>(byte));
  return ~(((difference & low_seven) + low_seven) | difference | low_seven);
}

/// Gathers the eight 0x80 bits into one byte, first byte of the word lowest.
constexpr std::uint32_t gather(std::uint64_t high_bits) noexcept {
  return static_cast<std::uint32_t>(((high_bits >> 7) * 0x0102040810204080) >> 56);
}

inline BlockBits look_at_half(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return {gather(equal_bytes(word, '\n')),
          gather(equal_bytes(word, ' ') | equal_bytes(word, '\t') | equal_bytes(word, '\r'))};
}

inline BlockBits look_at_block(const char* at) noexcept {
  const BlockBits low = look_at_half(at);
  const BlockBits high = look_at_half(at + 8);
  return {low.line_end | high.line_end << 8, low.blank | high.blank << 8};
}

}  // namespace portable

#if defined(__SSE2__)
inline BlockBits look_at_block(const char* at) noexcept {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto equals = [block](char byte) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(byte)); };
  const __m128i blank = _mm_or_si128(_mm_or_si128(equals(' '), equals('\t')), equals('\r'));
  return {static_cast<std::uint32_t>(_mm_movemask_epi8(equals('\n'))),
          static_cast<std::uint32_t>(_mm_movemask_epi8(blank))};
}
#else
using portable::look_at_block;
#endif

/// How much of a line is kept as bits: any line that comes often. Behind it bytes are looked at.
inline constexpr std::size_t word_bits = 64;
inline constexpr std::size_t mapped_bytes = 4 * word_bits;

struct Line {
  const char* end = nullptr;  ///< the LF, or null if there is none before the end of the input
  /// Where blanks and the LF are, as far as the line reaches and the map does.
  std::uint64_t stops[mapped_bytes / word_bits];
};

/// The bits of the block at `at`, where only `rest` bytes may be read: they may be the last of a
/// page.
inline BlockBits look_at_rest(const char* at, std::size_t rest) noexcept {
  if (rest >= block_bytes) return look_at_block(at);
  char block[block_bytes] = {};
  std::memcpy(block, at, rest);
  return look_at_block(block);
}

/// Goes on at offset `at`, a multiple of word_bits, with a line that has no LF before it.
[[gnu::noinline]] inline void find_line_from(std::size_t at, const char* begin, const char* end,
                                             Line& line) noexcept {
  const std::size_t size = static_cast<std::size_t>(end - begin);
  for (; at < size && at < mapped_bytes; at += block_bytes) {
    const BlockBits bits = look_at_rest(begin + at, size - at);
    std::uint64_t& stops = line.stops[at / word_bits];
    if (at % word_bits == 0) stops = 0;
    stops |= static_cast<std::uint64_t>(bits.blank | bits.line_end) << at % word_bits;
    if (bits.line_end != 0) {
      line.end = begin + at + std::countr_zero(bits.line_end);
      return;
    }
  }
  if (at >= size) return;
  line.end = static_cast<const char*>(std::memchr(begin + at, '\n', size - at));
}

/// Looks for the LF of the line that starts at `begin`. Most lines end in the first word of the
/// map and have more than that behind them.
inline Line find_line(const char* begin, const char* end) noexcept {
  Line line;
  std::size_t at = 0;
  if (end - begin >= static_cast<std::ptrdiff_t>(word_bits)) [[likely]] {
    std::uint64_t stops = 0;
    for (; at < word_bits; at += block_bytes) {
      const BlockBits bits = look_at_block(begin + at);
      stops |= static_cast<std::uint64_t>(bits.blank | bits.line_end) << at;
      if (bits.line_end != 0) {
        line.stops[0] = stops;
        line.end = begin + at + std::countr_zero(bits.line_end);
        return line;
      }
    }
    line.stops[0] = stops;
  }
  find_line_from(at, begin, end, line);
  return line;
}

/// Cuts the arguments of a line one by one.
class Cutter {
 public:
  /// Starts `at` bytes behind the line's beginning.
  /// Lifetime: refers to the line and its bytes.
  Cutter(const char* begin, const Line& line, std::size_t at) noexcept
      : line_(line), begin_(begin), at_(begin + at), ahead_(line.stops[0] >> at) {}

  /// The next argument, or false if there is no more; then `argument` is untouched.
  bool next(std::string_view& argument) noexcept {
    while (at_ < line_.end) {
      const char* const word = at_;
      const std::size_t size = take_to_stop();
      if (size != 0) [[likely]] {
        argument = {word, size};
        return true;
      }
    }
    return false;
  }

 private:
  // Moves behind the next stop and returns the number of bytes before it. There always is a stop:
  // the LF.
  std::size_t take_to_stop() noexcept {
    if (ahead_ == 0) [[unlikely]] {
      const std::size_t at = static_cast<std::size_t>(at_ - begin_);
      if (at < mapped_bytes) ahead_ = line_.stops[at / word_bits] >> at % word_bits;
      if (ahead_ == 0) return take_to_far_stop(at);
    }
    const unsigned size = static_cast<unsigned>(std::countr_zero(ahead_));
    ahead_ = ahead_ >> size >> 1;
    at_ += size + 1;
    return size;
  }

  // The same for a stop that is not in the word of the map that shows the byte at offset `at`.
  [[gnu::noinline]] std::size_t take_to_far_stop(std::size_t at) noexcept {
    const std::size_t from = at;
    for (at = (at / word_bits + 1) * word_bits; at < mapped_bytes; at += word_bits) {
      const std::uint64_t stops = line_.stops[at / word_bits];
      if (stops == 0) continue;
      at_ = begin_ + at + std::countr_zero(stops) + 1;
      return static_cast<std::size_t>(at_ - 1 - begin_) - from;
    }
    at_ = begin_ + (from < mapped_bytes ? mapped_bytes : from);
    while (at_ != line_.end && !is_blank(*at_)) ++at_;
    return static_cast<std::size_t>(at_++ - begin_) - from;
  }

  const Line& line_;
  const char* begin_;
  const char* at_;
  std::uint64_t ahead_;  // stops from at_ on, as far as the word of the map goes that has at_
};

}  // namespace leafnats::wire::scan
