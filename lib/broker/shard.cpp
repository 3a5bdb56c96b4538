// SPDX-License-Identifier: Apache-2.0
//
// Turns of a shard, and the book-keeping of its sessions.

#include "broker/shard.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "broker/client_session.hpp"
#include "broker/leaf_session.hpp"
#include "wire/encoder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace leafnats::broker {
namespace {

// In-process callbacks may publish to each other; after so many rounds the rest waits for the
// next turn, so that two of them cannot keep a shard from its sockets.
constexpr int local_rounds_max = 16;

}  // namespace

ShardStatistics& ShardStatistics::operator+=(const ShardStatistics& other) noexcept {
  in_messages += other.in_messages;
  in_bytes += other.in_bytes;
  out_messages += other.out_messages;
  out_bytes += other.out_bytes;
  slow_consumers += other.slow_consumers;
  subscriptions += other.subscriptions;
  slow_leafs += other.slow_leafs;
  stale_clients += other.stale_clients;
  stale_leafs += other.stale_leafs;
  leafs += other.leafs;
  return *this;
}

Shard::Shard(base::ShardId id, Context& context, Shell& shell)
    : id_(id),
      context_(context),
      shell_(shell),
      traces_(context.logs(LogLevel::trace)),
      random_(*context.entropy),
      router_(*this) {
  adopt_accounts();
  clusters_.emplace_back();  // ClusterId::none
}

Shard::~Shard() {
  for (auto& [number, session] : sessions_) session->close(CloseReason::server_shutdown);
  finish_closing();
  for (auto& local : locals_) local->close();
  for (auto& account : accounts_) account->disband();
}

// ---- Turns ----

void Shard::apply_mailboxes() {
  for (auto& peer : peers_) peer->apply_incoming();
}

void Shard::end_turn() {
  run_local_sinks();
  flush_dirty();
  cut_off_overfull();
  if (!peers_.empty()) {
    hand_over();
    release_pongs();
  }
  // Flushing and PONGs may have made more to write; what is left goes out in the next turn.
  flush_dirty();
  finish_closing();
}

void Shard::run_local_sinks() {
  for (int round = 0; round < local_rounds_max && !with_deliveries_.empty(); ++round) {
    for (LocalSession* session : std::exchange(with_deliveries_, {})) session->run_sink();
  }
  if (!with_deliveries_.empty()) shell_.wake(id_);
}

void Shard::flush_dirty() {
  // By index: a flush may make another session dirty.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->dirty_ = false;
    if (!dirty_[i]->closing()) dirty_[i]->flush();
  }
  dirty_.clear();
}

void Shard::cut_off_overfull() {
  // After the flush: a peer that took enough of it is not too slow.
  for (Session* session : std::exchange(overfull_, {})) session->cut_off_if_overfull();
}

void Shard::hand_over() {
  bool all_taken = true;
  for (auto& peer : peers_) all_taken &= peer->hand_over();
  if (!all_taken || held_for_mailbox_.empty()) return;
  for (const base::ConnectionId publisher : std::exchange(held_for_mailbox_, {})) {
    resume_publisher(publisher);
  }
}

void Shard::release_pongs() {
  for (std::size_t i = 0; i < waiting_for_pong_.size();) {
    if (waiting_for_pong_[i]->release_pongs()) {
      waiting_for_pong_[i] = waiting_for_pong_.back();
      waiting_for_pong_.pop_back();
    } else {
      ++i;
    }
  }
}

void Shard::finish_closing() {
  // By index: the end of one session may bring about that of another.
  for (std::size_t i = 0; i < closing_.size(); ++i) {
    Session* session = closing_[i];
    session->finish();
    dirty_.erase(std::remove(dirty_.begin(), dirty_.end(), session), dirty_.end());
    overfull_.erase(std::remove(overfull_.begin(), overfull_.end(), session), overfull_.end());
    sessions_.erase(session->id().number);
  }
  closing_.clear();
}

// ---- Sessions ----

base::ConnectionId Shard::next_connection() {
  return {id_, 1 + context_.last_connection_number.fetch_add(1, std::memory_order_relaxed)};
}

template <class T>
T& Shard::adopt(std::unique_ptr<T> session) {
  T& adopted = *session;
  keep(std::move(session));
  return adopted;
}

void Shard::keep(std::unique_ptr<Session> session) {
  const std::uint64_t number = session->id().number;
  sessions_.emplace(number, std::move(session));
}

ClientSession& Shard::accept_client(Transport& transport, std::string address) {
  auto& session = adopt(
      std::make_unique<ClientSession>(*this, next_connection(), transport, std::move(address)));
  open_client(session);
  return session;
}

void Shard::open_client(ClientSession& session) {
  const std::int64_t limit = context_.options.max_connections;
  const std::int64_t before = context_.client_connections.fetch_add(1, std::memory_order_relaxed);
  log(LogLevel::debug, session, "Client connection created");
  session.open();
  if (limit < 0 || before >= limit) {
    log(LogLevel::error, session, "maximum connections exceeded");
    session.close(CloseReason::max_connections_exceeded, "maximum connections exceeded");
  }
}

