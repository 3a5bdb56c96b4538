// SPDX-License-Identifier: Apache-2.0
//
// A shard: a complete single-threaded broker. It owns sessions, subject indexes and timers, and
// does no I/O of its own: the shell brings bytes and the time in turns, and takes bytes out
// through each session's Transport.
//
// A turn is what the shell does between two waits:
//
//   begin_turn(now)                        the clock of the turn
//   session.received(), writable(), ...    any number of events
//   run_timers()                           if next_deadline() has passed
//   apply_mailboxes()                      if another shard woke this one
//   end_turn()                             callbacks of in-process clients, one flush for each
//                                          session that got bytes, hand-over to other shards,
//                                          and the end of sessions that are closing
//
// Thread: one, the shell's for this shard. Only wake() of the shell crosses threads.
#pragma once

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/slab.hpp"
#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/local_session.hpp"
#include "broker/peer_shard.hpp"
#include "broker/router.hpp"
#include "broker/timer_queue.hpp"
#include "subject/permissions.hpp"
#include "wire/json.hpp"

#include <leafnats/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leafnats::broker {

class ClientSession;
class LeafSession;
class WebSocketUpgrade;
class RemoteLink;
struct LeafProof;

inline std::int64_t to_ns(std::chrono::milliseconds duration) noexcept {
  return std::chrono::nanoseconds(duration).count();
}

/// What the shell does for a shard besides I/O.
class Shell {
 public:
  virtual ~Shell() = default;
  /// Makes `shard` run apply_mailboxes() soon. Thread: called on any shard's thread.
  virtual void wake(base::ShardId shard) = 0;
};

/// A shard's counters; plain numbers, copied out at the end of a turn if somebody asks.
struct ShardStatistics {
  std::uint64_t in_messages = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_messages = 0;
  std::uint64_t out_bytes = 0;
  std::uint64_t slow_consumers = 0;
  std::int64_t subscriptions = 0;
  std::uint64_t slow_leafs = 0;  ///< of the slow consumers
  std::uint64_t stale_clients = 0;
  std::uint64_t stale_leafs = 0;
  Traffic leafs;                 ///< the part of the above that came and went over leaf links

  ShardStatistics& operator+=(const ShardStatistics& other) noexcept;
};

class Shard {
 public:
  Shard(base::ShardId id, Context& context, Shell& shell);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  /// Ends every session at once, without a word to the peers.
  ~Shard();

  // ---- For the shell ----

  void begin_turn(std::int64_t now_ns) noexcept { now_ns_ = now_ns; }
  void run_timers() { timers_.run(now_ns_); }
  void apply_mailboxes();
  void end_turn();
  [[nodiscard]] std::int64_t next_deadline() const noexcept { return timers_.next(); }

  /// A client or leaf has connected, or a hub was reached. The session may be closing already: a
  /// full server says so and ends it when the turn ends.
  /// Lifetime: the session lives until Transport::close().
  ClientSession& accept_client(Transport& transport, std::string address);
  LeafSession& accept_leaf(Transport& transport, std::string address);
  WebSocketUpgrade& accept_websocket(Transport& transport, std::string address);
  /// The session of an upgrade that was agreed to becomes a client's or a leaf's.
  void succeed_as_client(Session& session, wire::Upgrade upgrade);
  void succeed_as_leaf(Session& session, const wire::Upgrade& upgrade);
  LeafSession& solicit_leaf(Transport& transport, std::string address, RemoteLink& remote);

  /// An in-process client of an account; close_local() ends it.
  LocalSession& open_local(LocalSink& sink, AccountId account = AccountId::global);
  void close_local(LocalSession& session);

  /// Works by the newest snapshot of Context::accounts from now on. Sessions of accounts that are
  /// gone are ended.
  void adopt_accounts();

