// SPDX-License-Identifier: Apache-2.0
//
// Durations as nats-server writes them, which is as Go does: "1h30m", "1.5s", "250ms", "-1s", "0".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace leafnats::config {

/// nullopt if the text is no duration, or one of more than 292 years.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// The milliseconds of an option. Less than one becomes one, as 0 stands for the default.
[[nodiscard]] std::chrono::milliseconds to_milliseconds(std::chrono::nanoseconds duration);

}  // namespace leafnats::config
