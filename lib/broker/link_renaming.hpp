// SPDX-License-Identifier: Apache-2.0
//
// What a leaf link with account_mappings does between its account and the wire: renames messages
// and interest each way, and applies the remote's deny lists, which hold local names. A link
// without account_mappings has none of this.
//
// Thread: its shard's.
#pragma once

#include "broker/message.hpp"
#include "subject/permissions.hpp"
#include "subject/prefix_renaming.hpp"

#include <leafnats/remote_leaf.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::broker {

/// Interest of one side in the other side's names. Several subjects may have a counterpart in
/// common, so members are summed up.
class RenamedInterest {
 public:
  using Way = subject::PrefixRenaming::Way;

  RenamedInterest(const subject::PrefixRenaming& renaming, Way way)
      : renaming_(renaming), way_(way) {}

  struct Change {
    std::string subject;
    bool was_wanted;
    bool is_wanted;
    std::int64_t members;  ///< in all; may be 0 although it is wanted
  };

  /// Interest in a subject of the one side has `members` now; nullopt: it is gone. What follows
  /// for the other side.
  [[nodiscard]] std::vector<Change> set(std::string_view subject, std::string_view queue,
                                        std::optional<std::int64_t> members);

 private:
  using Key = std::pair<std::string, std::string>;  // subject and queue
  struct Total {
    std::int64_t members = 0;
    std::uint32_t sources = 0;
  };

  const subject::PrefixRenaming& renaming_;
  const Way way_;
  std::map<Key, std::int64_t> sources_;
  std::map<Key, Total> totals_;
};

class LinkRenaming {
 public:
  explicit LinkRenaming(const RemoteLeafOpts& options);
  LinkRenaming(const LinkRenaming&) = delete;
  LinkRenaming& operator=(const LinkRenaming&) = delete;

  /// The name of a local subject at the hub; nullopt if it must stay here.
  /// Lifetime: until the next call.
  [[nodiscard]] std::optional<std::string_view> name_there(std::string_view local);

  /// Renames a message for the hub; false if it must stay here.
  /// Lifetime: its subjects lie in this object until the next call.
  bool give(Message& message);

  /// Renames a message of the hub likewise; false if it is not to be taken.
  bool take(Message& message);

  /// Whether the hub may hear of local interest.
  [[nodiscard]] bool may_tell(std::string_view local, std::string_view queue) const;

  /// Local interest in the hub's names, and the hub's in ours.
  [[nodiscard]] RenamedInterest& told() noexcept { return told_; }
  [[nodiscard]] RenamedInterest& heard() noexcept { return heard_; }

  /// For CONNECT: what the hub need not send, in its names.
  [[nodiscard]] const std::vector<std::string>& unwanted() const noexcept { return unwanted_; }

 private:
  using Way = subject::PrefixRenaming::Way;

  struct Names {
    std::string subject;
    std::string reply;
  };
  [[nodiscard]] bool may_give(std::string_view local) const;
  bool rename(Way way, Message& message, Names& names) const;

  const subject::PrefixRenaming renaming_;
  const std::vector<std::string> unwanted_;
  subject::PermissionSet local_;  // the remote's denies
  RenamedInterest told_;
  RenamedInterest heard_;
  std::string asked_;             // by name_there()
  Names given_;
  Names taken_;
};

}  // namespace leafnats::broker
