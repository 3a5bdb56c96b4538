// SPDX-License-Identifier: Apache-2.0
//
// What the router can deliver to, and what all byte-stream connections share. A Session is one
// end of a connection: bytes from the peer go in through receive_space() and received(), bytes
// for the peer come out of its outbox by way of its Transport. Between the two may stand filters
// (TLS, WebSocket, compression), which are put in while the connection is set up; see Stream.
//
// Ownership: the shard owns its sessions. close() begins the end and never destroys: the shard
// does that when the turn ends, after the last bytes were handed to the transport.
// Thread: its shard's.
#pragma once

#include "auth/authenticator.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "broker/description.hpp"
#include "broker/outbox.hpp"
#include "broker/peer_words.hpp"
#include "broker/read_buffer.hpp"
#include "broker/stream.hpp"
#include "broker/timer_queue.hpp"
#include "broker/transport.hpp"
#include "wire/info.hpp"
#include "wire/parser.hpp"
#include "wire/tls_filter.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class Shard;
class Account;
struct AccountCounters;

/// What a subscription belongs to.
enum class SubscriberKind : std::uint8_t { client, leaf, local, peer_shard, bridge, upgrade };

class Subscriber {
 public:
  [[nodiscard]] SubscriberKind subscriber_kind() const noexcept { return subscriber_kind_; }
  [[nodiscard]] base::ConnectionId id() const noexcept { return id_; }

 protected:
  Subscriber(SubscriberKind kind, base::ConnectionId id) noexcept
      : subscriber_kind_(kind), id_(id) {}
  ~Subscriber() = default;

 private:
  const SubscriberKind subscriber_kind_;
  const base::ConnectionId id_;
};

/// Why a connection ended; the words are nats-server's, see to_string().
enum class CloseReason : std::uint8_t {
  client_closed,
  read_error,
  write_error,
  authentication_violation,
  authentication_timeout,
  authentication_failure,
  authentication_expired,
  authentication_revoked,
  account_connections_exceeded,
  protocol_violation,
  parse_error,
  max_control_line_exceeded,
  max_payload_exceeded,
  max_connections_exceeded,
  max_subscriptions_exceeded,
  slow_consumer_pending_bytes,
  slow_consumer_write_deadline,
  stale_connection,
  wrong_port,
  duplicate_remote,
  same_cluster,
  cluster_name_has_spaces,
  loop_detected,
  minimum_version,
  gateway_rejected,
  tls_handshake_error,
  permissions_violation,
  no_reply_to_connect,
  failback,
  kicked,
  server_shutdown,
};
std::string_view to_string(CloseReason reason) noexcept;

class Session : public Subscriber, public Timed {
 public:
  ~Session() override;

  // ---- Called by the shell, inside a turn ----

  /// Where to read to. Lifetime: until received() or the end of the turn.
  std::span<char> receive_space();

  /// `bytes` bytes were read into receive_space(): parses and acts on them.
  void received(std::size_t bytes);

  /// The peer takes bytes again after flush() left some.
  void writable();

  /// The connection is broken or the peer has left.
  void peer_closed(CloseReason reason, std::string_view detail = {});

  // ---- Called inside the broker ----

  [[nodiscard]] bool closing() const noexcept { return closing_; }
  [[nodiscard]] Account* account() const noexcept { return account_; }
  /// How the peer logged in; null if there is nothing to know beyond name and account.
  [[nodiscard]] const auth::Login* login() const noexcept { return login_.get(); }

  /// Begins the end: sends `-ERR '<error>'` if `error` is not empty, takes the session out of
  /// routing, and lets the shard finish it when the turn ends. Idempotent.
  void close(CloseReason reason, std::string_view error = {});

  /// Bytes were appended to the outbox: flushes now if there are enough, else when the turn ends;
  /// cuts off a peer that lets max_pending bytes pile up.
  void appended() {
    if (!dirty_) mark_dirty();
    if (outbox_.copied() >= limits::outbox_flush_bytes ||
        outbox_.size() > attention_bytes_) {
      grew();
    }
  }

  /// Writes what the outbox holds, as far as the peer takes it.
  void flush();

  /// Sends the PONGs whose promise is kept by now; true if none is left waiting.
  bool release_pongs();

  /// A reader is behind with what this session publishes: reading from it stops until as many
  /// resume() as pause() have come.
  void pause();
  void resume();

  [[nodiscard]] Outbox& outbox() noexcept { return outbox_; }
  /// Bytes that wait for the peer, plain and encoded.
  [[nodiscard]] std::size_t unwritten() const noexcept {
    return outbox_.size() + (stream_ ? stream_->wire().size() : 0);
  }
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

  // ---- For monitoring ----

  /// All that is known of the connection. A peer that has not logged in yet has few words.
  [[nodiscard]] ConnectionDescription describe() const;
  using SubscriptionVisit = std::function<void(const SubscriptionView& subscription)>;
  virtual void for_each_subscription(const SubscriptionVisit& visit) const = 0;
  [[nodiscard]] virtual std::size_t subscription_count() const noexcept = 0;
  /// What it took and sent in messages.
  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
  [[nodiscard]] PeerWords::Words words() const noexcept { return words_.get(); }
  [[nodiscard]] std::int64_t started_ns() const noexcept { return started_ns_; }
  [[nodiscard]] virtual std::int64_t last_input_ns() const noexcept = 0;
  [[nodiscard]] virtual std::int64_t rtt_ns() const noexcept = 0;

