// SPDX-License-Identifier: Apache-2.0
//
// Hashing and keeping lines.

#include "journal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>

namespace leafnats::sim {
namespace {
// Enough to see how a failure came about; -v prints everything.
constexpr std::size_t last_lines_max = 60;

// Bodies are traced too; their beginnings tell which they are.
constexpr std::size_t line_bytes_max = 180;
}  // namespace

void Journal::add_line(std::int64_t now_ns, std::string_view line) {
  std::string text = fmt::format("{:>14.6f} ms  {}", static_cast<double>(now_ns) / 1e6,
                                 line.substr(0, line_bytes_max));
  if (lines_ == Lines::all) std::puts(text.c_str());
  last_.push_back(std::move(text));
  if (last_.size() > last_lines_max) last_.pop_front();
}

void Journal::mix(std::uint64_t number) noexcept {
  hash_ = (hash_ ^ number) * 0xff51afd7ed558ccd;
  hash_ ^= hash_ >> 32;
}

void Journal::mix(std::string_view bytes) noexcept {
  mix(bytes.size());
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t part = bytes.size() < sizeof word ? bytes.size() : sizeof word;
    std::memcpy(&word, bytes.data(), part);
    mix(word);
    bytes.remove_prefix(part);
  }
}

void Journal::fail(std::int64_t now_ns, std::string_view property, std::string_view what) {
  if (failed()) return;
  property_ = property;
  failure_ = fmt::format("at {:.6f} ms: {}", static_cast<double>(now_ns) / 1e6, what);
  if (wants_lines()) add_line(now_ns, fmt::format("FAILED {}: {}", property, what));
}

}  // namespace leafnats::sim
