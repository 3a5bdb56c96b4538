// SPDX-License-Identifier: Apache-2.0
//
// Durations in Go's notation.

#include "config/duration.hpp"

#include "support/catch.hpp"

#include <string_view>

using namespace leafnats::config;
using namespace std::chrono_literals;

// Sums of decimal numbers with units, one sign in front.
TEST_CASE("config: durations", "[config]") {
  struct {
    std::string_view text;
    std::chrono::nanoseconds value;
  } const good[] = {
      {"0", 0ns},           {"0s", 0ns},      {"-0", 0ns},
      {"1ns", 1ns},         {"2us", 2us},     {"2\u00b5s", 2us},
      {"2\u03bcs", 2us},    {"3ms", 3ms},     {"4s", 4s},
      {"5m", 5min},         {"6h", 6h},       {"1h30m", 90min},
      {"1.5s", 1500ms},     {".5s", 500ms},   {"1.s", 1s},
      {"-2s", -2s},         {"+2s", 2s},      {"1m1m", 2min},
      {"100000h", 100000h}, {"0.1ms", 100us}, {"1h2m3s4ms", 3723004ms},
  };
  for (const auto& entry : good) {
    INFO(entry.text);
    const auto parsed = parse_duration(entry.text);
    REQUIRE(parsed);
    CHECK(parsed->count() == entry.value.count());
  }
  const std::string_view bad[] = {"",         "1",      "s",    ".s",
                                  "1x",       "1 s",    " 1s",  "1s ",
                                  "--1s",     "1s-1s",  "1m x", "9999999999999999999h",
                                  "9999999h", "1.5.5s", "-",    "+"};
  for (const std::string_view text : bad) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

// 0 stands for a default, so that less than a millisecond must not become 0.
TEST_CASE("config: durations in milliseconds", "[config]") {
  CHECK(to_milliseconds(1ns).count() == 1);
  CHECK(to_milliseconds(-1ns).count() == -1);
  CHECK(to_milliseconds(0ns).count() == 0);
  CHECK(to_milliseconds(1999us).count() == 1);
}
