// SPDX-License-Identifier: Apache-2.0
//
// Allow and deny. The behaviour was compared with nats-server 2.15.1.

#include "subject/permissions.hpp"

#include "subject/grammar.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace leafnats::subject {
namespace {

struct Entry {
  std::string_view subject;
  std::string_view queue;
};

/// Cuts "subject" or "subject queue" at white space; nothing if it is neither.
std::optional<Entry> split_entry(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\f\v";
  std::string_view words[2];
  std::size_t count = 0;
  while (true) {
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(space, begin), text.size());
    if (count == 2) return std::nullopt;
    words[count++] = text.substr(begin, end - begin);
    text.remove_prefix(end);
  }
  if (!is_valid_subject(words[0])) return std::nullopt;
  if (count == 2 && !is_valid_subject(words[1])) return std::nullopt;
  return Entry{words[0], words[1]};
}

}  // namespace

bool is_valid_subscribe_entry(std::string_view text) {
  const auto entry = split_entry(text);
  // White space around a single subject is refused, although insert() would not mind.
  return entry && (entry->subject == text || !entry->queue.empty());
}

bool SubscribeRules::insert(std::string_view text) {
  const auto entry = split_entry(text);
  if (!entry) return false;
  if (entry->queue.empty()) return plain_.insert(entry->subject);
  queued_.push_back({std::string(entry->subject), std::string(entry->queue)});
  return true;
}

bool SubscribeRules::accepts(std::string_view subject, std::string_view queue) const {
  bool decided = false;
  bool accepted = false;
  for (const Queued& entry : queued_) {
    if (queue.empty() || !subject::matches(subject, entry.subject)) continue;
    decided = true;
    accepted = accepted || is_subset(queue, entry.queue);
  }
  return decided ? accepted : plain_.matches(subject);
}

bool SubscribeRules::matches(std::string_view subject, std::string_view queue) const {
  return plain_.matches(subject) || any_queued(queue, [&](const Queued& entry) {
           return subject::matches(subject, entry.subject);
         });
}

bool SubscribeRules::covers(std::string_view subject, std::string_view queue) const {
  return plain_.covers(subject) || any_queued(queue, [&](const Queued& entry) {
           return is_subset(subject, entry.subject);
         });
}

bool SubscribeRules::overlaps(std::string_view subject, std::string_view queue) const {
  return plain_.overlaps(subject) || any_queued(queue, [&](const Queued& entry) {
           return subject::overlaps(subject, entry.subject);
         });
}

/// True if an entry for this queue stands in the relation; entries with a queue say nothing about
/// plain subscriptions.
template <class Relation>
bool SubscribeRules::any_queued(std::string_view queue, Relation&& relation) const {
  if (queue.empty()) return false;
  return std::any_of(queued_.begin(), queued_.end(), [&](const Queued& entry) {
    return is_subset(queue, entry.queue) && relation(entry);
  });
}

PermissionSet::PermissionSet(const Permissions& permissions)
    : PermissionSet(permissions.publish, permissions.subscribe) {
  // Whoever is allowed to answer, and nothing else is said about publishing, may only answer.
  publish_restricted_ = publish_restricted_ || permissions.allow_responses.has_value();
}

PermissionSet::PermissionSet(const SubjectPermissions& publish, const SubjectPermissions& subscribe)
    : publish_restricted_(!publish.allow.empty()), subscribe_restricted_(!subscribe.allow.empty()) {
  for (const std::string& entry : publish.allow) publish_allow_.insert(entry);
  for (const std::string& entry : publish.deny) deny_publish(entry);
  for (const std::string& entry : subscribe.allow) subscribe_allow_.insert(entry);
  for (const std::string& entry : subscribe.deny) deny_subscribe(entry);
}

void PermissionSet::deny_publish(std::string_view pattern) {
  // A queue has no meaning here; the subject before it is denied all the same.
  if (const auto entry = split_entry(pattern)) publish_deny_.insert(entry->subject);
  publish_verdicts_.clear();
}

void PermissionSet::deny_subscribe(std::string_view entry) { subscribe_deny_.insert(entry); }

bool PermissionSet::can_publish(std::string_view literal) const {
  if (!publish_restricted_ && publish_deny_.empty()) return true;
  return publish_verdicts_(literal, [this](std::string_view subject) {
    if (publish_restricted_ && !publish_allow_.matches(subject)) return false;
    return !publish_deny_.matches(subject);
  });
}

PermissionSet::Subscribe PermissionSet::can_subscribe(std::string_view subject,
                                                      std::string_view queue) const {
  return decide(subject, queue, false);
}

PermissionSet::Subscribe PermissionSet::can_announce(std::string_view subject,
                                                     std::string_view queue) const {
  return decide(subject, queue, true);
}

PermissionSet::Subscribe PermissionSet::decide(std::string_view subject, std::string_view queue,
                                               bool overlap_suffices) const {
  if (subscribe_deny_.matches(subject, queue)) return Subscribe::denied;
  const bool literal = is_literal(subject);
  if (subscribe_restricted_ && !subscribe_allow_.accepts(subject, queue)) {
    if (literal || !overlap_suffices) return Subscribe::denied;
    return subscribe_allow_.overlaps(subject, queue) ? Subscribe::filtered : Subscribe::denied;
  }
  if (literal) return Subscribe::allowed;
  const bool too_wide = subscribe_restricted_ && !subscribe_allow_.covers(subject, queue);
  return too_wide || subscribe_deny_.overlaps(subject, queue) ? Subscribe::filtered
                                                              : Subscribe::allowed;
}

bool PermissionSet::can_deliver(std::string_view literal, std::string_view queue) const {
  if (subscribe_restricted_ && !subscribe_allow_.matches(literal, queue)) return false;
  return !subscribe_deny_.matches(literal, queue);
}

}  // namespace leafnats::subject
