// SPDX-License-Identifier: Apache-2.0
//
// Time zones from files, against what the C library shows for the same zones.

#include "net/zone_files.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace leafnats::net;

namespace {

/// Where the system has no database there is nothing to compare with.
bool has_database() { return std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin"); }

std::int64_t by_library(std::int64_t when) {
  const std::time_t time = static_cast<std::time_t>(when);
  std::tm local{};
  localtime_r(&time, &local);
  return local.tm_gmtoff;
}

}  // namespace

// North and south of the equator, without summer time, at odd offsets, with rules of their own;
// every week of twenty years, behind the tables too.
TEST_CASE("time zones: offsets are the C library's", "[net]") {
  if (!has_database()) return;
  const char* const before = std::getenv("TZ");
  const std::string kept = before != nullptr ? before : "";
  const ZoneFiles zones;
  for (const char* zone : {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                           "America/Santiago", "Asia/Kolkata", "Asia/Tehran", "Pacific/Auckland",
                           "America/Argentina/Buenos_Aires", "Europe/Dublin", "Etc/GMT+5"}) {
    if (!std::filesystem::exists(std::string("/usr/share/zoneinfo/") + zone)) continue;
    setenv("TZ", zone, 1);
    tzset();
    int wrong = 0;
    constexpr std::int64_t hour = 3600;
    for (std::int64_t when = 1'600'000'000; when < 2'600'000'000; when += 83 * hour + 977) {
      if (zones.offset_at(zone, when) != by_library(when)) ++wrong;
    }
    CAPTURE(zone);
    CHECK(wrong == 0);
  }
  if (before != nullptr) {
    setenv("TZ", kept.c_str(), 1);
  } else {
    unsetenv("TZ");
  }
  tzset();
}

TEST_CASE("time zones: names that are none", "[net]") {
  const ZoneFiles zones;
  for (const char* zone : {"Nowhere/Atall", "../../../etc/passwd", "/etc/localtime", "Europe/",
                           "Europe", "zone.tab", "tzdata.zi", "a b"}) {
    CAPTURE(zone);
    CHECK_FALSE(zones.offset_at(zone, 0));
  }
  CHECK(zones.offset_at("UTC", 0) == 0);
  CHECK(zones.offset_at("", 1'700'000'000));
}

TEST_CASE("time zones: files that are cut or changed are survived", "[net]") {
  if (!has_database()) return;
  std::ifstream file("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
  const std::string good(std::istreambuf_iterator<char>(file), {});
  REQUIRE(ZoneFile::parse(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    if (auto zone = ZoneFile::parse(std::string_view(good).substr(0, size))) {
      (void)zone->offset_at(0);
    }
    std::string changed = good;
    changed[size] = static_cast<char>(changed[size] ^ 0x80);
    if (auto zone = ZoneFile::parse(changed)) (void)zone->offset_at(3'000'000'000);
  }
}
