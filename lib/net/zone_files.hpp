// SPDX-License-Identifier: Apache-2.0
//
// What clocks show in the time zones of the system's database (/usr/share/zoneinfo), for logins
// with daily windows. The C library knows one zone a process, and our language's own zones come
// with later compilers; the files are simple (RFC 8536).
#pragma once

#include "auth/login_times.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::net {

/// One zone: moments at which its offset changes, and the yearly rule behind the last of them.
class ZoneFile {
 public:
  /// Nothing if `bytes` are no TZif file of version 2 or later.
  [[nodiscard]] static std::optional<ZoneFile> parse(std::string_view bytes);

  [[nodiscard]] std::int64_t offset_at(std::int64_t unix_time) const noexcept;

 private:
  /// "M3.5.0/2": a month, the n-th (5: last) of a weekday in it, and the local time of that day.
  struct Change {
    int month = 0;
    int week = 0;
    int weekday = 0;
    std::int64_t seconds = 0;
  };
  struct Rule {
    std::int64_t standard = 0;
    std::int64_t summer = 0;
    bool has_summer = false;
    Change begin;
    Change end;
  };
  struct Transition {
    std::int64_t at;
    std::int64_t offset;
  };

  static std::optional<Rule> parse_rule(std::string_view text);
  [[nodiscard]] static std::int64_t offset_by(const Rule& rule, std::int64_t unix_time) noexcept;
  [[nodiscard]] static std::int64_t moment_of(const Change& change, int year) noexcept;
  static bool parse_change(std::string_view& text, Change& change) noexcept;

  std::int64_t first_offset_ = 0;
  std::vector<Transition> transitions_;
  std::optional<Rule> rule_;
};

/// Zones by name, read when first asked for. Thread: any.
class ZoneFiles final : public auth::TimeZones {
 public:
  [[nodiscard]] std::optional<std::int64_t> offset_at(const std::string& zone,
                                                      std::int64_t unix_time) const override;

 private:
  [[nodiscard]] std::shared_ptr<const ZoneFile> find(const std::string& zone) const;

  mutable std::mutex mutex_;  // logins of any shard
  mutable std::map<std::string, std::shared_ptr<const ZoneFile>> zones_;
};

}  // namespace leafnats::net
