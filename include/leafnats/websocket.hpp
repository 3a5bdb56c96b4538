// SPDX-License-Identifier: Apache-2.0
//
// The WebSocket listener, for browsers and for whoever only gets through by HTTP: clients, and
// leaf nodes where the path ends with "/leafnode". And the proxy that a remote may dial through.
#pragma once

#include <leafnats/tls.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace leafnats {

/// nats-server's `websocket` block. Needs a build with WebSocket (-Dwebsocket), else
/// Server::start() refuses it.
struct WebSocketOptions {
  std::string listen;                               ///< "host:port", port 0: any free
  /// host[:port] told to clients; empty: the listener's. Wrong: clients that follow what a server
  /// tells dial an address that is not there.
  std::string advertise;
  /// wss://, from the first byte on; handshake_first and timeout mean nothing here. None: no_tls
  /// must be set.
  std::optional<TlsOptions> tls;
  /// Run without TLS. Must be true where there is no TLS, so that it does not happen by mistake:
  /// tokens and messages cross the network in clear. With `tls` it is not looked at.
  bool no_tls = false;
  /// The Origin of a web page must be the host it connects to. Wrongly on: pages of other hosts
  /// cannot connect. Wrongly off: any page in a user's browser can use that user's cookies here.
  bool same_origin = false;
  /// Only pages of these origins, "https://example.com[:port]", may connect; empty: any. Who
  /// sends no Origin is no browser and is not asked.
  std::vector<std::string> allowed_origins;
  /// From the connection to the end of the HTTP request, TLS included. Must be positive; too
  /// short and slow clients never get in. nats-server has no limit unless told.
  std::chrono::milliseconds handshake_timeout{2'000};
  /// Agree to compression (permessage-deflate) with clients that ask for it: less traffic for
  /// about 100 KiB of memory while a batch is made, and CPU.
  bool compression = false;

  // Logins of WebSocket clients. With any of the three set, or no_auth_user, they replace those of
  // Options::authorization; they exclude a list of users there. Leafs are not concerned.
  std::string username;
  std::string password;                             ///< plain text or bcrypt
  std::string token;
  std::chrono::milliseconds auth_timeout{0};        ///< for CONNECT; 0: Authorization::timeout
  /// User for clients without credentials; must be in Options::authorization's list.
  std::string no_auth_user;

  // Names of cookies whose values stand in for what CONNECT leaves out; empty: none.
  std::string jwt_cookie;                           ///< refused: needs operators
  std::string user_cookie;
  std::string pass_cookie;
  std::string token_cookie;

  /// Sent with the answer to an upgrade, such as Strict-Transport-Security. What the handshake
  /// itself consists of (Host, Connection, Upgrade, Sec-WebSocket-...) is refused.
  std::map<std::string, std::string> headers;
  std::chrono::milliseconds ping_interval{0};       ///< 0: Options::ping_interval
};

/// An HTTP proxy that a remote is dialled through, by the method CONNECT.
struct ProxyOptions {
  /// "http://host[:port]"; empty: none. "https://" means the same: the way to the proxy is not
  /// encrypted (nats-server), what passes through it is if the remote says so.
  std::string url;
  std::string username;                             ///< both or none: Basic authentication
  std::string password;
  std::chrono::milliseconds timeout{0};             ///< connection and answer; 0: dial_timeout
};

}  // namespace leafnats
