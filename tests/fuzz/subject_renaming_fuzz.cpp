// SPDX-License-Identifier: Apache-2.0
//
// Fuzzer: renaming of prefixes on a leaf link, for any subjects that a peer may send. There and
// back must be the identity, and the counterparts of a pattern must cover what its literals become.
// Input: a line with prefixes, alternately local and the hub's, then lines with subjects.

#include "subject/grammar.hpp"
#include "subject/prefix_renaming.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;

namespace {

using Way = PrefixRenaming::Way;

std::string_view cut(std::string_view& text, char end_mark) {
  const std::size_t end = text.find(end_mark);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<SubjectRename> renames_of(std::string_view line) {
  std::vector<SubjectRename> renames;
  while (!line.empty() && renames.size() < 8) {
    const std::string from(cut(line, ' '));
    renames.push_back({from, std::string(cut(line, ' '))});
    if (PrefixRenaming::find_fault(renames)) renames.pop_back();
  }
  return renames;
}

struct Pattern {
  std::string_view text;
  std::vector<std::string> names[2];  // by Way
};

void check(const PrefixRenaming& renaming, Way way, Way back, std::string_view subject,
           const std::vector<Pattern>& patterns) {
  std::string name;
  std::string returned;
  if (!renaming.rename(way, subject, name)) return;
  require(renaming.rename(back, name, returned));
  require(returned == subject);
  for (const Pattern& pattern : patterns) {
    if (!matches(subject, pattern.text)) continue;
    const auto& names = pattern.names[static_cast<int>(way)];
    require(std::any_of(names.begin(), names.end(),
                        [&](const auto& each) { return matches(name, each); }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const PrefixRenaming renaming(renames_of(cut(text, '\n')));
  std::vector<std::string_view> subjects;
  while (!text.empty() && subjects.size() < 16) subjects.push_back(cut(text, '\n'));
  std::vector<Pattern> patterns;
  for (const std::string_view subject : subjects) {
    if (!is_valid_subject(subject)) continue;
    patterns.push_back({subject,
                        {renaming.rename_pattern(Way::there, subject),
                         renaming.rename_pattern(Way::here, subject)}});
  }
  for (const std::string_view subject : subjects) {
    check(renaming, Way::there, Way::here, subject, patterns);
    check(renaming, Way::here, Way::there, subject, patterns);
  }
  return 0;
}
