// SPDX-License-Identifier: Apache-2.0
//
// S2 decoded as the specification reads: one byte at a time, into a string, with no thought of
// speed. What the real decoder says must be what this one says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/crc32c.hpp"

namespace leafnats::wire::test {

class NaiveS2 {
 public:
  /// The plain bytes of a block without its length; nothing if it is not a block of that size.
  static std::optional<std::string> elements(std::string_view bytes, std::size_t size) {
    NaiveS2 self{bytes, size};
    while (self.at_ < bytes.size()) {
      if (!self.element()) return std::nullopt;
    }
    if (self.out_.size() != size) return std::nullopt;
    return self.out_;
  }

  static std::optional<std::string> block(std::string_view bytes) {
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < bytes.size() && i < 5; ++i) {
      size += static_cast<std::uint64_t>(bytes[i] & 0x7f) << (7 * i);
      if ((bytes[i] & 0x80) == 0) {
        if (size > 0xffffffff) return std::nullopt;
        return elements(bytes.substr(i + 1), size);
      }
    }
    return std::nullopt;
  }

  /// The plain bytes of a whole stream.
  static std::optional<std::string> stream(std::string_view bytes) {
    std::string plain;
    bool identified = false;
    while (!bytes.empty()) {
      if (bytes.size() < 4) return std::nullopt;
      const unsigned type = byte_of(bytes[0]);
      const std::size_t size = byte_of(bytes[1]) | byte_of(bytes[2]) << 8 | byte_of(bytes[3]) << 16;
      if (bytes.size() < 4 + size) return std::nullopt;
      const std::string_view body = bytes.substr(4, size);
      bytes.remove_prefix(4 + size);
      if (type == 0xff) {
        if (body != "S2sTwO" && body != "sNaPpY") return std::nullopt;
        identified = true;
        continue;
      }
      if (!identified) return std::nullopt;
      if (type >= 0x80) continue;
      if (type > 1 || size < 4) return std::nullopt;
      const std::optional<std::string> part =
          type == 0 ? block(body.substr(4)) : std::string(body.substr(4));
      if (!part) return std::nullopt;
      const std::uint32_t sum = crc32c_by_table(*part);
      const std::uint32_t masked = (sum >> 15 | sum << 17) + 0xa282ead8;
      for (unsigned i = 0; i < 4; ++i) {
        if (byte_of(body[i]) != (masked >> (8 * i) & 0xff)) return std::nullopt;
      }
      plain += *part;
    }
    return plain;
  }

 private:
  NaiveS2(std::string_view bytes, std::size_t size) : bytes_(bytes), size_(size) {}

  static unsigned byte_of(char byte) { return static_cast<unsigned char>(byte); }

  bool number(std::size_t bytes, std::uint64_t& value) {
    value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      if (at_ == bytes_.size()) return false;
      value |= std::uint64_t{byte_of(bytes_[at_++])} << (8 * i);
    }
    return true;
  }

  bool element() {
    std::uint64_t tag = 0;
    number(1, tag);
    std::uint64_t length = 0;
    if ((tag & 3) == 0) {
      length = tag >> 2;
      if (length >= 60 && !number(length - 59, length)) return false;
      for (std::uint64_t i = 0; i <= length; ++i) {
        if (at_ == bytes_.size() || out_.size() == size_) return false;
        out_ += bytes_[at_++];
      }
      return true;
    }
    std::uint64_t offset = 0;
    if (!number((tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4, offset)) return false;
    if ((tag & 3) != 1) {
      length = 1 + (tag >> 2);
      offset_ = offset;
    } else {
      offset |= (tag >> 5) << 8;
      length = 4 + (tag >> 2 & 7);
      if (offset != 0) {
        offset_ = offset;
      } else if (length > 8) {
        constexpr std::uint64_t bases[] = {8, 260, 65540};
        const std::uint64_t base = bases[length - 9];
        if (!number(length - 8, length)) return false;
        length += base;
      }
    }
    for (std::uint64_t i = 0; i < length; ++i) {
      if (offset_ == 0 || offset_ > out_.size() || out_.size() == size_) return false;
      out_ += out_[out_.size() - offset_];
    }
    return true;
  }

  std::string_view bytes_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
  std::string out_;
};

}  // namespace leafnats::wire::test
