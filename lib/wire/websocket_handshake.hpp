// SPDX-License-Identifier: Apache-2.0
//
// The HTTP exchange that turns a connection into a WebSocket (RFC 6455, section 4), as
// nats-server does it on both sides.
//
// Accepting: the path decides what the connection is: it ends with "/leafnode" for a leaf link,
// anything else is a client. permessage-deflate is agreed with no_context_takeover both ways
// whatever parameters were offered; "Nats-No-Masking: true" is agreed always.
#pragma once

#include "base/random.hpp"
#include "wire/http_head.hpp"

#include <leafnats/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::wire {

/// Ends the path of a leaf link.
inline constexpr std::string_view websocket_leaf_path = "/leafnode";

/// The answer that belongs to a Sec-WebSocket-Key.
[[nodiscard]] std::string websocket_accept(std::string_view key);

// ---- Dialling ----

/// What the dialling side asks for.
struct WebSocketRequest {
  std::string host;          ///< as in the URL, with its port
  std::string target;        ///< the path, from '/' on
  bool compression = false;
  bool no_masking = false;
};

/// The path for a leaf link below the path of a URL: "/leafnode" joined to it, "." and ".."
/// resolved. `path` is as written in the URL, escapes included.
[[nodiscard]] std::string websocket_leaf_target(std::string_view path);

/// A new Sec-WebSocket-Key.
[[nodiscard]] std::string make_websocket_key(base::Entropy& entropy);

[[nodiscard]] std::string format_upgrade_request(const WebSocketRequest& request,
                                                 std::string_view key);

struct WebSocketAgreement {
  bool compression = false;
  bool no_masking = false;
};

/// Whether the answer makes a WebSocket, and of which kind; the error is a part of a log line.
[[nodiscard]] Result<WebSocketAgreement> judge_upgrade_answer(const HttpHead& answer,
                                                              const WebSocketRequest& request,
                                                              std::string_view key);

// ---- Accepting ----

/// A web page's origin as it is compared: scheme, host in lower case, port.
struct WebOrigin {
  std::string scheme;
  std::string host;
  std::string port;
  friend bool operator==(const WebOrigin&, const WebOrigin&) = default;
};

/// Reads "https://host[:port][/...]"; the port is the scheme's if there is none.
[[nodiscard]] Result<WebOrigin> parse_web_origin(std::string_view text);

/// What a listener demands of an upgrade and offers.
struct UpgradePolicy {
  bool tls = false;                        ///< the listener's connections are encrypted
  bool same_origin = false;
  std::vector<WebOrigin> allowed_origins;  ///< empty: any
  bool compression = false;
  bool takes_leafs = false;                ///< else their path is not found
  std::size_t max_payload = 1024 * 1024;   ///< of a message; bounds what is inflated
  std::string headers;                     ///< whole lines, added to the answer
  std::string jwt_cookie;                  ///< names of cookies that hold credentials
  std::string user_cookie;
  std::string password_cookie;
  std::string token_cookie;
};

/// Credentials that a browser sent as cookies.
struct WebSocketCookies {
  std::string jwt;
  std::string user;
  std::string password;
  std::string token;
};

/// What became of a request. With status 101 `bytes` is the answer that agrees, otherwise the
/// one that refuses, and `error` tells the log why.
struct Upgrade {
  int status = 0;
  std::string bytes;
  std::string error;

  bool is_leaf = false;
  bool compression = false;
  bool no_masking = false;
  bool is_browser = false;           ///< frames should be small
  bool fragments_compressed = true;  ///< false for Safari
  std::string forwarded_for;         ///< the client's address as a proxy told it; may be empty
  WebSocketCookies cookies;
};

[[nodiscard]] Upgrade answer_upgrade(const HttpHead& request, const UpgradePolicy& policy);

/// The answer to what is no HTTP request at all, or too large a one.
[[nodiscard]] Upgrade refuse_upgrade(int status, std::string_view error);

}  // namespace leafnats::wire
