// SPDX-License-Identifier: Apache-2.0
//
// Fuzzer: transforms made from any source and destination, then applied to any subject. What is
// covered must be what the grammar says, nothing but a subject's bytes may come out, and a
// reversible transform must lead back, for literals and for patterns. Input: lines with source,
// destination, and then subjects.

#include "subject/transform.hpp"

#include "subject/grammar.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace leafnats::subject;

namespace {

std::string_view cut_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Transform& transform, std::string_view subject) {
  std::string mapped;
  const bool covered = transform.apply(subject, mapped, subject.size());
  require(covered == matches(subject, transform.source()));
  require(covered == transform.covers(subject));
  const bool clean = subject.find_first_of(" \t\r\f") == std::string_view::npos;
  if (covered && clean) require(mapped.find_first_of(" \t\r\n\f") == std::string::npos);
}

void check_reversible(const Transform& there, const Transform& back, std::string_view subject) {
  std::string mapped;
  std::string returned;
  if (there.apply(subject, mapped)) {
    require(back.apply(mapped, returned));
    require(returned == subject);
  }
  if (!is_valid_subject(subject)) return;
  const auto common = intersection(subject, there.source());
  const auto image = there.apply_to_pattern(subject);
  require(common.has_value() == overlaps(subject, there.source()));
  require(common.has_value() == image.has_value());
  if (image) require(back.apply_to_pattern(*image) == common);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view source = cut_line(text);
  const std::string_view destination = cut_line(text);
  const auto any = Transform::make(source, destination);
  const auto there = Transform::make_reversible(source, destination);
  while (!text.empty()) {
    const std::string_view subject = cut_line(text);
    if (any) check(*any, subject);
    if (there) check_reversible(*there, there->reversed(), subject);
  }
  return 0;
}
