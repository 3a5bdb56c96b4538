// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), the checksum of S2 and Snappy chunks. It
// is taken of every byte that a compressed link carries, so the processor's instruction is used
// where there is one: found when first asked on x86-64, known when compiled on ARM.
#pragma once

#include <cstdint>
#include <string_view>

namespace leafnats::wire {

/// The checksum of `bytes`, by the quickest means of this processor.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;

/// The same by table, on any processor.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes) noexcept;

}  // namespace leafnats::wire
