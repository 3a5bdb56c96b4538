// SPDX-License-Identifier: Apache-2.0
//
// From the accepted connection to the session that it becomes.

#include "broker/websocket_upgrade.hpp"

#include "base/assert.hpp"
#include "broker/client_session.hpp"
#include "broker/context.hpp"
#include "broker/leaf_session.hpp"
#include "broker/shard.hpp"
#include "wire/websocket_filter.hpp"

#include <fmt/format.h>

#include <utility>

namespace leafnats::broker {

wire::UpgradePolicy make_upgrade_policy(const Options& options) {
  const WebSocketOptions& websocket = *options.websocket;
  wire::UpgradePolicy policy;
  policy.tls = websocket.tls.has_value();
  policy.same_origin = websocket.same_origin;
  for (const std::string& text : websocket.allowed_origins) {
    policy.allowed_origins.push_back(*wire::parse_web_origin(text));
  }
  policy.compression = websocket.compression;
  policy.takes_leafs = !options.leaf.listen.empty();
  policy.max_payload = options.max_payload;
  for (const auto& [name, value] : websocket.headers) {
    policy.headers.append(name).append(": ").append(value).append("\r\n");
  }
  policy.jwt_cookie = websocket.jwt_cookie;
  policy.user_cookie = websocket.user_cookie;
  policy.password_cookie = websocket.pass_cookie;
  policy.token_cookie = websocket.token_cookie;
  return policy;
}

WebSocketUpgrade::WebSocketUpgrade(Shard& shard, base::ConnectionId id, Transport& transport,
                                   std::string address)
    : Session(shard, SubscriberKind::upgrade, id, transport, std::move(address),
              wire::Parser(wire::Dialect::client, {shard.context().options.max_control_line,
                                                   shard.context().options.max_payload})) {}

void WebSocketUpgrade::open() {
  Context& context = shard_.context();
  if (context.options.websocket->tls) {
    auto keys = context.tls != nullptr ? context.tls->websocket_listener() : nullptr;
    if (keys == nullptr) {
      close(CloseReason::tls_handshake_error);
      return;
    }
    push_filter(wire::TlsFilter::accept(std::move(keys), context.clock->unix_seconds()));
  }
  push_filter(std::make_unique<wire::WebSocketFilter>(context.upgrade_policy));
  deadline_ns_ = shard_.now() + to_ns(context.options.websocket->handshake_timeout);
  update_deadline();
}

void WebSocketUpgrade::on_stream_open() {
  wire::StreamFilter* filter = stream()->find(wire::StreamFilter::Kind::websocket);
  LEAFNATS_ASSERT(filter != nullptr);
  wire::Upgrade upgrade = static_cast<wire::WebSocketFilter*>(filter)->take_upgrade();
  if (upgrade.is_leaf) {
    shard_.succeed_as_leaf(*this, upgrade);
  } else {
    shard_.succeed_as_client(*this, std::move(upgrade));
  }
}

void WebSocketUpgrade::on_timer(std::int64_t now_ns) {
  if (now_ns < deadline_ns_) return;
  shard_.log(LogLevel::error, *this, "websocket handshake timeout");
  close(CloseReason::authentication_timeout);
}

void WebSocketUpgrade::on_close(CloseReason reason, std::string_view) {
  shard_.log(LogLevel::debug, *this,
             fmt::format("Websocket connection closed: {}", to_string(reason)));
}

// ---- The shard's part ----

WebSocketUpgrade& Shard::accept_websocket(Transport& transport, std::string address) {
  auto session = std::make_unique<WebSocketUpgrade>(*this, next_connection(), transport,
                                                    std::move(address));
  WebSocketUpgrade& accepted = *session;
  keep(std::move(session));
  accepted.open();
  return accepted;
}

namespace {

/// As nats-server shows a client behind a proxy.
std::string shown_address(const std::string& address, const std::string& forwarded_for) {
  if (forwarded_for.empty()) return address;
  const bool is_v6 = forwarded_for.find(':') != forwarded_for.npos;
  return (is_v6 ? "[" + forwarded_for + "]" : forwarded_for) + "/" + address;
}

}  // namespace

void Shard::succeed_as_client(Session& session, wire::Upgrade upgrade) {
  std::string address = shown_address(session.address(), upgrade.forwarded_for);
  auto client = std::make_unique<ClientSession>(*this, next_connection(), session.transport(),
                                                std::move(address));
  ClientSession& successor = *client;
  keep(std::move(client));
  successor.take_over(session);
  successor.set_cookies(std::move(upgrade.cookies));
  open_client(successor);
  successor.received(0);  // what lies in the filters below already
}

void Shard::succeed_as_leaf(Session& session, const wire::Upgrade& upgrade) {
  std::string address = shown_address(session.address(), upgrade.forwarded_for);
  auto leaf = std::make_unique<LeafSession>(*this, next_connection(), session.transport(),
                                            std::move(address), nullptr);
  LeafSession& successor = *leaf;
  keep(std::move(leaf));
  successor.take_over(session);
  open_leaf(successor);
  successor.received(0);
}

}  // namespace leafnats::broker