LeafSession& Shard::accept_leaf(Transport& transport, std::string address) {
  auto& session = adopt(std::make_unique<LeafSession>(*this, next_connection(), transport,
                                                      std::move(address), nullptr));
  open_leaf(session);
  return session;
}

void Shard::open_leaf(LeafSession& session) {
  context_.leaf_connections.fetch_add(1, std::memory_order_relaxed);
  session.open();
}

LeafSession& Shard::solicit_leaf(Transport& transport, std::string address, RemoteLink& remote) {
  context_.leaf_connections.fetch_add(1, std::memory_order_relaxed);
  auto& session = adopt(std::make_unique<LeafSession>(*this, next_connection(), transport,
                                                      std::move(address), &remote));
  session.open();
  return session;
}

LocalSession& Shard::open_local(LocalSink& sink, AccountId id) {
  locals_.push_back(std::make_unique<LocalSession>(*this, next_connection(), account(id), sink));
  return *locals_.back();
}

void Shard::close_local(LocalSession& session) {
  session.close();
  with_deliveries_.erase(std::remove(with_deliveries_.begin(), with_deliveries_.end(), &session),
                         with_deliveries_.end());
  const auto found = std::find_if(locals_.begin(), locals_.end(),
                                  [&](const auto& local) { return local.get() == &session; });
  LEAFNATS_ASSERT(found != locals_.end());
  locals_.erase(found);
}

void Shard::attach_peer(base::ShardId peer, Mailbox& outgoing, Mailbox& incoming) {
  peers_.push_back(std::make_unique<PeerShard>(*this, peer, outgoing, incoming));
  for (auto& account : accounts_) account->attach(*peers_.back());
  // At once, not when the turn ends: whoever puts shards to work counts on it.
  peers_.back()->hand_over();
}

void Shard::finish_login(base::ConnectionId connection, const auth::Login& login) {
  Session* session = find(connection);
  if (session == nullptr) return;
  if (session->subscriber_kind() == SubscriberKind::client) {
    static_cast<ClientSession*>(session)->finish_login(login);
  } else if (session->subscriber_kind() == SubscriberKind::leaf) {
    static_cast<LeafSession*>(session)->finish_login(login);
  }
}

void Shard::finish_proof(base::ConnectionId connection, const Result<LeafProof>& proof) {
  Session* session = find(connection);
  if (session == nullptr || session->subscriber_kind() != SubscriberKind::leaf) return;
  static_cast<LeafSession*>(session)->finish_proof(proof);
}

void Shard::announce_lame_duck() {
  for (auto& [number, session] : sessions_) {
    if (session->subscriber_kind() == SubscriberKind::client) {
      static_cast<ClientSession*>(session.get())->announce_lame_duck();
    }
  }
}

void Shard::close_all() {
  for (auto& [number, session] : sessions_) session->close(CloseReason::server_shutdown);
}

std::size_t Shard::pending_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto& [number, session] : sessions_) {
    bytes += session->unwritten() + session->backlog();
  }
  return bytes;
}

Session* Shard::find(base::ConnectionId id) { return find_session(id.number); }

Session* Shard::find_session(std::uint64_t number) const {
  const auto found = sessions_.find(number);
  return found == sessions_.end() ? nullptr : found->second.get();
}

// ---- Names ----

void Shard::adopt_accounts() {
  const auto snapshot = context_.accounts.snapshot();
  while (accounts_.size() < snapshot->size()) {
    const AccountRecord& added = *(*snapshot)[accounts_.size()];
    auto bare = std::make_shared<AccountRecord>();
    bare->id = added.id;
    bare->name = added.name;
    accounts_.push_back(std::make_unique<Account>(*this, std::move(bare)));
    for (auto& peer : peers_) accounts_.back()->attach(*peer);
  }
  // All are there now, so that each finds those that it imports from.
  for (std::size_t i = 0; i < snapshot->size(); ++i) {
    if (&accounts_[i]->record() != (*snapshot)[i].get()) accounts_[i]->configure((*snapshot)[i]);
  }
  review_logins([](const Account& account, const auth::Login*) {
    return account.record().gone ? std::optional(CloseReason::authentication_expired)
                                 : std::nullopt;
  });
}

void Shard::review_logins(const LoginVerdict& verdict) {
  for (auto& [number, session] : sessions_) {
    if (session->closing() || session->account() == nullptr) continue;
    const auto reason = verdict(*session->account(), session->login());
    if (!reason) continue;
    const std::string_view error = *reason == CloseReason::authentication_revoked
                                       ? "User Authentication Revoked"
                                       : "Account Authentication Expired";
    log(LogLevel::debug, *session, error);
    session->close(*reason, error);
  }
}

