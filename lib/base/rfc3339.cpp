// SPDX-License-Identifier: Apache-2.0

#include "base/rfc3339.hpp"

#include <fmt/format.h>

#include <chrono>

namespace leafnats::base {

std::string rfc3339(std::int64_t unix_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(unix_ns)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<nanoseconds> clock(time - day);
  std::string fraction = fmt::format("{:09}", clock.subseconds().count());
  while (fraction.ends_with('0')) fraction.pop_back();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     fraction.empty() ? "" : ".", fraction);
}

}  // namespace leafnats::base
