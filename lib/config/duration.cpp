// SPDX-License-Identifier: Apache-2.0
//
// A sum of decimal numbers with units; the sign stands in front of the whole.
#include "config/duration.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace leafnats::config {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

/// Longer names first where one begins with another. The micro sign has two code points.
constexpr Unit units[] = {
    {"ns", 1},         {"us", 1'000},        {"\u00b5s", 1'000},    {"\u03bcs", 1'000},
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};

std::size_t count_digits(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  return end == text.npos ? text.size() : end;
}

/// Takes "12.5s" off the front of `text` and adds it to `total`. The whole part is exact; the
/// fraction is less than a unit, so that a double is exact enough for it.
bool take_part(std::string_view& text, std::int64_t& total) {
  const std::size_t whole_digits = count_digits(text);
  const std::string_view whole_text = text.substr(0, whole_digits);
  text.remove_prefix(whole_digits);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = text.substr(0, count_digits(text));
    text.remove_prefix(fraction.size());
  }
  std::int64_t whole = 0;
  if ((whole_text.empty() && fraction.empty()) ||
      std::from_chars(whole_text.data(), whole_text.data() + whole_digits, whole).ec ==
          std::errc::result_out_of_range) {
    return false;
  }
  for (const Unit& unit : units) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      double rest = 0;
      for (auto digit = fraction.rbegin(); digit != fraction.rend(); ++digit) {
        rest = (rest + (*digit - '0')) / 10;
      }
      const auto rest_ns = std::llround(rest * static_cast<double>(unit.nanoseconds));
      return !__builtin_mul_overflow(whole, unit.nanoseconds, &whole) &&
             !__builtin_add_overflow(total, whole, &total) &&
             !__builtin_add_overflow(total, static_cast<std::int64_t>(rest_ns), &total);
    }
  }
  return false;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (text == "0") {
    return std::chrono::nanoseconds(0);
  }
  if (text.empty()) {
    return std::nullopt;
  }
  std::int64_t total = 0;
  while (!text.empty()) {
    if (!take_part(text, total)) {
      return std::nullopt;
    }
  }
  return std::chrono::nanoseconds(is_negative ? -total : total);
}

std::chrono::milliseconds to_milliseconds(std::chrono::nanoseconds duration) {
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  const bool is_tiny = whole.count() == 0 && duration.count() != 0;
  return is_tiny ? std::chrono::milliseconds(duration.count() > 0 ? 1 : -1) : whole;
}

}  // namespace leafnats::config
