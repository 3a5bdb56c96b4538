// SPDX-License-Identifier: Apache-2.0
//
// Endpoints of listeners and of what is advertised.

#include "config/endpoint.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace leafnats::config;

// Every spelling of a listener, and back to text.
TEST_CASE("config: endpoints to listen on", "[config]") {
  struct {
    std::string_view text;
    std::string_view normal;
  } const good[] = {
      {"127.0.0.1:4222", "127.0.0.1:4222"},
      {"localhost:0", "localhost:0"},
      {"h:-1", "h:0"},
      {":4222", "0.0.0.0:4222"},
      {"4222", "0.0.0.0:4222"},
      {"-1", "0.0.0.0:0"},
      {"[::1]:4222", "[::1]:4222"},
      {"[fe80::1%eth0]:1", "[fe80::1%eth0]:1"},
      {"h:65535", "h:65535"},
  };
  for (const auto& entry : good) {
    INFO(entry.text);
    const auto endpoint = parse_endpoint(entry.text);
    REQUIRE(endpoint);
    CHECK(to_string(*endpoint) == entry.normal);
    CHECK(*parse_endpoint(to_string(*endpoint)) == *endpoint);
  }
  const std::string_view bad[] = {
      "",      "h",       "h:",       "h:x",     "h:65536", "h:-2",  "::1:80",
      "[::1]", "[::1]80", "[::1]x:1", "[::1:80", "a b:1",   "a]:1",  "u@h:1",
      "h:1:2", "h: 1",    "h:1 ",     "65536",   "[]x:1",   "h/x:1", "h:99999999999999999999"};
  for (const std::string_view text : bad) {
    INFO(text);
    CHECK_FALSE(parse_endpoint(text));
  }
}

// What is advertised needs a host, and takes the listener's port if it has none.
TEST_CASE("config: endpoints to advertise", "[config]") {
  CHECK(to_string(*parse_advertise("h", 7)) == "h:7");
  CHECK(to_string(*parse_advertise("h:8", 7)) == "h:8");
  CHECK(to_string(*parse_advertise("h:0", 7)) == "h:7");
  CHECK(to_string(*parse_advertise("h:-1", 7)) == "h:7");
  CHECK(to_string(*parse_advertise("[::1]", 7)) == "[::1]:7");
  CHECK_FALSE(parse_advertise("", 7));
  CHECK_FALSE(parse_advertise(":8", 7));
  CHECK_FALSE(parse_advertise("::1", 7));
  CHECK_FALSE(parse_advertise("h:x", 7));
}
