// SPDX-License-Identifier: Apache-2.0
//
// Writes the elements of a block, each in the shortest form there is for it, and tells beforehand
// what a copy would cost. A block that passes its limit is given up; `slack_bytes` beyond the limit
// may be written to, so that this need not be asked for each byte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/s2_frame.hpp"

namespace leafnats::wire::s2 {

class ElementWriter {
 public:
  static constexpr std::size_t slack_bytes = 32;

  /// `to` has room for `limit` + slack_bytes.
  ElementWriter(char* to, std::size_t limit) noexcept : begin_(to), at_(to), limit_(limit) {}

  /// Bytes written; beyond the limit the block is no use.
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

  /// The offset of the last copy, which another copy repeats cheaply; 0 before the first.
  [[nodiscard]] std::size_t last_offset() const noexcept { return last_offset_; }

  /// `readable` bytes from `from` on may be read, to move short literals in one go. False if the
  /// block gets too large.
  bool literal(const char* from, std::size_t length, std::size_t readable) noexcept {
    if (length == 0) return true;
    if (size() + length > limit_) return false;
    const std::size_t less_one = length - 1;
    if (less_one < 16 && readable >= 16) {
      *at_ = static_cast<char>(less_one << 2);
      std::memcpy(at_ + 1, from, 16);
      at_ += 1 + length;
      return true;
    }
    if (less_one < 60) {
      *at_++ = static_cast<char>(less_one << 2);
    } else {
      const std::size_t bytes = bytes_of(less_one);
      *at_++ = static_cast<char>((59 + bytes) << 2);
      at_ = write_little(at_, static_cast<std::uint32_t>(less_one), bytes);
    }
    std::memcpy(at_, from, length);
    at_ += length;
    return true;
  }

  /// A copy of at least four bytes.
  bool copy(std::size_t offset, std::size_t length) noexcept {
    if (size() > limit_) return false;
    if (offset == last_offset_) {
      repeat(offset, length);
      return true;
    }
    last_offset_ = offset;
    if (offset >= 65536) {
      const std::size_t first = first_part(length, 64);
      *at_++ = static_cast<char>((first - 1) << 2 | 3);
      at_ = write_little(at_, static_cast<std::uint32_t>(offset), 4);
      length -= first;
    } else if (offset < 2048 && (length < 12 || length > 64)) {
      const std::size_t first = first_part(length, 11);
      short_copy(offset, first);
      length -= first;
    } else {
      const std::size_t first = first_part(length, 64);
      *at_++ = static_cast<char>((first - 1) << 2 | 2);
      at_ = write_little(at_, static_cast<std::uint32_t>(offset), 2);
      length -= first;
    }
    if (length != 0) repeat(offset, length);
    return true;
  }

 private:
  [[nodiscard]] static std::size_t bytes_of(std::size_t number) noexcept {
    return number < 0x100 ? 1 : number < 0x10000 ? 2 : number < 0x1000000 ? 3 : 4;
  }

  /// How much of `length` the first element takes: what is left must be nothing or enough for a
  /// repeat.
  [[nodiscard]] static std::size_t first_part(std::size_t length, std::size_t most) noexcept {
    if (length <= most) return length;
    return length - most >= 4 ? most : most - 4;
  }

  void short_copy(std::size_t offset, std::size_t length) noexcept {
    *at_++ = static_cast<char>(offset >> 8 << 5 | (length - 4) << 2 | 1);
    *at_++ = static_cast<char>(offset & 0xff);
  }

  void repeat(std::size_t offset, std::size_t length) noexcept {
    if (length > 8 && length < 12 && offset < 2048) {
      short_copy(offset, length);
      return;
    }
    const auto tag = [this](std::size_t code) {
      *at_++ = static_cast<char>(code << 2 | 1);
      *at_++ = 0;
    };
    if (length <= 8) {
      tag(length - 4);
    } else if (length < 260) {
      tag(5);
      at_ = write_little(at_, static_cast<std::uint32_t>(length - 8), 1);
    } else if (length < 65540) {
      tag(6);
      at_ = write_little(at_, static_cast<std::uint32_t>(length - 260), 2);
    } else {
      tag(7);
      at_ = write_little(at_, static_cast<std::uint32_t>(length - 65540), 3);
    }
  }

  char* begin_;
  char* at_;
  std::size_t limit_;
  std::size_t last_offset_ = 0;
};

/// Bytes that a copy takes, as a match finder weighs it. Exact up to 64 bytes.
[[nodiscard]] constexpr int copy_cost(std::size_t offset, std::size_t length,
                                      bool repeats) noexcept {
  if (repeats) return length <= 8 || (length < 12 && offset < 2048) ? 2 : length < 260 ? 3 : 4;
  const int first = offset >= 65536 ? 5 : offset < 2048 && length < 12 ? 2 : 3;
  return length <= 64 ? first : first + 2;
}

}  // namespace leafnats::wire::s2