  /// Ends the sessions for which `verdict` has a reason: their login was revoked, their account
  /// has expired. Called with the account and, if there is one, what is known of the login.
  using LoginVerdict =
      std::function<std::optional<CloseReason>(const Account& account, const auth::Login* login)>;
  void review_logins(const LoginVerdict& verdict);

  /// Connects this shard to another one. Both must be at rest or at work on this thread's side:
  /// each shard is attached on its own thread, and interest flows from then on.
  void attach_peer(base::ShardId peer, Mailbox& outgoing, Mailbox& incoming);

  /// Everything that was announced to this peer up to now is in force there.
  [[nodiscard]] bool settled(std::uint64_t record) const;

  /// The answer of an authenticator that was late; ignored if the connection is gone.
  void finish_login(base::ConnectionId connection, const auth::Login& login);

  /// A remote's answer to RemoteLink::prove(); ignored if the connection is gone.
  void finish_proof(base::ConnectionId connection, const Result<LeafProof>& proof);

  /// Tells clients that the server is about to go, or ends all sessions.
  void announce_lame_duck();
  void close_all();

  [[nodiscard]] base::ShardId id() const noexcept { return id_; }
  [[nodiscard]] const ShardStatistics& statistics() const noexcept { return statistics_; }
  [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.size(); }
  /// Null: no such connection, or none any more, on this shard.
  [[nodiscard]] Session* find_session(std::uint64_t number) const;
  /// Those that are not about to go.
  template <class Visit>
  void for_each_session(Visit&& visit) const {
    for (const auto& [number, session] : sessions_) {
      if (!session->closing()) visit(*session);
    }
  }
  template <class Visit>
  void for_each_local(Visit&& visit) const {
    for (const auto& session : locals_) visit(*session);
  }
  template <class Visit>
  void for_each_account(Visit&& visit) const {
    for (const auto& account : accounts_) visit(*account);
  }
  /// Bytes that wait to be written, over all sessions.
  [[nodiscard]] std::size_t pending_bytes() const noexcept;

  // ---- For sessions, router and peers ----

  [[nodiscard]] std::int64_t now() const noexcept { return now_ns_; }
  [[nodiscard]] Context& context() noexcept { return context_; }
  [[nodiscard]] base::SlabPool& pool() noexcept { return pool_; }
  [[nodiscard]] TimerQueue& timers() noexcept { return timers_; }
  [[nodiscard]] base::Random& random() noexcept { return random_; }
  [[nodiscard]] wire::JsonReader& json() noexcept { return json_; }
  [[nodiscard]] Router& router() noexcept { return router_; }
  [[nodiscard]] ShardStatistics& statistics() noexcept { return statistics_; }
  /// Where the message that is published first is mapped to; see Account::map().
  [[nodiscard]] std::string& mapped() noexcept { return mapped_; }
  /// Whether every operation is logged.
  [[nodiscard]] bool traces() const noexcept { return traces_; }

  /// An account of the newest snapshot, or of an older one.
  [[nodiscard]] Account& account(AccountId id);
  /// By name; empty: the default account. Null if there is none, or none any more.
  [[nodiscard]] Account* find_account(std::string_view name);
  [[nodiscard]] ClusterId cluster_id(std::string_view name);
  [[nodiscard]] std::string_view cluster_name(ClusterId id) const;
  /// One set for all sessions of this shard with the same permissions; null for null.
  std::shared_ptr<const subject::PermissionSet> permission_set(
      const std::shared_ptr<const Permissions>& permissions);

  void add_dirty(Session& session) { dirty_.push_back(&session); }
  /// `session` has more than max_pending to write. It is cut off when the turn ends, not at once:
  /// whoever appended may be in the middle of routing a message or of telling leafs of interest.
  void add_overfull(Session& session) { overfull_.push_back(&session); }
  void add_closing(Session& session) { closing_.push_back(&session); }
  void add_with_deliveries(LocalSession& session) { with_deliveries_.push_back(&session); }

