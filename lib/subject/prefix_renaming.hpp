// SPDX-License-Identifier: Apache-2.0
//
// Subjects that have other names on the far side of a leaf link: `events` here is `site-a.events`
// there. A name has exactly one counterpart or none, so that there and back is the identity:
//
//   here                       there
//   under a `from`         <>  the same under its `to`
//   under a `to` alone      |  nothing: its name belongs to what is renamed
//   anything else          <>  itself, unless it is under a `from`: then nothing
//
// Patterns have several counterparts; together they cover at least the names of what the pattern
// covers, and each, but for the pattern itself, nothing more.
#pragma once

#include "subject/transform.hpp"

#include <leafnats/remote_leaf.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject {

/// Immutable.
class PrefixRenaming {
 public:
  enum class Way { there, here };

  /// What makes entries unusable: the index of the first such entry, and why.
  struct Fault {
    std::size_t index;
    std::string text;
  };
  static std::optional<Fault> find_fault(std::span<const SubjectRename> renames);

  /// The entries have no fault.
  explicit PrefixRenaming(std::span<const SubjectRename> renames);

  /// Writes the counterpart of `literal` to `out`; false if it has none. Allocates only if the
  /// capacity of `out` is too small. Lifetime: `literal` must not lie in `out`.
  bool rename(Way way, std::string_view literal, std::string& out) const;

  /// The counterparts of a pattern, itself the first if it is one; none of them twice, and none
  /// that itself covers.
  [[nodiscard]] std::vector<std::string> rename_pattern(Way way, std::string_view pattern) const;

  /// What the far side may be told not to send, given what is not wanted here: patterns over
  /// there that have no counterpart here, or only unwanted ones.
  [[nodiscard]] std::vector<std::string> unwanted_there(
      std::span<const std::string> unwanted_here) const;

 private:
  struct Rule {
    std::string prefix[2];            // by the side that it is on: here, there
    std::vector<Transform> steps[2];  // of patterns, by the way: the prefix itself, all below
  };

  [[nodiscard]] const Rule* rule_for(std::size_t side, std::string_view subject) const;
  [[nodiscard]] bool keeps_name(std::string_view pattern) const;
  [[nodiscard]] bool is_all_unwanted(const std::string& there, std::string_view here) const;

  std::vector<Rule> rules_;
};

}  // namespace leafnats::subject