  /// Whether the peer came, or was dialled, over WebSocket.
  [[nodiscard]] bool over_websocket() const noexcept {
    return stream_ && stream_->find(wire::StreamFilter::Kind::websocket) != nullptr;
  }

  /// Continues the connection of `predecessor`, which ends without a word: its stream, and what
  /// the shell reads from now on. Before anything was sent here.
  void take_over(Session& predecessor);
  [[nodiscard]] Transport& transport() noexcept { return *transport_; }

  void on_deadline(std::int64_t now_ns) final;

 protected:
  Session(Shard& shard, SubscriberKind kind, base::ConnectionId id, Transport& transport,
          std::string address, wire::Parser parser);

  /// Puts a filter between the peer and us, on top of those that are there: everything that was
  /// sent before goes out without it, every byte behind the operation being parsed comes in
  /// through it. What is sent from now on waits until all filters are open.
  void push_filter(std::unique_ptr<wire::StreamFilter> filter);
  /// The filters, if there are any.
  [[nodiscard]] Stream* stream() const noexcept { return stream_.get(); }
  // ---- TLS, session_tls.cpp ----

  /// Accepted connections: brings INFO and TLS in the order that `tls` asks for; without TLS
  /// both greet() and on_ready() come at once.
  void open_accepted(const std::optional<TlsOptions>& tls,
                     std::shared_ptr<const wire::TlsContext> context, bool allow_plain);
  /// INFO is due.
  virtual void greet() {}
  /// CONNECT may come now, over TLS or in the clear.
  virtual void on_ready() {}
  /// Solicited connections: begins TLS as the client.
  void start_tls(std::unique_ptr<wire::TlsFilter> filter, std::chrono::milliseconds timeout);
  /// The TLS filter, if there is one.
  [[nodiscard]] wire::TlsFilter* tls() const noexcept;
  /// What a user has to change when TLS failed like this; empty if the error says it all.
  [[nodiscard]] virtual std::string tls_advice(wire::TlsFault /*fault*/,
                                               wire::PlainPeer /*peer*/) const {
    return {};
  }
  /// Whether a failure like this is worth an error; a remote that dials again and again says it
  /// once.
  [[nodiscard]] virtual bool is_news(wire::TlsFault /*fault*/) { return true; }
  /// TLS came up, or will not: both before on_stream_open() and on_stream_failed().
  virtual void on_tls(bool /*open*/) {}

  /// All filters are open; called once for each push_filter() that they have become it after.
  virtual void on_stream_open() {}
  /// A filter failed: says so and ends the session.
  virtual void on_stream_failed(const wire::StreamFilter& filter);

  /// The peer takes bytes and little is left in the outbox: a class that keeps more elsewhere
  /// moves some into the outbox, without appended(), and says true.
  virtual bool refill() { return false; }
  /// Bytes kept elsewhere, and whether they are too many.
  [[nodiscard]] virtual std::size_t backlog() const noexcept { return 0; }
  [[nodiscard]] virtual bool is_overfull() const noexcept;
  /// What could be written was.
  virtual void on_flushed() {}
  /// is_overfull() has become true: the session is cut off when the turn ends.
  void mark_overfull();
  /// Stops whoever publishes now until this session's peer has caught up.
  void hold_back_publisher() { hold_back(shard_publisher()); }

  /// When the peer was last seen to take bytes that it had kept waiting.
  [[nodiscard]] std::int64_t last_progress_ns() const noexcept { return last_progress_ns_; }
  /// Bytes of operations that were read, and that were written, before and after the filters.
  struct Bytes {
    std::uint64_t protocol_in = 0;
    std::uint64_t protocol_out = 0;
    std::uint64_t wire_in = 0;
    std::uint64_t wire_out = 0;
  };
  [[nodiscard]] Bytes bytes() const noexcept;

  /// Becomes a member of `account` with the limits and the end that it and `login` set; leaves the
  /// one it was a member of. False, and closed, if there is no room.
  bool join(Account& account, const auth::Login& login);
  /// Subscriptions that it may have; -1: no limit.
  [[nodiscard]] std::int64_t max_subscriptions() const noexcept;

  /// One operation was parsed.
  virtual void on_operation(const wire::Op& op) = 0;
  virtual void on_fault(wire::Fault fault, std::string_view text) = 0;
  /// The session leaves routing: subscriptions go.
  virtual void on_close(CloseReason reason, std::string_view detail) = 0;
  /// A deadline of the derived class has passed.
  virtual void on_timer(std::int64_t now_ns) = 0;
  [[nodiscard]] virtual std::int64_t next_timer() const noexcept = 0;

  /// Sends a line that ends in CR LF.
  void send_line(std::string_view line);
  /// Sends `-ERR '<text>'` and stays open.
  void send_error(std::string_view text);
  void send_info(const wire::ServerInfo& info);

