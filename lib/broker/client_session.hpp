// SPDX-License-Identifier: Apache-2.0
//
// A client's connection: login, subscriptions, publishing, deliveries, liveness.
//
// Thread: its shard's.
#pragma once

#include "auth/authenticator.hpp"
#include "broker/message.hpp"
#include "broker/session.hpp"
#include "broker/sid_table.hpp"
#include "subject/permissions.hpp"
#include "broker/allowed_replies.hpp"
#include "wire/connect.hpp"
#include "wire/info.hpp"
#include "wire/websocket_handshake.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace leafnats::broker {

class ClientSession final : public Session {
 public:
  ClientSession(Shard& shard, base::ConnectionId id, Transport& transport, std::string address);
  ~ClientSession() override;

  /// Sends INFO and starts waiting for CONNECT.
  void open();

  /// What a browser's cookies say where CONNECT says nothing.
  void set_cookies(wire::WebSocketCookies cookies);

  /// The authenticator's late answer.
  void finish_login(const auth::Login& login);

  /// Tells the client that the server is about to go (lame duck mode).
  void announce_lame_duck();

  // ---- Called by the router ----

  /// Appends the message for `subscription` to the outbox. False if it may not have it. A
  /// subscription that has reached its maximum is added to `finished`.
  bool deliver(ClientSubscription& subscription, const Message& message, const Origin& origin,
               std::vector<ClientSubscription*>& finished);

  /// Takes a subscription out of the index and frees it.
  void remove(ClientSubscription& subscription);

  [[nodiscard]] std::size_t subscriptions() const noexcept { return sids_.size(); }

  // ---- For monitoring ----
  void for_each_subscription(const SubscriptionVisit& visit) const override;
  [[nodiscard]] std::size_t subscription_count() const noexcept override { return sids_.size(); }
  [[nodiscard]] std::int64_t last_input_ns() const noexcept override { return last_input_ns_; }
  [[nodiscard]] std::int64_t rtt_ns() const noexcept override { return rtt_ns_; }
  /// What the login may do; null: everything.
  [[nodiscard]] const std::shared_ptr<const Permissions>& granted() const noexcept {
    return granted_;
  }

 private:
  void on_operation(const wire::Op& op) override;
  void on_fault(wire::Fault fault, std::string_view text) override;
  void on_close(CloseReason reason, std::string_view detail) override;
  bool admits_first_byte(char first) override;
  void on_input() override;
  void on_timer(std::int64_t now_ns) override;
  [[nodiscard]] std::int64_t next_timer() const noexcept override;

  void describe_more(ConnectionDescription&) const override {}
  void greet() override;
  void on_ready() override;
  [[nodiscard]] std::string tls_advice(wire::TlsFault fault, wire::PlainPeer peer) const override;
  void schedule_first_ping();
  void on_connect(std::string_view json);
  void log_in(const wire::ClientConnect& connect);
  void apply_login(const auth::Login& login);
  void refuse_login(std::string_view user, CloseReason reason);
  void on_publish(const wire::Op& op);
  bool may_publish(std::string_view subject);
  void send_no_responders(const wire::Op& op);
  void on_subscribe(const wire::Op& op);
  bool subscribable(const wire::Op& op, bool& filtered);
  void send_subscribe_violation(const wire::Op& op);
  void on_unsubscribe(const wire::Op& op);
  void drop_subscriptions();
  void on_pong();
  void write_pong() override;
  [[nodiscard]] std::string client_ip() const;
  [[nodiscard]] auth::Entrance entrance() const noexcept;
  [[nodiscard]] wire::ServerInfo own_info() const;
  void append_message(const ClientSubscription& subscription, const Message& message,
                      const Shown& shown);
  void append_parts(const ClientSubscription& subscription, const Message& message,
                    const Shown& shown, std::string_view header_digits, std::string_view digits,
                    std::string_view body);

  SidTable sids_;
  std::shared_ptr<const Permissions> granted_;                 // null: everything is allowed
  std::shared_ptr<const subject::PermissionSet> permissions_;  // the same, to be asked
  std::string nonce_;                                          // of INFO, if somebody may sign it
  std::unique_ptr<wire::WebSocketCookies> cookies_;            // only if there are any
  std::unique_ptr<AllowedReplies> allowed_replies_;            // only with allow_responses
  std::int64_t deadline_ns_;        // for CONNECT while waiting for it, then of the next PING
  std::int64_t last_input_ns_ = 0;
  std::int64_t ping_sent_ns_ = 0;
  std::int64_t rtt_ns_ = 0;
  int pings_out_ = 0;
  bool rtt_measured_ = false;       // by a PONG
  bool connect_received_ = false;
  bool logging_in_ = false;         // the authenticator has not answered yet
  bool bad_protocol_ = false;
  bool verbose_ = true;             // a client that never says CONNECT is verbose and pedantic
  bool pedantic_ = true;
  bool echo_ = true;
  bool headers_ = false;
  bool no_responders_ = false;
  bool owes_connect_info_ = false;  // with the first PONG after CONNECT
  bool knows_async_info_ = false;   // protocol 1: may be sent INFO at any time
};

}  // namespace leafnats::broker
