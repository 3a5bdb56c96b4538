// SPDX-License-Identifier: Apache-2.0
//
// Times and durations as Go writes them, because readers of these documents parse them so.

#include "monitor/time_text.hpp"
#include "support/catch.hpp"

using namespace leafnats::monitor;

TEST_CASE("durations are Go's", "[monitor]") {
  CHECK(duration_text(0) == "0s");
  CHECK(duration_text(7) == "7ns");
  CHECK(duration_text(466'000) == "466\xC2\xB5s");
  CHECK(duration_text(466'100) == "466.1\xC2\xB5s");
  CHECK(duration_text(1'500'000) == "1.5ms");
  CHECK(duration_text(1'277'370'439) == "1.277370439s");
  CHECK(duration_text(61'000'000'000) == "1m1s");
  CHECK(duration_text(3'600'000'000'000) == "1h0m0s");
  CHECK(duration_text(-5) == "-5ns");
}

TEST_CASE("uptimes are in whole seconds, and in years of 365 days", "[monitor]") {
  constexpr std::int64_t second = 1'000'000'000;
  CHECK(uptime_text(0) == "0s");
  CHECK(uptime_text(59 * second) == "59s");
  CHECK(uptime_text(60 * second) == "1m0s");
  CHECK(uptime_text(3'661 * second) == "1h1m1s");
  CHECK(uptime_text(90'061 * second) == "1d1h1m1s");
  CHECK(uptime_text((366 * 86'400LL + 5) * second) == "1y1d0h0m5s");
}

TEST_CASE("a moment is written in UTC without idle zeros", "[monitor]") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339(1'795'206'071'036'129'000) == "2026-11-20T20:21:11.036129Z");
  CHECK(rfc3339(951'782'400'000'000'001) == "2000-02-29T00:00:00.000000001Z");
}
