// SPDX-License-Identifier: Apache-2.0
//
// Which remote servers are connected as leafs.

#include "broker/leaf_registry.hpp"

namespace leafnats::broker {

std::optional<base::ConnectionId> LeafRegistry::enter(const Identity& identity,
                                                      base::ConnectionId link) {
  const std::lock_guard lock(mutex_);
  if (!identity.cluster.empty()) ++clusters_[{identity.account, identity.cluster}];
  if (identity.name.empty() || identity.remote_account.empty()) return std::nullopt;
  const auto [entry, fresh] = links_.try_emplace(identity, link);
  if (fresh) return std::nullopt;
  return std::exchange(entry->second, link);
}

void LeafRegistry::leave(const Identity& identity, base::ConnectionId link) {
  const std::lock_guard lock(mutex_);
  if (!identity.cluster.empty()) {
    const auto cluster = clusters_.find({identity.account, identity.cluster});
    if (cluster != clusters_.end() && --cluster->second == 0) clusters_.erase(cluster);
  }
  const auto entry = links_.find(identity);
  if (entry != links_.end() && entry->second == link) links_.erase(entry);
}

bool LeafRegistry::is_leaf_cluster(const std::string& cluster, AccountId account) {
  const std::lock_guard lock(mutex_);
  return !cluster.empty() && clusters_.contains({account, cluster});
}

}  // namespace leafnats::broker
