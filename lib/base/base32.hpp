// SPDX-License-Identifier: Apache-2.0
//
// Base32 with the standard alphabet and without padding (RFC 4648, section 6), and the checksum
// that goes with it in nkeys: together the text form of every key and server id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace leafnats::base {

/// Characters that `bytes` bytes take.
[[nodiscard]] constexpr std::size_t base32_size(std::size_t bytes) noexcept {
  return (bytes * 8 + 4) / 5;
}

[[nodiscard]] std::string encode_base32(std::span<const unsigned char> bytes);

/// Fills `bytes` if `text` is exactly what encode_base32() makes of that many bytes; false, and
/// `bytes` is to be ignored, if it is not.
[[nodiscard]] bool decode_base32(std::string_view text, std::span<unsigned char> bytes) noexcept;

/// CRC-16/XMODEM.
[[nodiscard]] std::uint16_t crc16(std::span<const unsigned char> bytes) noexcept;

}  // namespace leafnats::base
