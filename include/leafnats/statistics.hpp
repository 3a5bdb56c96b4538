// SPDX-License-Identifier: Apache-2.0
//
// Counters of a running server.
#pragma once

#include <cstdint>

namespace leafnats {

/// Totals since start(), over all shards, and what is there now. Taken without stopping anything,
/// so the numbers of different shards may be a moment apart.
struct Statistics {
  std::uint64_t in_messages = 0;      ///< from clients, leafs, hubs and in-process clients
  std::uint64_t in_bytes = 0;         ///< headers and payloads of those
  std::uint64_t out_messages = 0;     ///< copies delivered
  std::uint64_t out_bytes = 0;
  std::uint64_t slow_consumers = 0;   ///< connections cut off because they did not read
  std::int64_t connections = 0;       ///< client connections open now
  std::int64_t leaf_connections = 0;  ///< leaf links open now, accepted and solicited
  std::int64_t subscriptions = 0;     ///< of clients, leaf links and in-process clients
  unsigned shards_at_work = 0;
};

}  // namespace leafnats
