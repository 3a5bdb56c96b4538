// SPDX-License-Identifier: Apache-2.0
//
// Networks that a login may come from.

#include "auth/address_range.hpp"

#include "support/catch.hpp"

#include <arpa/inet.h>

#include <array>
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

// Against the system's own reading of addresses, valid or not.
TEST_CASE("auth: addresses are read as the system reads them", "[auth]") {
  for (const char* text :
       {"::", "::1", "1::", "1::2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "::ffff:1.2.3.4", "fe80::aBcD", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7",
        ":::", "1:::2", "1::2::3", ":1", "1:", "12345::", "g::",
        "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "1.2.3.4", "01.2.3.4", "1.2.3.256",
        "1.2.3.4.5", "1..2.3",
        "0.0.0.0", "1.2.3.+4", "-1::", "::+1", "1:2:3:4::5:6:7:8", "0x1::", " ::1", "::1 "}) {
    CAPTURE(text);
    std::array<unsigned char, 16> bytes{};
    const bool known = inet_pton(AF_INET, text, bytes.data()) == 1 ||
                       inet_pton(AF_INET6, text, bytes.data()) == 1;
    CHECK(AddressRange::parse(std::string(text) + "/8").has_value() == known);
    if (!known) continue;
    const bool is_v6 = std::string(text).find(':') != std::string::npos;
    const auto exact = AddressRange::parse(std::string(text) + (is_v6 ? "/128" : "/32"));
    REQUIRE(exact);
    CHECK(exact->contains(text));
    char again[INET6_ADDRSTRLEN] = {};
    REQUIRE(inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes.data(), again, sizeof again));
    CHECK(exact->contains(again));
  }
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
