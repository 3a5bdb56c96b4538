// SPDX-License-Identifier: Apache-2.0
//
// Networks that a login may come from.

#include "auth/address_range.hpp"

#include "support/catch.hpp"

#include <string>

using namespace leafnats::auth;

TEST_CASE("auth: addresses and networks", "[auth]") {
  struct Case {
    const char* range;
    const char* address;
    bool inside;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.0.1", true},       {"10.0.0.0/8", "11.0.0.1", false},
      {"10.1.2.3/8", "10.9.9.9", true},         {"192.168.7.128/25", "192.168.7.127", false},
      {"192.168.7.128/25", "192.168.7.255", true}, {"1.2.3.4/32", "1.2.3.4", true},
      {"1.2.3.4/32", "1.2.3.5", false},         {"0.0.0.0/0", "255.255.255.255", true},
      {"0.0.0.0/0", "::1", false},              {"::/0", "::1", true},
      {"::/0", "10.0.0.1", false},              {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false}, {"10.0.0.0/8", "::ffff:10.1.1.1", true},
      {"::ffff:10.0.0.0/104", "10.2.3.4", true}, {"::1/128", "::1", true},
      {"10.0.0.0/8", "10.0.0", false},          {"10.0.0.0/8", "", false},
      {"10.0.0.0/8", "localhost", false},       {"fe80::/10", "fe80::1%eth0", false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.range, one.address);
    const auto range = AddressRange::parse(one.range);
    REQUIRE(range);
    CHECK(range->contains(one.address) == one.inside);
  }
  for (const char* text : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129",
                           "10.0.0/8", "/8", "10.0.0.0/8 ", "a/8", "10.0.0.0/8/8"}) {
    CAPTURE(text);
    CHECK_FALSE(AddressRange::parse(text));
  }
  CHECK_FALSE(AddressRange::parse(std::string(1000, '1') + "/8"));
}

TEST_CASE("auth: the host of an address", "[auth]") {
  CHECK(host_of("127.0.0.1:4222") == "127.0.0.1");
  CHECK(host_of("127.0.0.1") == "127.0.0.1");
  CHECK(host_of("[::1]:4222") == "::1");
  CHECK(host_of("[::1]") == "::1");
  CHECK(host_of("::1") == "::1");
  CHECK(host_of("[::1").empty());
  CHECK(host_of("").empty());
}
