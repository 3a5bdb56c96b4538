// SPDX-License-Identifier: Apache-2.0
//
// Walking lists of patterns.

#include "rules.hpp"

#include <algorithm>

namespace leafnats::sim {
namespace {

using List = std::vector<std::string>;

/// "subject" or "subject queue", as the generator writes them.
struct Entry {
  explicit Entry(std::string_view text)
      : subject(text.substr(0, text.find(' '))),
        queue(text.substr(std::min(text.size(), subject.size() + 1))) {}

  std::string_view subject;
  std::string_view queue;
};

std::string_view pop_token(std::string_view& rest, bool& ended) {
  const std::string_view token = rest.substr(0, rest.find('.'));
  ended = token.size() == rest.size();
  rest.remove_prefix(std::min(rest.size(), token.size() + 1));
  return token;
}

bool any_matches(const List& list, std::string_view subject) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& entry) { return matches(entry, subject); });
}

/// Some entry for everybody, or for this queue, matches.
bool any_matches(const List& list, std::string_view subject, std::string_view queue) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& text) {
    const Entry entry(text);
    if (!matches(entry.subject, subject)) return false;
    return entry.queue.empty() || (!queue.empty() && matches(entry.queue, queue));
  });
}

}  // namespace

bool matches(std::string_view pattern, std::string_view subject) {
  for (bool pattern_ends = false, subject_ends = false;;) {
    const std::string_view wanted = pop_token(pattern, pattern_ends);
    const std::string_view token = pop_token(subject, subject_ends);
    if (wanted == ">") return true;
    if (wanted != "*" && wanted != token) return false;
    if (pattern_ends || subject_ends) return pattern_ends && subject_ends;
  }
}

bool overlap(std::string_view a, std::string_view b) {
  for (bool a_ends = false, b_ends = false;;) {
    const std::string_view one = pop_token(a, a_ends);
    const std::string_view other = pop_token(b, b_ends);
    if (one == ">" || other == ">") return true;
    if (one != other && one != "*" && other != "*") return false;
    if (a_ends || b_ends) return a_ends && b_ends;
  }
}

bool is_literal(std::string_view subject) {
  for (bool ended = false; !ended;) {
    const std::string_view token = pop_token(subject, ended);
    if (token == "*" || token == ">") return false;
  }
  return true;
}

// ---- Clients ----

bool may_publish(const Permissions* rules, std::string_view subject) {
  if (rules == nullptr) return true;
  const SubjectPermissions& publish = rules->publish;
  if (any_matches(publish.deny, subject)) return false;
  if (publish.allow.empty()) return !rules->allow_responses;
  return any_matches(publish.allow, subject);
}

bool may_subscribe(const Permissions* rules, std::string_view pattern, std::string_view queue) {
  if (rules == nullptr) return true;
  const SubjectPermissions& subscribe = rules->subscribe;
  if (any_matches(subscribe.deny, pattern, queue)) return false;
  if (subscribe.allow.empty()) return true;
  // Where entries with a queue speak of the subject, they alone decide for queues.
  bool decided = false;
  bool allowed = false;
  for (const std::string& text : subscribe.allow) {
    const Entry entry(text);
    if (queue.empty() || entry.queue.empty() || !matches(entry.subject, pattern)) continue;
    decided = true;
    allowed |= matches(entry.queue, queue);
  }
  return decided ? allowed : any_matches(subscribe.allow, pattern, {});
}

bool may_get(const Permissions* rules, std::string_view subject, std::string_view queue) {
  if (rules == nullptr) return true;
  const SubjectPermissions& subscribe = rules->subscribe;
  if (any_matches(subscribe.deny, subject, queue)) return false;
  return subscribe.allow.empty() || any_matches(subscribe.allow, subject, queue);
}

// ---- Links ----

bool LinkRules::carries(Way way, std::string_view subject) const {
  if (any_matches(way == Way::up ? deny_exports : deny_imports, subject)) return false;
  if (user == nullptr) return true;
  const SubjectPermissions& list = way == Way::up ? user->publish : user->subscribe;
  if (any_matches(list.deny, subject)) return false;
  return list.allow.empty() || any_matches(list.allow, subject);
}

bool LinkRules::tells(Way way, std::string_view pattern) const {
  // The leaf tells of what it would import, the hub of what the leaf may export.
  if (way == Way::up && any_matches(deny_imports, pattern)) return false;
  if (user == nullptr) return true;
  const SubjectPermissions& list = way == Way::up ? user->subscribe : user->publish;
  if (any_matches(list.deny, pattern)) return false;
  if (list.allow.empty() || any_matches(list.allow, pattern)) return true;
  return !is_literal(pattern) &&
         std::any_of(list.allow.begin(), list.allow.end(),
                     [&](const std::string& entry) { return overlap(entry, pattern); });
}

bool LinkRules::takes(Way way, std::string_view pattern) const {
  return !is_literal(pattern) || carries(way == Way::up ? Way::down : Way::up, pattern);
}

}  // namespace leafnats::sim
