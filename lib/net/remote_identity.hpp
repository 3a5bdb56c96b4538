// SPDX-License-Identifier: Apache-2.0
//
// Who this server is to a remote's hub: names and passwords, and the key that signs the hub's
// nonce, which lies in a file, in the options, or with the host.
//
// Immutable. Thread: any; prove() blocks and belongs on a worker.
#pragma once

#include "broker/remote_link.hpp"

#include <leafnats/remote_leaf.hpp>
#include <leafnats/result.hpp>

#include <optional>
#include <string>

namespace leafnats::net {

class RemoteIdentity {
 public:
  explicit RemoteIdentity(const RemoteLeafOpts& options);
  explicit RemoteIdentity(RemoteCredentials credentials);

  /// Instead of what the URLs say; nullopt: as they say.
  [[nodiscard]] std::optional<broker::RemoteLink::UserInfo> user_info() const;

  [[nodiscard]] bool proves() const noexcept;

  /// Signs. Errors never have a secret in them.
  [[nodiscard]] Result<broker::LeafProof> prove(const std::string& nonce) const;

 private:
  RemoteCredentials credentials_;
};

}  // namespace leafnats::net
