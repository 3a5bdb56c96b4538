// SPDX-License-Identifier: Apache-2.0

#include "monitor/time_text.hpp"

#include "net/reactor.hpp"
#include "net/system_clock.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>

namespace leafnats::monitor {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// The two clocks drift by parts in a million; a start time that moved with each look would seem
// to be another connection's. Only a clock that was set moves it.
constexpr std::int64_t offset_tolerance_ns = second_ns;

std::string_view trimmed(std::string_view digits) {
  while (digits.ends_with('0')) digits.remove_suffix(1);
  return digits;
}

/// `ns` in units of `unit`, with as many decimals as it takes.
std::string in_units(std::int64_t ns, std::int64_t unit, int decimals, std::string_view name) {
  const std::string digits = fmt::format("{:0{}}", ns % unit, decimals);
  const std::string_view fraction = trimmed(digits);
  return fmt::format("{}{}{}{}", ns / unit, fraction.empty() ? "" : ".", fraction, name);
}

}  // namespace

std::string duration_text(std::int64_t ns) {
  if (ns == 0) return "0s";
  const std::string sign = ns < 0 ? "-" : "";
  const std::int64_t size = std::llabs(ns);
  if (size < 1'000) return fmt::format("{}{}ns", sign, size);
  if (size < 1'000'000) return sign + in_units(size, 1'000, 3, "\u00b5s");
  if (size < second_ns) return sign + in_units(size, 1'000'000, 6, "ms");
  const std::int64_t minutes = size / second_ns / 60;
  const std::string seconds = in_units(size - minutes * 60 * second_ns, second_ns, 9, "s");
  if (minutes == 0) return sign + seconds;
  if (minutes < 60) return fmt::format("{}{}m{}", sign, minutes, seconds);
  return fmt::format("{}{}h{}m{}", sign, minutes / 60, minutes % 60, seconds);
}

std::string uptime_text(std::int64_t ns) {
  const std::int64_t seconds = ns / second_ns;
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  const std::int64_t days = hours / 24;
  const std::int64_t years = days / 365;
  std::string text;
  if (years > 0) text += fmt::format("{}y", years);
  if (days > 0) text += fmt::format("{}d", days % 365);
  if (hours > 0) text += fmt::format("{}h", hours % 24);
  if (minutes > 0) text += fmt::format("{}m", minutes % 60);
  return text + fmt::format("{}s", seconds % 60);
}

std::int64_t WallClock::now() noexcept {
  return net::SystemClock().unix_ns();
}

std::int64_t WallClock::from_shard(std::int64_t shard_ns) noexcept {
  // One for the process, as there is one pair of clocks. Relaxed: any recent value will do.
  static std::atomic<std::int64_t> offset{0};
  const std::int64_t fresh = now() - net::now_ns();
  std::int64_t kept = offset.load(std::memory_order_relaxed);
  if (std::llabs(fresh - kept) > offset_tolerance_ns) {
    offset.store(fresh, std::memory_order_relaxed);
    kept = fresh;
  }
  return shard_ns + kept;
}

}  // namespace leafnats::monitor