  /// Answers a PING. PONG is a promise: everything that this peer said before is in force on
  /// every shard, so it waits until the others have applied what was handed to them.
  void promise_pong();
  /// The peer counts on interest that somebody else may have caused to be told to the other
  /// shards: PONG waits for all that was handed over to them so far.
  void rely_on_records() noexcept;
  virtual void write_pong();
  void update_deadline();
  /// Between PINGs; WebSocket connections may have an interval of their own.
  [[nodiscard]] std::int64_t ping_interval_ns() const noexcept;

  /// Whether a stranger's operation that starts like this may be parsed; closes if not. What a
  /// peer may not say yet must not make us buffer it.
  virtual bool admits_first_byte(char first) = 0;

  /// Bytes arrived from the peer, whatever they are: a sign of life.
  virtual void on_input() = 0;

  /// The slab that the operation being parsed lies in.
  [[nodiscard]] const base::SlabRef& input_slab() const noexcept { return input_.slab(); }

  /// Holds further parsing and reading until continue_parsing(), for an answer that comes late.
  void hold_parsing();
  void continue_parsing();

  /// What a derived class knows beyond this one.
  virtual void describe_more(ConnectionDescription& description) const = 0;

  /// The authenticator's name for the login, if it has one, is shown instead of what was offered.
  void name_user(std::string_view user);

  Shard& shard_;
  Account* account_ = nullptr;
  wire::Parser parser_;
  Traffic traffic_;
  PeerWords words_;
  bool stranger_ = true;              // asks admits_first_byte() before each operation

 private:
  friend class Shard;
  /// Where an accepted connection stands before CONNECT may come.
  enum class TlsStep : std::uint8_t {
    none,         // nothing to do with TLS, or done
    waiting,      // INFO waits for a peer that speaks TLS at once
    sniffing,     // INFO is out; the first byte tells whether the peer wants TLS
    handshake,
  };
  [[nodiscard]] bool admits(char first);
  void begin_accepted_tls();
  void heed_tls();
  void on_tls_deadline();
  void fail_tls(std::string text, wire::TlsFault fault, wire::PlainPeer peer);
  void parse();
  void unfold();
  bool heed_stream();
  void write_out();
  bool flush_plain();
  [[nodiscard]] base::ConnectionId shard_publisher() const noexcept;
  void hand_over_unparsed();
  void act_on(const wire::Op& op);
  void mark_dirty();
  void grew();
  void cut_off_if_overfull();
  void hold_back(base::ConnectionId publisher);
  void release_publishers();
  void update_reading();
  void leave_account() noexcept;
  void end(CloseReason reason, std::string_view detail);
  void finish();

  Transport* transport_;                // null: a successor has taken over
  Outbox outbox_;
  ReadBuffer input_;
  std::unique_ptr<Stream> stream_;      // null: no filters
  const std::string address_;
  const std::int64_t started_ns_;
  const std::int64_t write_deadline_ns_;
  const bool whole_writes_;             // a write must be done within the deadline, not progress
  const std::size_t attention_bytes_;   // from here on grew() looks at the outbox
  std::unique_ptr<std::deque<std::uint64_t>> waiting_pongs_;  // the records that they wait for
  std::uint64_t last_record_ = 0;     // the last record to another shard that this peer caused
  // Publishers that wait until this outbox is low again.
  std::vector<base::ConnectionId> held_back_;
  std::shared_ptr<AccountCounters> seat_;        // of the account that counts this connection
  std::unique_ptr<const auth::Login> login_;
  std::int64_t expires_ns_ = never;   // the login's end
  std::int64_t progress_ns_ = 0;      // when the peer last took bytes, while some are waiting
  std::int64_t blocked_since_ns_ = 0;  // since when some have been waiting; 0: none are
  std::int64_t last_progress_ns_ = 0;
  std::uint64_t parsed_bytes_ = 0;
  std::uint64_t plain_bytes_in_ = 0;  // read without filters
  std::int64_t behind_since_ns_ = 0;  // since when publishers are held back; 0: they are not
  std::uint32_t pauses_ = 0;          // readers that hold this session back as a publisher
  bool patience_over_ = false;        // held publishers back too long: does so no more
  wire::StreamEnd stream_end_ = wire::StreamEnd::normal;
  bool reading_ = true;
  bool held_ = false;
  bool parsing_ = false;
  TlsStep tls_step_ = TlsStep::none;
  bool greeted_ = false;
  bool tls_settled_ = false;          // on_tls() was called
  std::shared_ptr<const wire::TlsContext> tls_context_;  // until the handshake begins
  std::int64_t tls_deadline_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t tls_timeout_ns_ = 0;
  bool allow_plain_ = false;
  bool filters_changed_ = false;      // by the operation being parsed
  bool opening_ = false;              // filters were pushed and not all are open yet
  bool dirty_ = false;                // in the shard's list of sessions to flush
  bool overfull_ = false;             // in the shard's list of sessions above max_pending
  bool closing_ = false;
};

}  // namespace leafnats::broker
