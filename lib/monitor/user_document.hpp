// SPDX-License-Identifier: Apache-2.0
//
// What `$SYS.REQ.USER.INFO` tells users of themselves.
//
// Thread: collect() on the shard's, the rest anywhere.
#pragma once

#include "base/ids.hpp"
#include "broker/shard.hpp"

#include <leafnats/permissions.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace leafnats::monitor {

class UserPart {
 public:
  /// The client with this number, if it is on this shard.
  void collect(std::uint64_t connection, const broker::Shard& shard);

  bool found = false;
  std::string user;
  std::string account;
  std::string user_name;               // of a user JWT
  std::int64_t expires_at = 0;         // seconds since 1970; 0: never
  std::shared_ptr<const Permissions> permissions;
};

[[nodiscard]] std::string user_document(const UserPart& user);

}  // namespace leafnats::monitor
