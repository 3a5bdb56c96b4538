// SPDX-License-Identifier: Apache-2.0
//
// A TZif file is two tables, one of them with 32-bit times that nobody needs any more, and a line
// with the rule for the time behind the tables, as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3".

#include "net/zone_files.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

namespace leafnats::net {
namespace {

constexpr std::size_t head_bytes = 44;
constexpr std::size_t zone_file_bytes_max = 64 * 1024;
constexpr std::size_t zones_kept_max = 64;
constexpr std::int64_t day_seconds = 24 * 60 * 60;

std::int64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = static_cast<signed char>(bytes[0]) < 0 ? ~std::uint64_t{0} : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

struct Head {
  std::size_t utc_marks, standard_marks, leaps, times, types, characters;
};

std::optional<Head> read_head(std::string_view bytes) noexcept {
  if (bytes.size() < head_bytes || !bytes.starts_with("TZif") || bytes[4] < '2') {
    return std::nullopt;
  }
  const auto count = [&](std::size_t index) {
    return static_cast<std::size_t>(big_endian(bytes.substr(20 + 4 * index, 4)));
  };
  Head head{count(0), count(1), count(2), count(3), count(4), count(5)};
  for (const std::size_t one : {head.utc_marks, head.standard_marks, head.leaps, head.times,
                                head.types, head.characters}) {
    if (one > zone_file_bytes_max) return std::nullopt;
  }
  return head;
}

std::size_t table_bytes(const Head& head, std::size_t time_bytes) noexcept {
  return head.times * (time_bytes + 1) + head.types * 6 + head.characters +
         head.leaps * (time_bytes + 4) + head.standard_marks + head.utc_marks;
}

bool take(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_number(std::string_view& text, int& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > 1000) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// "[+-]hh[:mm[:ss]]" in seconds.
bool take_time(std::string_view& text, std::int64_t& seconds) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  int rest = 0;
  if (!take_number(text, hours)) return false;
  if (take(text, ':') && !take_number(text, minutes)) return false;
  if (take(text, ':') && !take_number(text, rest)) return false;
  seconds = (negative ? -1 : 1) * (hours * std::int64_t{3600} + minutes * 60 + rest);
  return true;
}

/// "CET" or "<+03>".
bool take_name(std::string_view& text) noexcept {
  std::size_t size = 0;
  if (text.starts_with('<')) {
    size = text.find('>');
    if (size == text.npos) return false;
    ++size;
  } else {
    while (size < text.size() && std::isalpha(static_cast<unsigned char>(text[size]))) ++size;
  }
  text.remove_prefix(size);
  return size >= 3;
}

/// Nothing that could leave the directory.
bool is_zone_name(std::string_view name) noexcept {
  const auto plain = [](char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() < 64 && name.front() != '/' && name.back() != '/' &&
         std::all_of(name.begin(), name.end(), plain);
}

std::string path_of(const std::string& zone) {
  return zone.empty() ? "/etc/localtime" : "/usr/share/zoneinfo/" + zone;
}

}  // namespace

std::optional<ZoneFile> ZoneFile::parse(std::string_view bytes) {
  const auto old_head = read_head(bytes);
  if (!old_head) return std::nullopt;
  const std::size_t skipped = head_bytes + table_bytes(*old_head, 4);
  if (bytes.size() < skipped) return std::nullopt;
  bytes.remove_prefix(skipped);
  const auto head = read_head(bytes);
  if (!head || head->types == 0 || bytes.size() < head_bytes + table_bytes(*head, 8)) {
    return std::nullopt;
  }
  bytes.remove_prefix(head_bytes);
  const std::string_view kinds = bytes.substr(head->times * 8, head->times);
  const std::string_view types = bytes.substr(head->times * 9, head->types * 6);
  const auto offset_of = [&](std::size_t type) { return big_endian(types.substr(type * 6, 4)); };
  ZoneFile zone;
  zone.first_offset_ = offset_of(0);
  for (std::size_t i = 0; i < head->times; ++i) {
    const auto type = static_cast<unsigned char>(kinds[i]);
    if (type >= head->types) return std::nullopt;
    zone.transitions_.push_back({big_endian(bytes.substr(i * 8, 8)), offset_of(type)});
  }
  bytes.remove_prefix(table_bytes(*head, 8));
  if (!take(bytes, '\n')) return std::nullopt;
  zone.rule_ = parse_rule(bytes.substr(0, std::min(bytes.find('\n'), bytes.size())));
  return zone;
}

bool ZoneFile::parse_change(std::string_view& text, Change& change) noexcept {
  change.seconds = 2 * 3600;
  if (!take(text, ',') || !take(text, 'M') || !take_number(text, change.month)) return false;
  if (!take(text, '.') || !take_number(text, change.week)) return false;
  if (!take(text, '.') || !take_number(text, change.weekday)) return false;
  if (take(text, '/') && !take_time(text, change.seconds)) return false;
  return change.month >= 1 && change.month <= 12 && change.week >= 1 && change.week <= 5 &&
         change.weekday >= 0 && change.weekday <= 6;
}

std::optional<ZoneFile::Rule> ZoneFile::parse_rule(std::string_view text) {
  Rule rule;
  std::int64_t west = 0;
  if (!take_name(text) || !take_time(text, west)) return std::nullopt;
  rule.standard = -west;
  rule.summer = rule.standard + 3600;
  if (text.empty()) return rule;
  if (!take_name(text)) return std::nullopt;
  if (!text.starts_with(',')) {
    if (!take_time(text, west)) return std::nullopt;
    rule.summer = -west;
  }
  rule.has_summer = parse_change(text, rule.begin) && parse_change(text, rule.end);
  return rule.has_summer && text.empty() ? std::optional(rule) : std::nullopt;
}

std::int64_t ZoneFile::moment_of(const Change& change, int year) noexcept {
  using namespace std::chrono;
  const auto month = std::chrono::year(year) / change.month;
  const weekday day(static_cast<unsigned>(change.weekday));
  const sys_days date = change.week == 5
                            ? sys_days(month / day[last])
                            : sys_days(month / day[static_cast<unsigned>(change.week)]);
  return date.time_since_epoch().count() * day_seconds + change.seconds;
}

std::int64_t ZoneFile::offset_by(const Rule& rule, std::int64_t unix_time) noexcept {
  using namespace std::chrono;
  if (!rule.has_summer) return rule.standard;
  const sys_days date = floor<days>(sys_seconds(seconds(unix_time + rule.standard)));
  const int year = static_cast<int>(year_month_day(date).year());
  const std::int64_t begin = moment_of(rule.begin, year) - rule.standard;
  const std::int64_t end = moment_of(rule.end, year) - rule.summer;
  // South of the equator summer begins before it ends: in the year before.
  const bool is_summer = begin < end ? begin <= unix_time && unix_time < end
                                     : unix_time < end || begin <= unix_time;
  return is_summer ? rule.summer : rule.standard;
}

std::int64_t ZoneFile::offset_at(std::int64_t unix_time) const noexcept {
  const auto after = std::upper_bound(
      transitions_.begin(), transitions_.end(), unix_time,
      [](std::int64_t time, const Transition& transition) { return time < transition.at; });
  if (after == transitions_.end() && rule_) return offset_by(*rule_, unix_time);
  return after == transitions_.begin() ? first_offset_ : std::prev(after)->offset;
}

std::shared_ptr<const ZoneFile> ZoneFiles::find(const std::string& zone) const {
  if (!zone.empty() && !is_zone_name(zone)) return nullptr;
  const std::lock_guard lock(mutex_);
  if (const auto known = zones_.find(zone); known != zones_.end()) return known->second;
  std::ifstream file(path_of(zone), std::ios::binary);
  std::string bytes(zone_file_bytes_max, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  auto parsed = ZoneFile::parse(bytes);
  // A system without a zone of its own runs in UTC.
  if (!parsed && (zone.empty() || zone == "UTC")) parsed.emplace();
  if (!parsed) return nullptr;
  auto kept = std::make_shared<const ZoneFile>(std::move(*parsed));
  if (zones_.size() < zones_kept_max) zones_.emplace(zone, kept);
  return kept;
}

std::optional<std::int64_t> ZoneFiles::offset_at(const std::string& zone,
                                                 std::int64_t unix_time) const {
  const auto found = find(zone);
  return found ? std::optional(found->offset_at(unix_time)) : std::nullopt;
}

}  // namespace leafnats::net
