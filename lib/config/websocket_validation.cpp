// SPDX-License-Identifier: Apache-2.0
//
// nats-server's rules, which it looks at when it starts. A header is also looked at as HTTP has
// it, because it becomes a line of an answer.
#include "config/websocket_validation.hpp"

#include "auth/all_users.hpp"
#include "config/checker.hpp"
#include "config/endpoint.hpp"
#include "config/remote_url.hpp"
#include "wire/http_head.hpp"
#ifdef LEAFNATS_HAVE_WEBSOCKET
#include "wire/websocket_handshake.hpp"
#endif

#include <algorithm>

namespace leafnats::config {

namespace {

using std::chrono::milliseconds;

void check_listener(const WebSocketOptions& websocket, Checker& checker) {
  const Result<Endpoint> listen = parse_endpoint(websocket.listen);
  checker.require(listen.has_value(), "websocket.listen", listen ? "" : listen.error().context);
  if (!websocket.advertise.empty()) {
    const Result<Endpoint> told = parse_advertise(websocket.advertise, 0);
    checker.require(told.has_value(), "websocket.advertise", told ? "" : told.error().context);
  }
  checker.require(websocket.no_tls || websocket.tls, "websocket",
                  "websocket requires TLS configuration, or no_tls: true to go without");
  checker.require(websocket.handshake_timeout > milliseconds(0), "websocket.handshake_timeout",
                  "must be positive");
  checker.require(websocket.auth_timeout >= milliseconds(0), "websocket.auth_timeout",
                  "must not be negative");
  checker.require(websocket.ping_interval >= milliseconds(0), "websocket.ping_interval",
                  "must not be negative");
}

void check_origins(const WebSocketOptions& websocket, Checker& checker) {
#ifdef LEAFNATS_HAVE_WEBSOCKET
  for (std::size_t i = 0; i < websocket.allowed_origins.size(); ++i) {
    const auto origin = wire::parse_web_origin(websocket.allowed_origins[i]);
    checker.require(origin.has_value(),
                    "websocket.allowed_origins[" + std::to_string(i) + "]",
                    "unable to parse allowed origin \"" + websocket.allowed_origins[i] +
                        "\": " + (origin ? "" : origin.error().context));
  }
#else
  static_cast<void>(websocket);
  static_cast<void>(checker);
#endif
}

void check_headers(const WebSocketOptions& websocket, Checker& checker) {
  static constexpr std::string_view reserved[] = {"host", "content-length", "connection",
                                                  "upgrade", "nats-no-masking"};
  for (const auto& [name, value] : websocket.headers) {
    const bool is_reserved =
        std::any_of(std::begin(reserved), std::end(reserved),
                    [&](std::string_view word) { return wire::equal_fold(word, name); });
    const std::string invalid = "websocket: invalid header \"" + name + "\"";
    checker.require(!is_reserved, "websocket.headers", invalid + " not allowed");
    constexpr std::string_view prefix = "sec-websocket-";
    checker.require(!wire::equal_fold(name.substr(0, prefix.size()), prefix), "websocket.headers",
                    invalid + ", \"Sec-WebSocket-\" prefix not allowed");
    checker.require(wire::is_http_name(name) && wire::is_http_value(value), "websocket.headers",
                    invalid + ": it cannot stand in an HTTP header");
  }
}

void check_logins(const Options& options, const WebSocketOptions& websocket, Checker& checker) {
  const bool has_users = auth::has_users(options);
  checker.require(!has_users || websocket.username.empty(), "websocket",
                  "websocket authentication username not compatible with presence of users/nkeys");
  checker.require(!has_users || websocket.token.empty(), "websocket",
                  "websocket authentication token not compatible with presence of users/nkeys");
  checker.require(
      websocket.no_auth_user.empty() || auth::has_user(options, websocket.no_auth_user),
      "websocket.no_auth_user",
      "\"" + websocket.no_auth_user +
          "\" not present as user or nkey in authorization block or account configuration");
  const bool trusts = !options.operator_mode.operators.empty() ||
                      !options.operator_mode.trusted_keys.empty();
  checker.require(websocket.jwt_cookie.empty() || trusts, "websocket.jwt_cookie",
                  "trusted operators or trusted keys configuration is required for JWT "
                  "authentication via cookie \"" +
                      websocket.jwt_cookie + "\"");
}

}  // namespace

void check_websocket(const Options& options, std::vector<Finding>& findings) {
  if (!options.websocket) {
    return;
  }
  Checker checker(findings);
#ifndef LEAFNATS_HAVE_WEBSOCKET
  checker.refuse("websocket", "WebSocket is not part of this build");
#endif
  check_listener(*options.websocket, checker);
  check_origins(*options.websocket, checker);
  check_headers(*options.websocket, checker);
  check_logins(options, *options.websocket, checker);
}

void check_ways(const std::string& field, const RemoteLeafOpts& remote,
                std::vector<Finding>& findings) {
  Checker checker(findings);
  std::size_t websocket_urls = 0;
  for (const std::string& text : remote.urls) {
    const Result<RemoteUrl> url = parse_remote_url(text);
    websocket_urls += url && url->is_websocket() ? 1 : 0;
  }
  checker.require(websocket_urls == 0 || websocket_urls == remote.urls.size(), field,
                  "remote leaf node configuration cannot have a mix of websocket and "
                  "non-websocket urls");
  const ProxyOptions& proxy = remote.proxy;
  if (proxy.url.empty()) {
    return;
  }
  const Result<Endpoint> endpoint = parse_proxy_url(proxy.url);
  checker.require(endpoint.has_value(), field + ".proxy",
                  endpoint ? "" : "invalid proxy URL: " + endpoint.error().context);
  checker.require(proxy.timeout >= milliseconds(0), field + ".proxy", "proxy timeout must be >= 0");
  checker.require(proxy.username.empty() == proxy.password.empty(), field + ".proxy",
                  "proxy username and password must both be specified or both be empty");
}

}  // namespace leafnats::config
