// SPDX-License-Identifier: Apache-2.0
//
// Lengths and offsets are compared with what is left before anything is read or written. Most
// elements are short: they are moved by 16 bytes at once wherever that many are left.
#include "wire/s2_decoder.hpp"

#include <algorithm>
#include <cstring>

#include "wire/s2_frame.hpp"

namespace leafnats::wire::s2 {

namespace {

constexpr std::size_t stride = 16;

struct Input {
  const char* at;
  const char* end;
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }
};

struct Output {
  char* begin;
  char* at;
  char* end;
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }
  [[nodiscard]] std::size_t made() const noexcept { return static_cast<std::size_t>(at - begin); }
};

bool take_number(Input& in, std::size_t bytes, std::uint32_t& number) noexcept {
  if (in.left() < bytes) return false;
  number = read_little(in.at, bytes);
  in.at += bytes;
  return true;
}

bool put_literal(Input& in, Output& out, std::uint32_t tag) noexcept {
  std::uint32_t less_one = tag >> 2;
  if (less_one >= 60 && !take_number(in, less_one - 59, less_one)) return false;
  if (less_one < stride && in.left() >= stride && out.left() >= stride) {
    std::memcpy(out.at, in.at, stride);
  } else {
    if (less_one >= in.left() || less_one >= out.left()) return false;
    std::memcpy(out.at, in.at, std::size_t{less_one} + 1);
  }
  in.at += std::size_t{less_one} + 1;
  out.at += std::size_t{less_one} + 1;
  return true;
}

/// The source may reach into what is being written: then bytes repeat with the period `offset`.
void copy_overlapping(char* to, std::size_t offset, std::size_t length) noexcept {
  while (length > offset) {
    // What is there already is a multiple of the period, and doubles.
    std::memcpy(to, to - offset, offset);
    to += offset;
    length -= offset;
    offset *= 2;
  }
  std::memcpy(to, to - offset, length);
}

bool put_copy(Output& out, std::size_t offset, std::size_t length) noexcept {
  if (offset == 0 || offset > out.made() || length > out.left()) return false;
  if (offset >= stride && out.left() >= length + stride) {
    for (std::size_t i = 0; i < length; i += stride) {
      std::memcpy(out.at + i, out.at + i - offset, stride);
    }
  } else {
    copy_overlapping(out.at, offset, length);
  }
  out.at += length;
  return true;
}

bool take_repeat_length(Input& in, std::uint32_t code, std::size_t& length) noexcept {
  constexpr std::uint32_t bases[] = {8, 260, 65540};
  if (code <= 4) {
    length = code + 4;
    return true;
  }
  std::uint32_t more = 0;
  if (!take_number(in, code - 4, more)) return false;
  length = std::size_t{bases[code - 5]} + more;
  return true;
}

/// `offset` is that of the copy before, and becomes that of this one.
bool take_copy(Input& in, std::uint32_t tag, std::size_t& offset, std::size_t& length) noexcept {
  std::uint32_t number = 0;
  if ((tag & 3) == 1) {
    if (!take_number(in, 1, number)) return false;
    number |= (tag & 0xe0) << 3;
    if (number == 0) return take_repeat_length(in, tag >> 2 & 7, length);
    length = 4 + (tag >> 2 & 7);
  } else {
    if (!take_number(in, (tag & 3) == 2 ? 2 : 4, number)) return false;
    length = (tag >> 2) + 1;
  }
  offset = number;
  return true;
}

}  // namespace

std::optional<BlockHead> read_block_head(std::string_view block) noexcept {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(block.size(), 5); ++i) {
    const auto byte = static_cast<unsigned char>(block[i]);
    size |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      if (size > UINT32_MAX) return std::nullopt;
      return BlockHead{static_cast<std::uint32_t>(size), i + 1};
    }
  }
  return std::nullopt;
}

bool decode_elements(std::string_view elements, std::span<char> space) noexcept {
  Input in{elements.data(), elements.data() + elements.size()};
  Output out{space.data(), space.data(), space.data() + space.size()};
  std::size_t offset = 0;
  while (in.at != in.end) {
    const auto tag = static_cast<unsigned char>(*in.at++);
    if ((tag & 3) == 0) {
      if (!put_literal(in, out, tag)) return false;
      continue;
    }
    std::size_t length = 0;
    if (!take_copy(in, tag, offset, length) || !put_copy(out, offset, length)) return false;
  }
  return out.at == out.end;
}

}  // namespace leafnats::wire::s2
