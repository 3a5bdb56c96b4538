// SPDX-License-Identifier: Apache-2.0
//
// A leaf link, accepted or solicited. It carries interest (LS+, LS-) and messages (LMSG, HMSG) of
// one account each way. Whether we are its hub or its spoke decides what the peer is told.
//
// How a link comes up is in leaf_handshake.cpp, what it sends in leaf_outflow.cpp, what it takes,
// liveness and the end in leaf_session.cpp. Facts: nats-server 2.9 to 2.15, seen on the wire.
//
// A loop, the mark of another link of ours coming back, is found by every server on the circle at
// about the same time. So nobody closes at once: the link is suspended (no messages, so nothing
// circles) and closes when its patience is over, unless the mark is withdrawn before, because
// another server's patience was shorter. It is shortest on the youngest link that its own side
// dialled. If the mark of this very link comes back, the circle is behind the peer: that is for
// those on it to open, and the link falls only if they do not.
//
// Thread: its shard's.
#pragma once

#include "auth/authenticator.hpp"
#include "broker/allowed_replies.hpp"
#include "broker/drop_report.hpp"
#include "broker/interest_ledger.hpp"
#include "broker/leaf_compression.hpp"
#include "broker/leaf_registry.hpp"
#include "broker/link_queue.hpp"
#include "broker/link_record.hpp"
#include "broker/link_renaming.hpp"
#include "broker/message.hpp"
#include "broker/relay.hpp"
#include "broker/remote_link.hpp"
#include "broker/session.hpp"
#include "broker/subscription.hpp"
#include "subject/permissions.hpp"
#include "wire/connect.hpp"
#include "wire/info.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace leafnats::broker {

class LeafSession final : public Session {
 public:
  /// `remote` is null for an accepted link; it must outlive the session.
  LeafSession(Shard& shard, base::ConnectionId id, Transport& transport, std::string address,
              RemoteLink* remote);
  ~LeafSession() override;

  /// Accepted: sends INFO and waits for CONNECT. Solicited: waits for INFO.
  void open();

  /// The authenticator's late answer.
  void finish_login(const auth::Login& login);
  /// The remote's answer to prove().
  void finish_proof(const Result<LeafProof>& proof);

  // ---- Called by the account: what the peer is told ----

  [[nodiscard]] InterestClass interest_class() const noexcept {
    return {InterestClass::Kind::leaf, role_, cluster_};
  }

  /// Whether interest of this class in this subject may be told to the peer.
  [[nodiscard]] bool admits(const InterestClass& source, std::string_view subject) const noexcept;

  /// Members of `key` that the peer itself stands for, as far as admits() lets them count.
  [[nodiscard]] std::int64_t own_members(const InterestKey& key) const;

  /// Tells the peer how many members `subject` and `queue` have here; 0: none any more.
  void announce(std::string_view subject, std::string_view queue, std::int64_t members);

  // ---- Called by the router ----

  /// Whether a message of this origin may go to the peer at all.
  [[nodiscard]] bool accepts(const Origin& origin) const noexcept;
  /// `queue` is empty for plain interest.
  [[nodiscard]] bool may_send(std::string_view subject, std::string_view queue) const;

  /// Sends one copy for all that `target` collected; false if the peer may not have it.
  bool send(const Message& message, const RelayTarget& target);

  /// The name of the compression in use: "s2_fast", "off".
  [[nodiscard]] std::string_view compression() const noexcept { return compression_.name(); }

  /// Another link of the same remote server has come up.
  void give_way();

  // ---- For monitoring ----
  void for_each_subscription(const SubscriptionVisit& visit) const override;
  [[nodiscard]] std::size_t subscription_count() const noexcept override {
    return subscriptions_.size();
  }
  [[nodiscard]] std::int64_t last_input_ns() const noexcept override { return last_input_ns_; }
  [[nodiscard]] std::int64_t rtt_ns() const noexcept override { return rtt_ns_; }
  [[nodiscard]] bool is_up() const noexcept { return state_ == State::up; }

