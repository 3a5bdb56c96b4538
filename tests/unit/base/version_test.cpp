// SPDX-License-Identifier: Apache-2.0
//
// Semantic versions of servers.

#include "base/version.hpp"

#include "support/catch.hpp"

#include <string_view>

using namespace leafnats::base;

// Three numbers; what follows them must be well-formed and does not count.
TEST_CASE("base: versions", "[base]") {
  CHECK(*parse_version("2.8.0") == Version{2, 8, 0});
  CHECK(*parse_version("2.10.27") == Version{2, 10, 27});
  CHECK(*parse_version("2.15.0-dev") == Version{2, 15, 0});
  CHECK(*parse_version("2.15.0-beta.1+build.7") == Version{2, 15, 0});
  CHECK(*parse_version("2.10.0") > *parse_version("2.9.9"));
  const std::string_view bad[] = {"",        "2",      "2.8",    "2.8.",     "v2.8.0",
                                  "2.8.0.1", "02.8.0", "2.8.0-", "2.8.0+",   "2.8.0-a..b",
                                  "2.8.x",   "2.8.0 ", "2.-8.0", "2.8.0-a_", "99999999999.0.0"};
  for (const std::string_view text : bad) {
    INFO(text);
    CHECK_FALSE(parse_version(text));
  }
}
