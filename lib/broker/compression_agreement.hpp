// SPDX-License-Identifier: Apache-2.0
//
// What two ends of a leaf link make of what each wants. Both compute it from the same two INFO
// lines, so the table is symmetric in whether and in which format they compress; the level is each
// end's own affair. S2 is agreed on as nats-server does (2.10 to 2.15). zstd is an extension: a
// node that would use it names its window beside a mode that nats-server understands.
#pragma once

#include <leafnats/compression.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace leafnats::broker {

/// What one end says of itself in INFO.
struct CompressionOffer {
  std::string_view mode;              ///< "compression"; empty: knows of none
  std::int64_t zstd_window_log = 0;   ///< "zstd_window"; 0: no zstd
  std::uint64_t zstd_dictionary = 0;  ///< "zstd_dictionary", its zstd_dictionary_id()
};

/// How this end sends, and what it must expect.
struct CompressionAgreement {
  enum class Format : std::uint8_t { plain, s2, zstd };

  Format format = Format::plain;
  CompressionMode mode = CompressionMode::off;  ///< if plain: off or not_supported
  int zstd_window_log = 0;
  bool with_dictionary = false;
};

/// The name in INFO and CONNECT: "s2_auto", "not supported".
[[nodiscard]] std::string_view to_string(CompressionMode mode) noexcept;

/// Whether this end negotiates at all.
[[nodiscard]] constexpr bool negotiates(CompressionMode mode) noexcept {
  return mode != CompressionMode::off && mode != CompressionMode::not_supported;
}

[[nodiscard]] CompressionOffer offer_of(const CompressionOptions& ours) noexcept;

/// Nothing if the peer names a mode that does not exist. `ours` negotiates.
[[nodiscard]] std::optional<CompressionAgreement> agree(const CompressionOptions& ours,
                                                        const CompressionOffer& theirs) noexcept;

}  // namespace leafnats::broker
