// SPDX-License-Identifier: Apache-2.0
//
// What a server tells its host: log lines and events. Both callbacks run on the server's own
// threads, may be called from several of them at once, must not throw and must not block.
#pragma once

#include <leafnats/export.hpp>

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
};

/// The name of a kind, for logs: "leaf_connected".
LEAFNATS_EXPORT std::string_view to_string(EventKind kind) noexcept;

/// One event. Lifetime: the views are good during the call; copy what is kept.
struct Event {
  EventKind kind;
  std::uint64_t connection_id = 0;  ///< the client_id of INFO; 0 if there is none yet
  std::string_view endpoint;        ///< host:port of the peer or the listener
  std::string_view name;            ///< the peer's server name, or the client's name
  std::string_view reason;          ///< why; empty where the kind says it all
};

using EventHandler = std::function<void(const Event& event)>;

}  // namespace leafnats
