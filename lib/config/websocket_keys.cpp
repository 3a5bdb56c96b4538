// SPDX-License-Identifier: Apache-2.0
//
// The keys of websocket { } with its authorization, and of a remote's proxy { }.
#include "config/section.hpp"
#include "config/sections.hpp"

#include <algorithm>

namespace leafnats::config {

namespace {

struct WebSocketKeys {
  WebSocketOptions options;
  ListenKeys listen;
};

// ---- authorization { }

template <std::string WebSocketOptions::*member>
void take_login(const Field& field, WebSocketOptions& options) {
  field.into(options.*member);
}

constexpr Rule<WebSocketOptions> login_rules[] = {
    {"user username", "username", take_login<&WebSocketOptions::username>},
    {"pass password", "password", take_login<&WebSocketOptions::password>},
    {"token", "token", take_login<&WebSocketOptions::token>},
    {"timeout", "auth_timeout",
     [](const Field& field, WebSocketOptions& options) {
       const auto found = field.timeout();
       options.auth_timeout = std::max(found.value_or(options.auth_timeout),
                                       std::chrono::milliseconds(0));
     }},
};
constexpr Section<WebSocketOptions> login_section{"websocket.authorization", login_rules, {}};

void take_logins(const Field& field, WebSocketKeys& keys) {
  if (const Map* map = field.map()) {
    take_section(login_section, *map, "websocket", field.diagnostics(), keys.options);
  }
}

// ---- headers { }

/// Names may be anything, so this is no section.
void take_headers(const Field& field, WebSocketKeys& keys) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  keys.options.headers.clear();
  for (const Entry& entry : map->entries()) {
    const Field header(field.diagnostics(), entry, field.option());
    if (const auto value = header.text()) {
      keys.options.headers[entry.key] = *value;
    }
  }
}

// ---- websocket { }

template <std::string WebSocketOptions::*member>
void take_text(const Field& field, WebSocketKeys& keys) {
  field.into(keys.options.*member);
}
template <bool WebSocketOptions::*member>
void take_bool(const Field& field, WebSocketKeys& keys) {
  field.into(keys.options.*member);
}

void take_origins(const Field& field, WebSocketKeys& keys) {
  if (auto found = field.texts()) {
    keys.options.allowed_origins = std::move(*found);
  }
}

void take_handshake_timeout(const Field& field, WebSocketKeys& keys) {
  const auto found = field.value().as<std::int64_t>() ? field.timeout() : field.duration();
  if (found && found->count() > 0) {
    keys.options.handshake_timeout = *found;
  }
}

constexpr Rule<WebSocketKeys> websocket_rules[] = {
    {"listen", "listen",
     [](const Field& field, WebSocketKeys& keys) { keys.listen.take_listen(field); }},
    {"port", "listen",
     [](const Field& field, WebSocketKeys& keys) { keys.listen.take_port(field); }},
    {"host net", "listen",
     [](const Field& field, WebSocketKeys& keys) { field.into(keys.listen.host); }},
    {"advertise", "advertise", take_text<&WebSocketOptions::advertise>},
    {"no_tls", "no_tls", take_bool<&WebSocketOptions::no_tls>},
    {"tls", "tls",
     [](const Field& field, WebSocketKeys& keys) { take_tls(field, keys.options.tls); }},
    {"same_origin", "same_origin", take_bool<&WebSocketOptions::same_origin>},
    {"allowed_origins allowed_origin allow_origins allow_origin origins origin", "allowed_origins",
     take_origins},
    {"handshake_timeout", "handshake_timeout", take_handshake_timeout},
    {"compression compress", "compression", take_bool<&WebSocketOptions::compression>},
    {"authorization authentication", "", take_logins},
    {"jwt_cookie", "jwt_cookie", take_text<&WebSocketOptions::jwt_cookie>},
    {"user_cookie", "user_cookie", take_text<&WebSocketOptions::user_cookie>},
    {"pass_cookie", "pass_cookie", take_text<&WebSocketOptions::pass_cookie>},
    {"token_cookie", "token_cookie", take_text<&WebSocketOptions::token_cookie>},
    {"no_auth_user", "no_auth_user", take_text<&WebSocketOptions::no_auth_user>},
    {"headers", "headers", take_headers},
    {"ping_interval", "ping_interval",
     [](const Field& field, WebSocketKeys& keys) { field.into(keys.options.ping_interval); }},
};
constexpr Section<WebSocketKeys> websocket_section{"websocket", websocket_rules, {}};

// ---- proxy { }

constexpr Rule<ProxyOptions> proxy_rules[] = {
    {"url", "url", [](const Field& field, ProxyOptions& proxy) { field.into(proxy.url); }},
    {"username", "username",
     [](const Field& field, ProxyOptions& proxy) { field.into(proxy.username); }},
    {"password", "password",
     [](const Field& field, ProxyOptions& proxy) { field.into(proxy.password); }},
    {"timeout", "timeout",
     [](const Field& field, ProxyOptions& proxy) {
       proxy.timeout = field.duration_or_seconds().value_or(proxy.timeout);
     }},
};
constexpr Section<ProxyOptions> proxy_section{"leafnodes.remotes.proxy", proxy_rules, {}};

}  // namespace

void take_websocket(const Field& field, std::optional<WebSocketOptions>& websocket) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  WebSocketKeys keys;
  take_section(websocket_section, *map, field.option(), field.diagnostics(), keys);
  // A listener without a port is none, whatever else stands in the block.
  if (keys.listen.port == 0) {
    field.remark("websocket has no port: nothing listens");
    return;
  }
  keys.options.listen = keys.listen.endpoint(0);
  if (keys.options.no_tls && !keys.options.tls) {
    field.remark("Websocket not configured with TLS. DO NOT USE IN PRODUCTION!");
  }
  websocket = std::move(keys.options);
}

void take_proxy(const Field& field, ProxyOptions& proxy) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  proxy = {};
  take_section(proxy_section, *map, field.option(), field.diagnostics(), proxy);
  if (proxy.url.starts_with("https://")) {
    field.remark("the way to a proxy is not encrypted, not even with https:// in its URL");
  }
}

void list_websocket_keys(KeyList& list) {
  list_keys(websocket_section, list);
  list_keys(login_section, list);
  list_keys(proxy_section, list);
}

}  // namespace leafnats::config
