// SPDX-License-Identifier: Apache-2.0
//
// A set of patterns, such as an allow list: built once, then asked whether it covers a subject.
#pragma once

#include "subject/index.hpp"

#include <deque>
#include <memory>
#include <string_view>

namespace leafnats::subject {

/// Thread: questions change nothing, so several threads may ask the same set.
class SubjectSet {
 public:
  /// Adds a pattern; what is no valid subject is not added, and false is returned. Adding one
  /// twice is the same as adding it once.
  bool insert(std::string_view pattern);

  [[nodiscard]] bool empty() const noexcept { return body_ == nullptr; }

  /// True if some pattern of the set covers the literal subject. A wildcard in the argument is
  /// taken as an ordinary token, which `*` and `>` of the set cover: so `foo.*` matches `foo.>`.
  [[nodiscard]] bool matches(std::string_view literal) const;

  /// True if one pattern of the set covers all of `pattern`. Looks at every pattern of the set.
  [[nodiscard]] bool covers(std::string_view pattern) const;

  /// True if some literal is covered by `pattern` and by the set.
  [[nodiscard]] bool overlaps(std::string_view pattern) const;

 private:
  struct Body {
    Body();
    SubjectIndex index;
    std::deque<Interest> interests;  // one for each pattern; a deque, because they must not move
  };
  std::unique_ptr<Body> body_;  // null: no patterns, which is the most common set
};

}  // namespace leafnats::subject
