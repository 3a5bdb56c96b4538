// SPDX-License-Identifier: Apache-2.0
//
// The daily windows in which a user may be connected. Windows are written in the local time of a
// zone, so what a zone's clock shows is handed in; the days on which clocks change are the reason
// that a window's end is a moment and not a number of seconds.
#pragma once

#include "auth/claims.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace leafnats::auth {

/// What clocks show. Thread: any.
class TimeZones {
 public:
  virtual ~TimeZones() = default;
  /// Seconds that local time is ahead of UTC at `unix_time`, in a zone by its IANA name
  /// ("Europe/Berlin") or, if that is empty, in the server's own. Nothing: no such zone.
  [[nodiscard]] virtual std::optional<std::int64_t> offset_at(const std::string& zone,
                                                              std::int64_t unix_time) const = 0;
};

/// Seconds since midnight of "15:04:05"; nothing if it is no time of day.
[[nodiscard]] std::optional<std::int64_t> seconds_of_day(std::string_view text) noexcept;

/// Until when the windows let a user stay who comes at `now`: the latest end of those that are
/// open. Without windows: 0, for ever. Nothing: all are closed, or the zone is not known.
[[nodiscard]] std::optional<std::int64_t> open_until(std::span<const TimeRange> windows,
                                                     const std::string& zone, std::int64_t now,
                                                     const TimeZones& zones);

}  // namespace leafnats::auth
