// SPDX-License-Identifier: Apache-2.0
//
// TLS of one remote, from attempt to attempt: whether it is needed, which name the hub's
// certificate must have, the session to resume.
//
// Thread: the remote's reactor.
#pragma once

#include "broker/context.hpp"
#include "config/remote_url.hpp"
#include "net/tls_files.hpp"
#include "wire/tls_filter.hpp"

#include <leafnats/remote_leaf.hpp>
#include <leafnats/result.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leafnats::net {

class RemoteTls {
 public:
  /// `urls`: the configured ones. Lifetime: `context` must outlive it.
  RemoteTls(broker::Context& context, const RemoteLeafOpts& options,
            const std::vector<config::RemoteUrl>& urls);

  /// Reads the files of a tls{} block, if there is one.
  Result<void> load();

  [[nodiscard]] bool required(const config::RemoteUrl& url) const;
  Result<std::unique_ptr<wire::TlsFilter>> make(const config::RemoteUrl& url);

  /// False if the last failure was of the same kind and no link came up since.
  bool is_news(wire::TlsFault fault) {
    return std::exchange(last_fault_, fault) != std::optional(fault);
  }
  /// The handshake is over, well or not.
  void on_handshake(const wire::TlsFilter& filter);
  void on_end(const wire::TlsFilter& filter) { session_ = filter.session(); }

 private:
  broker::Context& context_;
  const bool configured_;        // a tls{} block is there
  TlsFiles files_;
  /// The first configured host that is a name. Gossip has addresses, which certificates seldom
  /// have: they are held to this name (nats-server).
  std::string host_name_;
  wire::TlsSession session_;
  std::optional<wire::TlsFault> last_fault_;
  bool seen_ = false;            // an earlier link had TLS: later ones must (nats-server)
  bool used_host_name_ = false;  // instead of the address that was dialled
};

}  // namespace leafnats::net
