// SPDX-License-Identifier: Apache-2.0
//
// The URL of a hub, as it stands in a remote: scheme://[user:password@ | token@]host[:port][/...].
#pragma once

#include "config/endpoint.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leafnats::config {

/// The port that a hub listens on for leafs if the URL names none, whatever its scheme.
inline constexpr std::uint16_t default_leaf_port = 7422;

/// The parts, percent-decoded. Userinfo without ':' is a token; nats-server sends it in CONNECT
/// both as user and as auth_token. A query or fragment is dropped.
struct RemoteUrl {
  std::string scheme;  ///< nats, nats-leaf, tls, ws or wss
  std::string user;
  std::string password;
  std::string token;
  std::string host;  ///< without brackets
  std::uint16_t port = default_leaf_port;
  std::string path;  ///< for ws and wss, as written; empty or from '/' on

  [[nodiscard]] bool is_websocket() const { return scheme == "ws" || scheme == "wss"; }
};

/// invalid_argument says what is wrong, without the text itself, which may hold a password.
/// Accepts schemes that this build cannot dial; see missing_transport().
[[nodiscard]] Result<RemoteUrl> parse_remote_url(std::string_view text);

/// Why this build cannot dial the scheme ("TLS", "WebSocket"); empty if it can.
[[nodiscard]] std::string_view missing_transport(const RemoteUrl& url);

/// The address in the URL of an HTTP proxy, http or https; port 80 if it has none.
[[nodiscard]] Result<Endpoint> parse_proxy_url(std::string_view text);

/// The URL for logs: "nats-leaf://xxxxx@host:7422" if there was userinfo.
[[nodiscard]] std::string redacted(const RemoteUrl& url);

}  // namespace leafnats::config
