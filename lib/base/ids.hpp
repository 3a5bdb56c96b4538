// SPDX-License-Identifier: Apache-2.0
//
// Identities. Distinct integers are distinct types, so that one cannot be passed for another; a
// ConnectionId carries a generation, so that one kept too long is noticed.
#pragma once

#include <compare>
#include <cstdint>

namespace leafnats::base {

/// Index of a shard within its server.
enum class ShardId : std::uint8_t {};

constexpr unsigned to_index(ShardId id) noexcept { return static_cast<unsigned>(id); }

/// A connection within its server: the shard that owns it and the number shown to peers as
/// client_id. Numbers are never used again while the server runs, so the number is also the
/// generation.
struct ConnectionId {
  ShardId shard{};
  std::uint64_t number = 0;  ///< 0: no connection

  auto operator<=>(const ConnectionId&) const = default;
};

}  // namespace leafnats::base