  void add_waiting_for_pong(Session& session) { waiting_for_pong_.push_back(&session); }
  void forget_waiting_for_pong(Session& session);

  /// Numbers the records that this shard hands to others; see PeerShard::settled().
  std::uint64_t next_record() noexcept { return ++last_record_; }
  [[nodiscard]] std::uint64_t last_record() const noexcept { return last_record_; }
  /// The same as settled(), and asks for a wake-up when it is not yet so.
  [[nodiscard]] bool await_settled(std::uint64_t record);
  void wake(base::ShardId shard) { shell_.wake(shard); }

  /// While one is alive, deliveries know whom to hold back when a reader is behind.
  class Publishing {
   public:
    Publishing(Shard& shard, base::ConnectionId publisher) noexcept
        : shard_(shard), before_(std::exchange(shard.current_publisher_, publisher)) {}
    ~Publishing() { shard_.current_publisher_ = before_; }
    Publishing(const Publishing&) = delete;
    Publishing& operator=(const Publishing&) = delete;

   private:
    Shard& shard_;
    const base::ConnectionId before_;
  };
  [[nodiscard]] base::ConnectionId current_publisher() const noexcept {
    return current_publisher_;
  }
  /// Stops (or resumes) reading from a publisher, wherever it is connected.
  void pause_publisher(base::ConnectionId publisher);
  void resume_publisher(base::ConnectionId publisher);
  /// The batch for a peer does not fit its mailbox: its current publisher waits.
  void hold_for_mailbox(PeerShard& peer);

  /// Ends a leaf link of this shard because its remote's first URL is back.
  void move_leaf(base::ConnectionId link);
  void evict_leaf(base::ConnectionId link);

  void on_slow_consumer(const Session& session);

  // ---- Words ----

  /// Logs "address - cid:7 - line" (lid for leaf links; wid and lid_ws over WebSocket), as
  /// nats-server does.
  void log(LogLevel level, const Session& session, std::string_view line) const;
  void tell(EventKind kind, const Session& session, std::string_view name,
            std::string_view reason, LinkReason link_reason = LinkReason::none,
            std::uint64_t count = 0) const;

 private:
  base::ConnectionId next_connection();
  void keep(std::unique_ptr<Session> session);
  void open_client(ClientSession& session);
  void open_leaf(LeafSession& session);
  [[nodiscard]] Session* find(base::ConnectionId id);
  PeerShard* find_peer(base::ShardId id);
  template <class T>
  T& adopt(std::unique_ptr<T> session);
  void run_local_sinks();
  void flush_dirty();
  void cut_off_overfull();
  void hand_over();
  void release_pongs();
  void finish_closing();

  const base::ShardId id_;
  Context& context_;
  Shell& shell_;
  const bool traces_;
  std::int64_t now_ns_ = 0;

  base::SlabPool pool_;
  base::Random random_;
  TimerQueue timers_;
  wire::JsonReader json_;
  Router router_;
  ShardStatistics statistics_;
  std::string mapped_;

  std::vector<std::unique_ptr<Account>> accounts_;        // by AccountId
  std::vector<std::string> clusters_;                     // by ClusterId
  std::map<std::weak_ptr<const Permissions>, std::weak_ptr<const subject::PermissionSet>,
           std::owner_less<>>
      permission_sets_;

  std::vector<std::unique_ptr<PeerShard>> peers_;         // in the order they were attached
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;  // by number
  std::vector<std::unique_ptr<LocalSession>> locals_;

  // Work for the end of the turn.
  std::vector<Session*> dirty_;
  std::vector<Session*> overfull_;
  std::vector<Session*> closing_;
  std::vector<LocalSession*> with_deliveries_;
  std::vector<Session*> waiting_for_pong_;
  std::vector<base::ConnectionId> held_for_mailbox_;

  std::uint64_t last_record_ = 0;
  base::ConnectionId current_publisher_;
};

}  // namespace leafnats::broker
