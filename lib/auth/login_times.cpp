// SPDX-License-Identifier: Apache-2.0
//
// A window is open from its start on and closed at its end. One whose end is not after its start
// goes across midnight; one whose end is its start is never open (nats-server).

#include "auth/login_times.hpp"

#include <algorithm>

namespace leafnats::auth {
namespace {

constexpr std::int64_t day = 24 * 60 * 60;

/// The moment at which a zone's clock shows `local`. Where clocks were put forward past it, or
/// back and show it twice, one of the moments that are right by one of the two offsets.
std::optional<std::int64_t> moment_of(std::int64_t local, const std::string& zone,
                                      const TimeZones& zones) {
  const auto guess = zones.offset_at(zone, local);
  const auto offset = guess ? zones.offset_at(zone, local - *guess) : guess;
  return offset ? std::optional(local - *offset) : std::nullopt;
}

/// Two digits, or one if `may_be_short`.
std::optional<int> take_number(std::string_view& text, bool may_be_short) noexcept {
  std::size_t digits = 0;
  int number = 0;
  while (digits < 2 && digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    number = number * 10 + (text[digits++] - '0');
  }
  if (digits == 0 || (digits == 1 && !may_be_short)) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take_colon(std::string_view& text) noexcept {
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::int64_t> seconds_of_day(std::string_view text) noexcept {
  const auto hour = take_number(text, true);
  if (!hour || *hour > 23 || !take_colon(text)) return std::nullopt;
  const auto minute = take_number(text, false);
  if (!minute || *minute > 59 || !take_colon(text)) return std::nullopt;
  const auto second = take_number(text, false);
  if (!second || *second > 59 || !text.empty()) return std::nullopt;
  return *hour * 3600 + *minute * 60 + *second;
}

std::optional<std::int64_t> open_until(std::span<const TimeRange> windows, const std::string& zone,
                                       std::int64_t now, const TimeZones& zones) {
  if (windows.empty()) return 0;
  const auto offset = zones.offset_at(zone, now);
  if (!offset) return std::nullopt;
  const std::int64_t local = now + *offset;
  const std::int64_t midnight = local - ((local % day) + day) % day;
  std::optional<std::int64_t> latest;
  const auto try_window = [&](std::int64_t from, std::int64_t to) {
    const auto start = moment_of(from, zone, zones);
    const auto end = moment_of(to, zone, zones);
    if (start && end && *start <= now && now < *end) latest = std::max(latest.value_or(*end), *end);
  };
  for (const TimeRange& window : windows) {
    const auto start = seconds_of_day(window.start);
    const auto end = seconds_of_day(window.end);
    if (!start || !end) return std::nullopt;
    if (*start < *end) {
      try_window(midnight + *start, midnight + *end);
    } else if (*start > *end) {
      try_window(midnight - day + *start, midnight + *end);
      try_window(midnight + *start, midnight + day + *end);
    }
  }
  return latest;
}

}  // namespace leafnats::auth
