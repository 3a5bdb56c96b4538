// SPDX-License-Identifier: Apache-2.0
//
// The leaf links of a whole server by what must be unique: a remote server connects once to an
// account, and a cluster that is our leaf cannot be our hub as well.
//
// Thread: any. This is one of the few mutexes: links live on different shards, they come and go
// rarely, and the question "is it already here" needs one answer for the server.
#pragma once

#include "base/ids.hpp"
#include "broker/account_record.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

namespace leafnats::broker {

class LeafRegistry {
 public:
  struct Identity {
    std::string name;             ///< CONNECT.name, the remote server's name
    std::string cluster;
    AccountId account{};
    std::string remote_account;

    auto operator<=>(const Identity&) const = default;
  };

  /// Enters an accepted link. Returns the older one with the same identity, which must give way.
  /// A link without a name or a remote account is never a duplicate (nats-server).
  std::optional<base::ConnectionId> enter(const Identity& identity, base::ConnectionId link);
  void leave(const Identity& identity, base::ConnectionId link);

  /// Whether `cluster` has accepted links to `account`: then it cannot be its hub.
  [[nodiscard]] bool is_leaf_cluster(const std::string& cluster, AccountId account);

 private:
  std::mutex mutex_;
  std::map<Identity, base::ConnectionId> links_;
  std::map<std::pair<AccountId, std::string>, int> clusters_;
};

}  // namespace leafnats::broker
