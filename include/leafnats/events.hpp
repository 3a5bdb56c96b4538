// SPDX-License-Identifier: Apache-2.0
//
// What a server tells its host: log lines and events. Both callbacks run on the server's own
// threads, may be called from several of them at once, must not throw and must not block.
#pragma once

#include <leafnats/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace leafnats {

/// Severity of a log line; nats-server's three-letter tags are in brackets.
enum class LogLevel : std::uint8_t {
  fatal,    ///< [FTL]
  error,    ///< [ERR]
  warning,  ///< [WRN]
  info,     ///< [INF]
  debug,    ///< [DBG]
  trace,    ///< [TRC]
};

/// Takes one line without level, time or line end. Lifetime: the text is good during the call.
using LogHandler = std::function<void(LogLevel level, std::string_view line)>;

/// What happened to a connection or a link.
enum class EventKind : std::uint8_t {
  listening,               ///< a listener is open; `endpoint` has its real port
  leaf_connected,          ///< a leaf link is up, accepted or solicited
  leaf_lost,               ///< a leaf link that was up is gone; `reason` says why
  leaf_refused,            ///< a leaf link never came up: refused by either side
  remote_unreachable,      ///< a remote could not be dialled; it is tried again
  authentication_failed,   ///< a client or leaf offered wrong credentials, or none in time
  slow_consumer,           ///< a client was cut off because it does not read
  lame_duck,               ///< drain has begun
  tls_failed,              ///< a TLS handshake failed; `reason` says why and what to change
  leaf_connecting,         ///< a remote is dialled; `endpoint` is its URL's host and port
  leaf_backing_off,        ///< the next attempt of a remote comes after `retry_in`
  leaf_gave_up,            ///< a remote with `reconnect` off will not be dialled again
  leaf_suspended,          ///< a loop was found: interest passes on the link, messages do not
  leaf_resumed,            ///< the loop was opened elsewhere
  leaf_message_dropped,    ///< messages for a link were dropped: the first of a burst, or `count`
};

/// The name of a kind, for logs: "leaf_connected".
LEAFNATS_EXPORT std::string_view to_string(EventKind kind) noexcept;

/// Why a leaf link is down or was refused, or why a message for it was dropped. Given with events
/// and statistics for programs; advice() has the sentence for people.
enum class LinkReason : std::uint8_t {
  none,
  name_not_resolved,       ///< the name of a remote's URL has no address
  unreachable,             ///< nothing answers there: refused, no route
  dial_timeout,            ///< no connection within dial_timeout
  closed_by_peer,          ///< the other side closed without a word
  connection_broken,       ///< reading or writing failed
  stale,                   ///< no sign of life for ping_max ping_intervals
  write_timeout,           ///< nothing could be written for write_deadline
  no_first_info,           ///< no INFO within first_info_timeout
  no_answer_to_connect,    ///< the hub accepted the connection and then said nothing
  stopped,                 ///< this server stops
  authentication_refused,  ///< credentials were wrong, or missing
  authentication_timeout,  ///< no CONNECT in time
  account_unavailable,     ///< the account has no room for another link, or is not there
  duplicate_name,          ///< another server of the same name has connected
  same_cluster,            ///< both sides give the same cluster name
  bad_cluster_name,        ///< a cluster name with spaces
  loop,                    ///< there is a second way between the two servers
  version_too_old,         ///< the hub's min_version is higher
  wrong_port,              ///< a client port was taken for a leaf port, or the reverse
  tls_required,            ///< the other side wants TLS, and this one has none set up
  tls_not_offered,         ///< TLS was demanded, and the other side has none
  tls_failed,              ///< the TLS handshake failed, or a certificate did not pass
  permission_violation,    ///< a subject was announced or published that is not allowed
  protocol_error,          ///< the other side does not speak the protocol of leaf links
  payload_too_large,       ///< a message is larger than the other side takes
  queue_full,              ///< more waits for the link than LeafOptions::link_queue_bytes
  failback,                ///< the remote's first URL is back: the link moves there
  no_signature,            ///< credentials file, seed or SignatureHandler gave none for the hub
};
inline constexpr std::size_t link_reasons = static_cast<std::size_t>(LinkReason::no_signature) + 1;

/// The name of a reason, for logs: "same_cluster".
LEAFNATS_EXPORT std::string_view to_string(LinkReason reason) noexcept;

/// What to change, in one sentence without a full stop; empty where there is nothing to change.
LEAFNATS_EXPORT std::string_view advice(LinkReason reason) noexcept;

/// Kinds of reasons, as far as it matters for the next attempt.
enum class LinkFailure : std::uint8_t {
  none,
  network,         ///< quick attempts first: hubs restart
  authentication,  ///< nothing heals it but a change of configuration
  identity,        ///< names that must differ
  loop,
  version,
  permission,
  tls,
  protocol,
};
inline constexpr std::size_t link_failures = static_cast<std::size_t>(LinkFailure::protocol) + 1;

LEAFNATS_EXPORT LinkFailure failure_of(LinkReason reason) noexcept;

/// One event. Lifetime: the views are good during the call; copy what is kept.
struct Event {
  EventKind kind;
  std::uint64_t connection_id = 0;  ///< the client_id of INFO; 0 if there is none yet
  std::string_view endpoint;        ///< host:port of the peer or the listener
  std::string_view name;            ///< the peer's server name, or the client's name
  std::string_view reason;          ///< why; empty where the kind says it all
  LinkReason link_reason = LinkReason::none;  ///< the same as a code, for leaf links
  std::chrono::milliseconds retry_in{0};      ///< leaf_backing_off
  std::uint64_t count = 0;                    ///< leaf_message_dropped: how many since the last
};

using EventHandler = std::function<void(const Event& event)>;

}  // namespace leafnats
