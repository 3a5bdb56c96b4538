// SPDX-License-Identifier: Apache-2.0
//
// What all shards of one server share: settings and identity, which never change while it runs,
// and a few counters, which are atomic. Everything else belongs to exactly one shard.
#pragma once

#include "auth/authenticator.hpp"
#include "base/random.hpp"
#include "base/wall_clock.hpp"
#include "broker/account_directory.hpp"
#include "broker/advisories.hpp"
#include "broker/leaf_registry.hpp"
#include "broker/link_record.hpp"
#include "wire/info.hpp"
#include "wire/tls_context.hpp"
#include "wire/websocket_handshake.hpp"

#include <leafnats/events.hpp>
#include <leafnats/options.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace leafnats::broker {

/// The server as its peers see it.
struct Identity {
  std::string server_id;
  std::string server_name;
  std::string cluster;               ///< what leafs and hubs are told; the name if not clustered
  std::string loop_detection_subject;  ///< `$LDS.<nuid>`, of which links make theirs: loop_mark()
  wire::ServerInfo client_info;      ///< template of the INFO to clients
  wire::ServerInfo leaf_info;        ///< template of the INFO to leafs
  wire::ServerInfo websocket_info;   ///< template of the INFO to clients over WebSocket
};

/// Keys and trust for TLS connections that begin now: files may change while the server runs.
/// Thread: any, at once.
class TlsSource {
 public:
  virtual ~TlsSource() = default;
  /// Null if the listener has no TLS.
  [[nodiscard]] virtual std::shared_ptr<const wire::TlsContext> client_listener() = 0;
  [[nodiscard]] virtual std::shared_ptr<const wire::TlsContext> leaf_listener() = 0;
  [[nodiscard]] virtual std::shared_ptr<const wire::TlsContext> websocket_listener() = 0;
  /// Whether another client may begin a handshake now (connection_rate_limit).
  [[nodiscard]] virtual bool admits_client() { return true; }
};

struct Context {
  Options options;
  Identity identity;
  wire::UpgradePolicy upgrade_policy;  ///< of the WebSocket listener, if there is one
  base::Entropy* entropy = nullptr;
  auth::Authenticator* authenticator = nullptr;
  auth::Worker* callbacks = nullptr;  // what may wait for the host; null: nothing does
  TlsSource* tls = nullptr;          // null: no listener and no remote ever uses TLS
  Advisories* advisories = nullptr;  // null: nobody is told of logins

  const base::WallClock* clock = nullptr;
  AccountDirectory accounts;

  LeafRegistry leaf_registry;
  LinkTable links;

  // Relaxed: they are counts, nothing is published through them.
  std::atomic<std::uint64_t> last_connection_number{0};
  std::atomic<std::int64_t> client_connections{0};
  std::atomic<std::int64_t> leaf_connections{0};

  [[nodiscard]] bool logs(LogLevel level) const noexcept {
    return options.log && level <= options.log_level;
  }
  void log(LogLevel level, std::string_view line) const {
    if (logs(level)) options.log(level, line);
  }
  void tell(const Event& event) const {
    if (options.on_event) options.on_event(event);
  }
};

}  // namespace leafnats::broker