 private:
  enum class State : std::uint8_t {
    awaiting_info,          // solicited: the hub's first INFO
    awaiting_confirmation,  // solicited: compressed, the hub's INFO that says so
    negotiating,            // accepted: an INFO about compression, or CONNECT
    awaiting_connect,       // accepted
    logging_in,             // accepted: the authenticator has not answered yet
    proving,                // solicited: a key has to sign before CONNECT
    awaiting_connect_info,  // solicited: CONNECT is out
    up,
  };

  void on_operation(const wire::Op& op) override;
  void on_fault(wire::Fault fault, std::string_view text) override;
  void on_close(CloseReason reason, std::string_view detail) override;
  void on_input() override;
  void on_timer(std::int64_t now_ns) override;
  bool admits_first_byte(char first) override;
  void on_stream_open() override;
  [[nodiscard]] std::int64_t next_timer() const noexcept override {
    return std::min(deadline_ns_, loop_deadline_ns_);
  }
  void write_pong() override;
  bool refill() override;
  [[nodiscard]] std::size_t backlog() const noexcept override { return queue_.size(); }
  [[nodiscard]] bool is_overfull() const noexcept override { return queue_overfull_; }
  void on_flushed() override;

  void describe_more(ConnectionDescription& description) const override;
  void greet() override;
  void on_ready() override;
  void on_tls(bool open) override;
  [[nodiscard]] bool is_news(wire::TlsFault fault) override {
    return remote_ == nullptr || remote_->is_news(fault);
  }
  [[nodiscard]] std::string tls_advice(wire::TlsFault fault, wire::PlainPeer peer) const override;

  // Handshake, leaf_handshake.cpp
  bool start_remote_tls();
  void on_hub_known(const wire::ServerInfo& info);
  void on_connect(std::string_view json);
  void apply_login(const auth::Login& login);
  [[nodiscard]] bool acceptable(const wire::LeafConnect& connect);
  void accept(const wire::LeafConnect& connect);
  void send_connect_info();
  void refuse_login(std::string_view user, CloseReason reason);
  void on_info(std::string_view json);
  void on_negotiation(const wire::ServerInfo& info);
  [[nodiscard]] bool settle_compression(const wire::ServerInfo& info);
  void on_first_info(const wire::ServerInfo& info);
  [[nodiscard]] bool leads_to_hub(const wire::ServerInfo& info);
  void introduce(const wire::ServerInfo& info);
  void send_connect(const LeafProof& proof);
  void await_answer(const wire::ServerInfo& info);
  void on_connect_info(const wire::ServerInfo& info);
  void gossip(const wire::ServerInfo& info);
  void open_solicited();
  void set_permissions(const SubjectPermissions& outgoing, const SubjectPermissions& incoming);
  void come_up();
  void describe_handshake();

  /// announce() in the names that the peer knows.
  void announce_there(std::string_view subject, std::string_view queue, std::int64_t members);
  /// The same without asking the permissions.
  void announce_allowed(std::string_view subject, std::string_view queue, std::int64_t members);
  void on_interest(const wire::Op& op);
  void on_interest_gone(const wire::Op& op);
  void set_interest(std::string_view subject, std::string_view queue, std::uint32_t members);
  void end_interest(std::string_view subject, std::string_view queue);
  void set_renamed_interest(const wire::Op& op, std::optional<std::int64_t> members);
  [[nodiscard]] bool takes_interest(std::string_view subject, std::string_view queue);
  void on_message(const wire::Op& op);
  [[nodiscard]] bool takes_message(std::string_view subject);
  [[nodiscard]] std::string_view allowed_queues(const wire::Op& op);
  void on_peer_error(std::string_view text);
  void on_pong();
  void on_timer_of_state(std::int64_t now_ns);
  [[nodiscard]] bool showed_life(std::int64_t interval_ns);

  // Loops
  void on_own_mark(std::string_view mark);
  void on_own_mark_gone(std::string_view mark);
  void judge_loop();
  void set_suspended(bool suspended);
  void detect_loop();

