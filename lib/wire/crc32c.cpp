// SPDX-License-Identifier: Apache-2.0
//
// The instruction takes eight bytes in three cycles, but can begin one each cycle. So long inputs
// are read as three lanes at once, whose registers are then joined: going on over n bytes is a
// linear map of the register, tabulated here for the two lane lengths.
#include "wire/crc32c.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define LEAFNATS_CRC32C_TARGET __attribute__((target("sse4.2")))
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define LEAFNATS_CRC32C_TARGET
#endif

namespace leafnats::wire {

namespace {

using ByteTable = std::array<std::uint32_t, 256>;

constexpr std::uint32_t polynomial = 0x82f63b78;

constexpr std::array<ByteTable, 8> make_tables() {
  std::array<ByteTable, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
    tables[0][byte] = value;
  }
  for (std::size_t i = 1; i < tables.size(); ++i) {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[i - 1][byte];
      tables[i][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}
constexpr std::array<ByteTable, 8> tables = make_tables();

std::uint32_t load32(const char* from) noexcept {
  std::array<unsigned char, 4> bytes;
  std::memcpy(bytes.data(), from, bytes.size());
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

std::uint32_t take_byte(std::uint32_t crc, char byte) noexcept {
  return (crc >> 8) ^ tables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xff];
}

#if defined(LEAFNATS_CRC32C_TARGET)

#if defined(__x86_64__)
LEAFNATS_CRC32C_TARGET inline std::uint64_t take_word(std::uint64_t crc, std::uint64_t word) {
  return _mm_crc32_u64(crc, word);
}
bool has_instruction() noexcept {
  static const bool found = __builtin_cpu_supports("sse4.2") != 0;
  return found;
}
#else
inline std::uint64_t take_word(std::uint64_t crc, std::uint64_t word) {
  return __crc32cd(static_cast<std::uint32_t>(crc), word);
}
constexpr bool has_instruction() noexcept { return true; }
#endif

std::uint64_t load64(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;  // both kinds of processor are little-endian
}

/// What a register becomes by `length` zero bytes, for each of its four bytes.
using LaneShift = std::array<ByteTable, 4>;

constexpr std::uint32_t shift_by_zeros(std::uint32_t crc, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) crc = (crc >> 8) ^ tables[0][crc & 0xff];
  return crc;
}

LaneShift make_shift(std::size_t length) noexcept {
  // The map is linear: the images of the 32 single bits give all others.
  std::array<std::uint32_t, 32> images{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    images[bit] = shift_by_zeros(std::uint32_t{1} << bit, length);
  }
  LaneShift shift{};
  for (std::size_t place = 0; place < 4; ++place) {
    for (std::size_t byte = 1; byte < 256; ++byte) {
      const auto low = static_cast<std::size_t>(std::countr_zero(byte));
      shift[place][byte] = shift[place][byte & (byte - 1)] ^ images[place * 8 + low];
    }
  }
  return shift;
}

std::uint64_t apply(const LaneShift& shift, std::uint64_t crc) noexcept {
  return shift[0][crc & 0xff] ^ shift[1][crc >> 8 & 0xff] ^ shift[2][crc >> 16 & 0xff] ^
         shift[3][crc >> 24 & 0xff];
}

constexpr std::size_t long_lane = 4096;
constexpr std::size_t short_lane = 256;

LEAFNATS_CRC32C_TARGET std::uint64_t take_lanes(std::uint64_t crc, std::string_view& bytes,
                                                std::size_t lane, const LaneShift& shift) {
  while (bytes.size() >= 3 * lane) {
    const char* const from = bytes.data();
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < lane; i += 8) {
      crc = take_word(crc, load64(from + i));
      second = take_word(second, load64(from + lane + i));
      third = take_word(third, load64(from + 2 * lane + i));
    }
    crc = apply(shift, apply(shift, crc) ^ second) ^ third;
    bytes.remove_prefix(3 * lane);
  }
  return crc;
}

LEAFNATS_CRC32C_TARGET std::uint32_t crc32c_by_instruction(std::string_view bytes) {
  static const LaneShift long_shift = make_shift(long_lane);
  static const LaneShift short_shift = make_shift(short_lane);
  std::uint64_t crc = 0xffffffff;
  crc = take_lanes(crc, bytes, long_lane, long_shift);
  crc = take_lanes(crc, bytes, short_lane, short_shift);
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) crc = take_word(crc, load64(bytes.data()));
  auto rest = static_cast<std::uint32_t>(crc);
  for (const char byte : bytes) rest = take_byte(rest, byte);
  return ~rest;
}

#endif

}  // namespace

std::uint32_t crc32c_by_table(std::string_view bytes) noexcept {
  std::uint32_t crc = 0xffffffff;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    const std::uint32_t low = load32(bytes.data()) ^ crc;
    const std::uint32_t high = load32(bytes.data() + 4);
    crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
          tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^
          tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
  }
  for (const char byte : bytes) crc = take_byte(crc, byte);
  return ~crc;
}

std::uint32_t crc32c(std::string_view bytes) noexcept {
#if defined(LEAFNATS_CRC32C_TARGET)
  if (has_instruction()) return crc32c_by_instruction(bytes);
#endif
  return crc32c_by_table(bytes);
}

}  // namespace leafnats::wire
