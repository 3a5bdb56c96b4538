// SPDX-License-Identifier: Apache-2.0
//
// Daily windows at both edges, across midnight, in several zones, on the days when clocks change.

#include "auth/login_times.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace leafnats::auth;

namespace {

constexpr std::int64_t midnight = 1'700'006'400;  // 2023-11-15 00:00 UTC
constexpr std::int64_t hour = 3600;

/// "", "UTC"; "east" five and a half hours ahead; "change": an hour ahead until 03:00 of its own
/// clock on that day, which then shows 02:00 again and is UTC.
class FewZones final : public TimeZones {
 public:
  [[nodiscard]] std::optional<std::int64_t> offset_at(const std::string& zone,
                                                      std::int64_t now) const override {
    if (zone.empty() || zone == "UTC") return 0;
    if (zone == "east") return 5 * hour + hour / 2;
    if (zone == "change") return now < midnight + 2 * hour ? hour : 0;
    return std::nullopt;
  }
};

std::optional<std::int64_t> open(std::vector<TimeRange> windows, std::int64_t now,
                                 const std::string& zone = {}) {
  return open_until(windows, zone, now, FewZones());
}

}  // namespace

TEST_CASE("auth: times of day", "[auth]") {
  CHECK(seconds_of_day("00:00:00") == 0);
  CHECK(seconds_of_day("23:59:59") == 86399);
  CHECK(seconds_of_day("6:05:04") == 6 * 3600 + 5 * 60 + 4);
  for (const char* text : {"", "24:00:00", "12:60:00", "12:00:60", "12:00", "12:0:00", "12:00:0",
                           "-1:00:00", "12:00:00 ", " 12:00:00", "120000", "012:00:00"}) {
    CAPTURE(text);
    CHECK_FALSE(seconds_of_day(text));
  }
}

TEST_CASE("auth: a window is open from its start to before its end", "[auth]") {
  const std::vector<TimeRange> day{{"08:00:00", "16:00:00"}};
  const std::int64_t end = midnight + 16 * hour;
  CHECK_FALSE(open(day, midnight + 8 * hour - 1));
  CHECK(open(day, midnight + 8 * hour) == end);
  CHECK(open(day, end - 1) == end);
  CHECK_FALSE(open(day, end));
  CHECK(open({}, midnight) == 0);  // no windows: for ever
  CHECK_FALSE(open({{"08:00:00", "08:00:00"}}, midnight + 8 * hour));
}

TEST_CASE("auth: a window across midnight has two sides", "[auth]") {
  const std::vector<TimeRange> night{{"22:00:00", "06:00:00"}};
  CHECK(open(night, midnight) == midnight + 6 * hour);
  CHECK(open(night, midnight + 6 * hour - 1) == midnight + 6 * hour);
  CHECK_FALSE(open(night, midnight + 6 * hour));
  CHECK_FALSE(open(night, midnight + 22 * hour - 1));
  CHECK(open(night, midnight + 22 * hour) == midnight + 30 * hour);
  CHECK(open(night, midnight - 1) == midnight + 6 * hour);
}

TEST_CASE("auth: of several windows the longest stay counts", "[auth]") {
  const std::vector<TimeRange> two{{"08:00:00", "10:00:00"}, {"09:00:00", "12:00:00"}};
  CHECK(open(two, midnight + 8 * hour + 1) == midnight + 10 * hour);
  CHECK(open(two, midnight + 9 * hour + 1) == midnight + 12 * hour);
  CHECK_FALSE(open(two, midnight + 12 * hour));
  CHECK_FALSE(open({{"08:00:00", "10:00:00"}, {"x", "y"}}, midnight + 9 * hour));
}

TEST_CASE("auth: windows are in the zone's time", "[auth]") {
  const std::vector<TimeRange> day{{"08:00:00", "16:00:00"}};
  const std::int64_t opens = midnight + 8 * hour - 5 * hour - hour / 2;
  CHECK_FALSE(open(day, opens - 1, "east"));
  CHECK(open(day, opens, "east") == opens + 8 * hour);
  CHECK_FALSE(open(day, opens + 8 * hour, "east"));
  CHECK_FALSE(open(day, opens, "nowhere"));
}

// The window ends when the clock shows its end, an hour later than it would on another day.
TEST_CASE("auth: a window on the day when clocks go back", "[auth]") {
  const std::vector<TimeRange> early{{"01:00:00", "04:00:00"}};
  CHECK_FALSE(open(early, midnight - 1, "change"));
  CHECK(open(early, midnight, "change") == midnight + 4 * hour);
  CHECK(open(early, midnight + 4 * hour - 1, "change") == midnight + 4 * hour);
  CHECK_FALSE(open(early, midnight + 4 * hour, "change"));
}
