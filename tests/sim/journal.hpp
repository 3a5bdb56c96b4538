// SPDX-License-Identifier: Apache-2.0
//
// What happened in a world: a hash over every byte and event, by which two runs of one seed are
// compared, the first property that failed, and, where somebody wants to read them, the lines.
//
// Lines are made only while wants_lines(): a seed that fails is simply run again with them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace leafnats::sim {

class Journal {
 public:
  enum class Lines : std::uint8_t { none, last, all };

  explicit Journal(Lines lines) noexcept : lines_(lines) {}

  [[nodiscard]] bool wants_lines() const noexcept { return lines_ != Lines::none; }

  /// Adds a line; call only while wants_lines().
  void add_line(std::int64_t now_ns, std::string_view line);

  /// Mixes an event and its bytes into the hash.
  void mix(std::uint64_t number) noexcept;
  void mix(std::string_view bytes) noexcept;
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

  /// A property does not hold. Only the first failure counts: what follows may be its echo.
  void fail(std::int64_t now_ns, std::string_view property, std::string_view what);
  [[nodiscard]] bool failed() const noexcept { return !property_.empty(); }
  [[nodiscard]] const std::string& property() const noexcept { return property_; }
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] const std::deque<std::string>& last_lines() const noexcept { return last_; }

 private:
  const Lines lines_;
  std::uint64_t hash_ = 0x9e3779b97f4a7c15;
  std::string property_;
  std::string failure_;
  std::deque<std::string> last_;
};

}  // namespace leafnats::sim
