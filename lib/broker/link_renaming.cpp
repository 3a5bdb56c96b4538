// SPDX-License-Identifier: Apache-2.0
//
// The servers' own subjects need no exception when they are renamed: none of them has a prefix
// that may be.

#include "broker/link_renaming.hpp"

namespace leafnats::broker {

std::vector<RenamedInterest::Change> RenamedInterest::set(std::string_view subject,
                                                          std::string_view queue,
                                                          std::optional<std::int64_t> members) {
  std::vector<Change> changes;
  const Key source(subject, queue);
  const auto known = sources_.find(source);
  const bool was_wanted = known != sources_.end();
  if (!was_wanted && !members) return changes;
  const std::vector<std::string> names = renaming_.rename_pattern(way_, subject);
  if (names.empty()) return changes;  // nothing to remember either: a peer chooses how many
  const std::int64_t delta = members.value_or(0) - (was_wanted ? known->second : 0);
  for (const std::string& name : names) {
    const auto total = totals_.try_emplace({name, std::string(queue)}).first;
    const bool before = total->second.sources > 0;
    total->second.members += delta;
    if (!was_wanted) ++total->second.sources;
    if (!members) --total->second.sources;
    changes.push_back({name, before, total->second.sources > 0, total->second.members});
    if (total->second.sources == 0) totals_.erase(total);
  }
  if (!members) {
    sources_.erase(known);
  } else {
    sources_.insert_or_assign(source, *members);
  }
  return changes;
}

LinkRenaming::LinkRenaming(const RemoteLeafOpts& options)
    : renaming_(options.account_mappings),
      unwanted_(renaming_.unwanted_there(options.deny_imports)),
      local_({{}, options.deny_exports}, {{}, options.deny_imports}),
      told_(renaming_, Way::there),
      heard_(renaming_, Way::here) {}

std::optional<std::string_view> LinkRenaming::name_there(std::string_view local) {
  if (!may_give(local) || !renaming_.rename(Way::there, local, asked_)) return std::nullopt;
  return asked_;
}

bool LinkRenaming::give(Message& message) {
  return may_give(message.subject) && rename(Way::there, message, given_);
}

bool LinkRenaming::take(Message& message) {
  return rename(Way::here, message, taken_) &&
         (always_crosses_links(message.subject) || local_.can_deliver(message.subject, {}));
}

bool LinkRenaming::may_give(std::string_view local) const {
  return always_crosses_links(local) || local_.can_publish(local);
}

bool LinkRenaming::may_tell(std::string_view local, std::string_view queue) const {
  return local_.can_announce(local, queue) != subject::PermissionSet::Subscribe::denied;
}

bool LinkRenaming::rename(Way way, Message& message, Names& names) const {
  if (!renaming_.rename(way, message.subject, names.subject)) return false;
  message.subject = names.subject;
  if (message.reply.empty()) return true;
  if (!renaming_.rename(way, message.reply, names.reply)) return false;
  message.reply = names.reply;
  return true;
}

}  // namespace leafnats::broker