  // Sending, leaf_outflow.cpp; of a message in the names that the peer knows
  [[nodiscard]] bool may_send_there(std::string_view subject, std::string_view queue) const;
  bool send_there(const Message& message, const RelayTarget& target);
  void append_message(const Message& message, const RelayTarget& target);
  [[nodiscard]] bool fits_peer(const Message& message);
  [[nodiscard]] std::string_view body_of(const Message& message) const noexcept;
  [[nodiscard]] std::size_t head_size(const Message& message, const RelayTarget& target) const;
  char* write_head(char* out, const Message& message, const RelayTarget& target) const;
  void queue_message(const Message& message, const RelayTarget& target);
  void queue_line(std::string line);
  void report_drop(DropReport& report, LinkReason reason, std::uint64_t messages);
  void expect_reply(std::string_view reply);

  // Words
  /// Logs what keeps the link from working, and what to change: once, not at each attempt.
  void complain(LinkReason reason, std::string_view text);
  [[nodiscard]] std::string peer_key() const;
  /// The same, and closes. An -ERR is sent if `error` is not empty.
  void refuse(CloseReason close, LinkReason reason, const std::string& text,
              std::string_view error);
  [[nodiscard]] LinkReason reason_of(CloseReason close) const;

  struct Key {
    std::string subject;
    std::string queue;
    auto operator<=>(const Key&) const = default;
  };

  RemoteLink* const remote_;
  LeafRole role_;
  State state_;
  ClusterId cluster_ = ClusterId::none;
  bool headers_ = false;
  bool isolated_ = false;                 // is not told what other leafs are interested in
  bool entered_ = false;                  // in the LeafRegistry
  LeafRegistry::Identity identity_;       // of the peer
  LeafCompression compression_;
  std::int64_t opened_ns_ = 0;
  std::string nonce_;
  std::unique_ptr<wire::ServerInfo> pending_info_;  // solicited: TLS or a proof comes first
  wire::LeafConnect pending_connect_;     // while the authenticator thinks
  std::shared_ptr<const Permissions> user_permissions_;
  // What may be sent to the peer (its publish side) and what may be announced to and taken from
  // it (its subscribe side).
  subject::PermissionSet permissions_;
  // A hub's check of what its leaf publishes: the user's permissions alone, without the denies
  // that keep JetStream's own subjects from being announced (nats-server 2.14).
  subject::PermissionSet inbound_;
  std::map<Key, std::unique_ptr<LeafSubscription>> subscriptions_;  // by local names
  std::unique_ptr<LinkRenaming> renaming_;  // with account_mappings; else names are the same
  // Only if an entry of either direction names a queue: the same with queues, and slower.
  std::unique_ptr<subject::PermissionSet> outgoing_with_queues_;
  bool incoming_has_queues_ = false;
  std::string allowed_queues_;            // scratch of on_message()
  std::unique_ptr<AllowedReplies> allowed_replies_;  // hub: what the leaf may answer to
  std::size_t peer_payload_max_ = SIZE_MAX;          // what the hub takes, as it said

  LinkQueue queue_;
  bool queue_overfull_ = false;           // nothing more can be dropped, or must be
  DropReport full_report_;
  DropReport large_report_;

  LinkTraffic counted_in_;                // the record's bytes before this connection
  LinkTraffic counted_out_;
  std::shared_ptr<LinkRecord> record_;    // the remote's, or our own if accepted
  LinkReason reason_ = LinkReason::none;  // why we close; none: what the close reason says
  std::string peer_error_;                // the last -ERR the peer sent
  std::int64_t up_since_ns_ = 0;
  std::int64_t loop_deadline_ns_ = never;
  std::string mark_;                      // ours that this link announces
  std::set<std::string, std::less<>> own_marks_;  // ours, of links that are up, that came back
  bool suspended_ = false;                // one of another link did: we are on a circle
  Transport::Delivery delivery_;          // of our bytes, at the last PING
  std::int64_t deadline_ns_ = never;
  std::int64_t last_input_ns_ = 0;
  std::int64_t ping_sent_ns_ = 0;
  std::int64_t rtt_ns_ = 0;
  int pings_out_ = 0;
};

}  // namespace leafnats::broker
