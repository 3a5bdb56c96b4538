// SPDX-License-Identifier: Apache-2.0
//
// Everything a server can be told, as plain structs with nats-server's defaults. A host fills
// them by hand or gets them from a nats-server configuration with load_config(). The values are
// checked by Server::start(), which names the offending field; they are copied, so an Options
// may be reused or destroyed afterwards.
#pragma once

#include <leafnats/accounts.hpp>
#include <leafnats/authentication.hpp>
#include <leafnats/events.hpp>
#include <leafnats/permissions.hpp>
#include <leafnats/remote_leaf.hpp>
#include <leafnats/tls.hpp>
#include <leafnats/websocket.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace leafnats {

/// Who may connect to a listener. With none of username, token and users set, everybody may.
struct Authorization {
  std::string username;
  std::string password;
  std::string token;
  std::string nkey;                                 ///< leaf listeners only: one public key "U..."
  std::vector<User> users;
  std::optional<Permissions> default_permissions;
  std::optional<AuthCalloutOptions> auth_callout;   ///< client listeners only; holds for all
  std::chrono::milliseconds timeout{2'000};         ///< for CONNECT to arrive
  /// Only matters if the system account alone has users: true shuts out everybody else; false
  /// lets others into the default account. A configuration sets it with any block authorization.
  bool shuts_out = false;
  std::string account;                              ///< leaf listeners only: account to bind
};

/// What becomes of a leaf link that does not take its bytes within write_deadline.
enum class WriteTimeout {
  retry,  ///< it lives as long as some bytes go; only a standstill closes it (the default)
  close,  ///< it is closed when what was written did not all go
};

/// What becomes of messages for a leaf link whose queue is full. Interest, PINGs and what is
/// half written already are never dropped; Server::leaf_links() counts what is.
enum class QueueFull {
  drop_oldest,  ///< the message that has waited longest goes: the far side gets what is fresh
  drop_newest,  ///< the message that comes last goes: the far side gets what came first
  close,        ///< the link is closed, as a client that does not read would be
};

/// Leaf nodes: the listener that makes this server a hub, and the hubs it dials itself.
struct LeafOptions {
  std::string listen;                               ///< "host:port", port 0: any free; empty: none
  /// host[:port] told to leafs in INFO; empty: the listener's. Wrong: leafs that follow what hubs
  /// tell dial an address that is not there, among others.
  std::string advertise;
  /// Do not gossip this listener to other hubs. Its own leafs are told all the same, as they need
  /// it to know a leaf port from a client port (nats-server).
  bool no_advertise = false;
  Authorization authorization;
  /// Refuse leafs whose version is lower; at least "2.8.0"; empty: none is refused.
  std::string min_version;
  /// First step of the back-off of remotes. Must be positive; too small and a restarted hub is
  /// flooded, too large and an outage of a second lasts as long.
  std::chrono::milliseconds reconnect{1'000};
  /// Pauses grow no longer than this, or than twice `reconnect` where that is more; those after
  /// refused logins and the like twice as long, after loops and double names ten times. Must
  /// be positive; too large and a link stays down long after the hub is back.
  std::chrono::milliseconds reconnect_max{30'000};
  /// For name and TCP connection of remotes. Must be positive; satellites need several seconds.
  std::chrono::milliseconds dial_timeout{1'000};
  std::chrono::milliseconds write_deadline{0};      ///< of leaf links; 0: Options::write_deadline
  WriteTimeout write_timeout = WriteTimeout::retry;
  /// Do not tell leafs (and the hubs of remotes) of other leafs' interest: nothing goes from leaf
  /// to leaf, and a thousand of them cost no interest traffic. What goes between a leaf and this
  /// server's own clients stays as it is. Wrongly on: leafs that should hear each other do not.
  bool isolate_leafnode_interest = false;
  /// Bytes of messages that may wait for one leaf link; beyond, link_queue_full decides. 64 MiB is
  /// what a client may have pending: nats-server has no bound here. At least 64 KiB; too small
  /// and a burst is lost that the link could have carried.
  std::size_t link_queue_bytes = 64 * 1024 * 1024;
  QueueFull link_queue_full = QueueFull::drop_oldest;
  CompressionOptions compression;                   ///< of accepted links; remotes have their own
  /// TLS of the listener: INFO says tls_required, and every leaf has to use it. Its pinned_certs
  /// also hold for remotes that have none of their own. None: no TLS on accepted links.
  std::optional<TlsOptions> tls;
  std::vector<RemoteLeafOpts> remotes;
};

/// How new connections are spread over the shards.
enum class ShardPlacement {
  by_load,      ///< the first shard until it is busy, then the next: a quiet server is one thread
  round_robin,  ///< one after the other, when the host knows that load will come
};

/// How a server is set up. Sizes are bytes.
struct Options {
  std::string server_name;                          ///< empty: the generated server id
  std::string client_listen;                        ///< "host:port", port 0: any free; empty: none
  std::string client_advertise;                     ///< host[:port] told to clients
  unsigned shards = 0;                              ///< broker threads at most; 0: one a core, 1-64
  ShardPlacement shard_placement = ShardPlacement::by_load;

  Authorization authorization;
  std::string no_auth_user;                         ///< user for clients without credentials
  /// Asked about every login before anything that is configured; none: it is not.
  AuthenticationHandler authentication_cb;

  /// Beside the default account $G and the system account, which are always there.
  std::vector<AccountOptions> accounts;
  /// Name (in operator mode the public key) of the account of $SYS subjects; empty: "$SYS".
  std::string system_account;
  /// Mappings of the default account.
  std::vector<SubjectMapping> mappings;
  /// Operator mode; excludes accounts and users.
  OperatorOptions operator_mode;

  /// TLS of the client listener: INFO says tls_required, and every client has to use it.
  std::optional<TlsOptions> tls;
  /// With tls: clients without TLS are served too; INFO says tls_available instead. Wrongly on:
  /// passwords cross the network in the clear.
  bool allow_non_tls = false;

  std::size_t max_payload = 1024 * 1024;
  std::size_t max_control_line = 4096;
  std::size_t max_pending = 64 * 1024 * 1024;       ///< queued for a client before it is cut off
  std::int64_t max_connections = 65'536;            ///< 0 or less: none accepted; see nats-server
  std::int64_t max_subscriptions = 0;               ///< of each connection; 0: no limit
  int max_subscription_tokens = 0;                  ///< tokens in a subject; 0: no limit
  std::chrono::milliseconds ping_interval{120'000};
  int ping_max = 2;                                 ///< unanswered PINGs before "Stale Connection"
  std::chrono::milliseconds write_deadline{10'000}; ///< without write progress before a cut
  std::chrono::milliseconds lame_duck_duration{120'000};
  std::chrono::milliseconds lame_duck_grace_period{10'000};
  bool no_header_support = false;
  bool disable_short_first_ping = false;

  LeafOptions leaf;
  std::optional<WebSocketOptions> websocket;        ///< none: no such listener

  LogHandler log;                                   ///< none: no log lines are made at all
  LogLevel log_level = LogLevel::info;              ///< lines above it are not made
  EventHandler on_event;
};

}  // namespace leafnats
