// SPDX-License-Identifier: Apache-2.0
//
// Who may what, told once more and as plainly as can be: subjects are compared token by token,
// lists are walked. What the broker decides with indexes, caches and containment of patterns must
// come out the same.
//
// The two rules that are not obvious are nats-server's: a subscription is judged like a message
// to its own text (so a deny of `a.*` refuses `a.>`), and a leaf link tells of a pattern as soon
// as it crosses something allowed; each message is judged for itself.
#pragma once

#include <leafnats/options.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::sim {

/// Whether `pattern` matches `subject`: token by token, nothing clever.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view subject);

/// Whether some literal is matched by both.
[[nodiscard]] bool overlap(std::string_view a, std::string_view b);

[[nodiscard]] bool is_literal(std::string_view subject);

// ---- A client; null: everything is allowed ----

/// Allowed responses come on top.
[[nodiscard]] bool may_publish(const Permissions* rules, std::string_view subject);
[[nodiscard]] bool may_subscribe(const Permissions* rules, std::string_view pattern,
                                 std::string_view queue);
[[nodiscard]] bool may_get(const Permissions* rules, std::string_view subject,
                           std::string_view queue);

// ---- A leaf link ----

/// Which way something crosses a link: `up` from the end that dialled.
enum class Way : bool { down, up };

/// The hub's rules for the user that a link logs in as, which speak from the leaf's side, and the
/// deny lists of the leaf's own remote.
struct LinkRules {
  std::shared_ptr<const Permissions> user;
  std::vector<std::string> deny_imports;
  std::vector<std::string> deny_exports;

  [[nodiscard]] bool restricted() const noexcept {
    return user != nullptr || !deny_imports.empty() || !deny_exports.empty();
  }
  [[nodiscard]] bool carries(Way way, std::string_view subject) const;
  /// Whether interest is told this way; messages for it go the other one.
  [[nodiscard]] bool tells(Way way, std::string_view pattern) const;
  /// Whether the end that was told makes use of it: the hub does not know of deny_exports.
  [[nodiscard]] bool takes(Way way, std::string_view pattern) const;
};

}  // namespace leafnats::sim
