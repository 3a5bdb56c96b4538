// SPDX-License-Identifier: Apache-2.0
//
// What simulated messages carry: each names itself, in its payload or, if that is too short, at
// the end of its reply subject, and the rest of its payload follows from its id, so that every
// byte that arrives can be checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::sim {

inline constexpr std::uint32_t never_published = ~std::uint32_t{0};

/// "m<id>;" and bytes that follow from the id, line ends among them; empty if it has no room.
[[nodiscard]] std::string payload_of(std::uint32_t id, std::size_t size);
[[nodiscard]] std::string headers_of(std::uint32_t id);

/// The id that a message names, wherever it does.
[[nodiscard]] std::optional<std::uint32_t> id_of(std::string_view reply, std::string_view payload);

/// A decimal number and nothing else.
[[nodiscard]] std::optional<std::uint32_t> number_of(std::string_view digits);

/// Payloads from here on have room for an id.
inline constexpr std::size_t named_payload_bytes_min = 12;

}  // namespace leafnats::sim
