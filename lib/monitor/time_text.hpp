// SPDX-License-Identifier: Apache-2.0
//
// Times and durations as nats-server's documents have them: what Go makes of time.Time and
// time.Duration, because readers parse them by Go's rules.
#pragma once

#include "base/rfc3339.hpp"

#include <cstdint>
#include <string>

namespace leafnats::monitor {

using base::rfc3339;

/// "466us" with the Greek letter for micro, "1.277370439s", "0s".
[[nodiscard]] std::string duration_text(std::int64_t ns);

/// "1d2h3m4s", in whole seconds; years have 365 days.
[[nodiscard]] std::string uptime_text(std::int64_t ns);

/// Wall-clock time, and what the shards' clock is in it.
/// Thread: any.
class WallClock {
 public:
  /// Nanoseconds since 1970.
  [[nodiscard]] static std::int64_t now() noexcept;
  /// When the clock was set meanwhile, times of the past move with it.
  [[nodiscard]] static std::int64_t from_shard(std::int64_t shard_ns) noexcept;
};

}  // namespace leafnats::monitor
