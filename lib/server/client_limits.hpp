// SPDX-License-Identifier: Apache-2.0
//
// The bounds of in-process clients that are not options: what happens at each stands beside it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace leafnats::limits {

/// What one client's queue may make the shard do at a stretch, as many bytes as four reads of a
/// connection bring. The rest queues up again, so that sockets get their share between.
inline constexpr std::size_t client_turn_bytes = 256 * 1024;

/// Memory that an emptied queue of a client keeps for its next burst.
inline constexpr std::size_t client_queue_bytes_kept = 256 * 1024;

/// Requests of one client that wait for answers. The next one is answered with limit_exceeded:
/// that many unanswered ones mean that nobody answers.
inline constexpr std::size_t client_requests_max = 65'536;

/// Longer timeouts are cut to this, so that no deadline overflows.
inline constexpr std::chrono::milliseconds client_timeout_max = std::chrono::hours(24 * 365);

/// flush() asks again whether all shards know of its subscriptions, first after `min`, then after
/// twice as long each time up to `max`: an acknowledgement takes tens of microseconds.
inline constexpr std::int64_t settle_retry_ns_min = 100'000;
inline constexpr std::int64_t settle_retry_ns_max = 5'000'000;

}  // namespace leafnats::limits