Account& Shard::account(AccountId id) {
  const auto index = static_cast<std::size_t>(id);
  // Another shard may have heard of a new account before this one.
  if (index >= accounts_.size()) adopt_accounts();
  return *accounts_[index];
}

Account* Shard::find_account(std::string_view name) {
  const auto record = context_.accounts.find(name);
  return record == nullptr ? nullptr : &account(record->id);
}

ClusterId Shard::cluster_id(std::string_view name) {
  const auto found = std::find(clusters_.begin(), clusters_.end(), name);
  if (found != clusters_.end()) return ClusterId(found - clusters_.begin());
  if (clusters_.size() > UINT16_MAX) return ClusterId::none;
  clusters_.emplace_back(name);
  return ClusterId(clusters_.size() - 1);
}

std::string_view Shard::cluster_name(ClusterId id) const {
  return clusters_[static_cast<std::size_t>(id)];
}

std::shared_ptr<const subject::PermissionSet> Shard::permission_set(
    const std::shared_ptr<const Permissions>& permissions) {
  if (permissions == nullptr) return nullptr;
  // The key keeps its object's identity, so that another one at the same address is another one.
  auto& known = permission_sets_[permissions];
  if (auto set = known.lock()) return set;
  std::erase_if(permission_sets_, [](const auto& entry) { return entry.first.expired(); });
  auto set = std::make_shared<const subject::PermissionSet>(*permissions);
  permission_sets_[permissions] = set;
  return set;
}

// ---- Between shards ----

PeerShard* Shard::find_peer(base::ShardId id) {
  for (auto& peer : peers_) {
    if (peer->peer() == id) return peer.get();
  }
  return nullptr;
}

bool Shard::settled(std::uint64_t record) const {
  return std::all_of(peers_.begin(), peers_.end(),
                     [&](const auto& peer) { return peer->settled(record); });
}

bool Shard::await_settled(std::uint64_t record) {
  bool all = true;
  for (auto& peer : peers_) all &= peer->await_settled(record);
  return all;
}

void Shard::forget_waiting_for_pong(Session& session) {
  waiting_for_pong_.erase(
      std::remove(waiting_for_pong_.begin(), waiting_for_pong_.end(), &session),
      waiting_for_pong_.end());
}

void Shard::pause_publisher(base::ConnectionId publisher) {
  if (publisher.shard != id_) {
    if (PeerShard* peer = find_peer(publisher.shard)) peer->pause(publisher);
  } else if (Session* session = find(publisher)) {
    session->pause();
  }
}

void Shard::resume_publisher(base::ConnectionId publisher) {
  if (publisher.shard != id_) {
    if (PeerShard* peer = find_peer(publisher.shard)) peer->resume(publisher);
  } else if (Session* session = find(publisher)) {
    session->resume();
  }
}

void Shard::hold_for_mailbox(PeerShard& peer) {
  if (!peer.backlogged() || current_publisher_.shard != id_) return;
  const base::ConnectionId publisher = current_publisher_;
  if (find(publisher) == nullptr) return;
  if (std::find(held_for_mailbox_.begin(), held_for_mailbox_.end(), publisher) !=
      held_for_mailbox_.end()) {
    return;
  }
  held_for_mailbox_.push_back(publisher);
  pause_publisher(publisher);
}

void Shard::evict_leaf(base::ConnectionId link) {
  if (link.shard != id_) {
    if (PeerShard* peer = find_peer(link.shard)) peer->evict(link);
  } else if (Session* session = find(link)) {
    static_cast<LeafSession*>(session)->give_way();
  }
}

void Shard::move_leaf(base::ConnectionId link) {
  if (Session* session = find(link)) session->close(CloseReason::failback);
}

void Shard::on_slow_consumer(const Session& session) {
  statistics_.slow_consumers += 1;
  if (session.subscriber_kind() == SubscriberKind::leaf) statistics_.slow_leafs += 1;
  if (session.account() != nullptr) session.account()->add_slow_consumer();
  log(LogLevel::info, session,
      fmt::format("Slow Consumer Detected: {} bytes pending",
                  session.unwritten()));
  tell(EventKind::slow_consumer, session, {}, {});
}

// ---- Words ----

void Shard::log(LogLevel level, const Session& session, std::string_view line) const {
  if (!context_.logs(level)) return;
  const bool leaf = session.subscriber_kind() == SubscriberKind::leaf;
  const std::string_view tag = session.over_websocket() ? (leaf ? "lid_ws" : "wid")
                                                        : (leaf ? "lid" : "cid");
  context_.log(level, fmt::format("{} - {}:{} - {}", session.address(), tag, session.id().number,
                                  line));
}

void Shard::tell(EventKind kind, const Session& session, std::string_view name,
                 std::string_view reason, LinkReason link_reason, std::uint64_t count) const {
  Event event{kind, session.id().number, session.address(), name, reason};
  event.link_reason = link_reason;
  event.count = count;
  context_.tell(event);
}

}  // namespace leafnats::broker
