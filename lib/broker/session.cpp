// SPDX-License-Identifier: Apache-2.0
//
// The life of a byte-stream connection: reading batches, writing, holding back publishers while
// it is behind, and its end.

#include "broker/session.hpp"

#include "base/assert.hpp"
#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/shard.hpp"
#include "broker/trace.hpp"
#include "wire/encoder.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace leafnats::broker {
namespace {

/// Leaf links may have a deadline of their own.
std::chrono::milliseconds write_deadline(const Options& options, SubscriberKind kind) {
  const bool own = kind == SubscriberKind::leaf && options.leaf.write_deadline.count() > 0;
  return own ? options.leaf.write_deadline : options.write_deadline;
}

/// What a peer that speaks WebSocket is told about the reason (nats-server's choice of codes).
wire::StreamEnd to_stream_end(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::authentication_violation:
    case CloseReason::authentication_timeout:
    case CloseReason::authentication_failure:
    case CloseReason::authentication_expired:
    case CloseReason::authentication_revoked:
    case CloseReason::account_connections_exceeded:
    case CloseReason::slow_consumer_pending_bytes:
    case CloseReason::slow_consumer_write_deadline:
    case CloseReason::max_subscriptions_exceeded:
    case CloseReason::max_connections_exceeded:
    case CloseReason::max_control_line_exceeded:
      return wire::StreamEnd::policy;
    case CloseReason::protocol_violation:
    case CloseReason::parse_error:
      return wire::StreamEnd::protocol_error;
    case CloseReason::max_payload_exceeded:
      return wire::StreamEnd::too_big;
    case CloseReason::stale_connection:
    case CloseReason::server_shutdown:
      return wire::StreamEnd::going_away;
    default:
      return wire::StreamEnd::normal;
  }
}

}  // namespace

std::string_view to_string(CloseReason reason) noexcept {
  // nats-server's words (ClosedState), because people search logs for them.
  switch (reason) {
    case CloseReason::client_closed: return "Client Closed";
    case CloseReason::read_error: return "Read Error";
    case CloseReason::write_error: return "Write Error";
    case CloseReason::authentication_violation: return "Authentication Failure";
    case CloseReason::authentication_timeout: return "Authentication Timeout";
    case CloseReason::authentication_failure: return "Authentication Failure";
    case CloseReason::authentication_expired: return "Authentication Expired";
    case CloseReason::authentication_revoked: return "Credentials Revoked";
    case CloseReason::account_connections_exceeded: return "Maximum Account Connections Exceeded";
    case CloseReason::protocol_violation: return "Protocol Violation";
    case CloseReason::parse_error: return "Parse Error";
    case CloseReason::max_control_line_exceeded: return "Maximum Control Line Exceeded";
    case CloseReason::max_payload_exceeded: return "Maximum Message Payload Exceeded";
    case CloseReason::max_connections_exceeded: return "Maximum Connections Exceeded";
    case CloseReason::max_subscriptions_exceeded: return "Maximum Subscriptions Exceeded";
    case CloseReason::slow_consumer_pending_bytes: return "Slow Consumer (Pending Bytes)";
    case CloseReason::slow_consumer_write_deadline: return "Slow Consumer (Write Deadline)";
    case CloseReason::stale_connection: return "Stale Connection";
    case CloseReason::wrong_port: return "Incorrect Port";
    case CloseReason::duplicate_remote: return "Duplicate Remote LeafNode Connection";
    case CloseReason::same_cluster: return "Remote LeafNode Has Same Cluster Name";
    case CloseReason::cluster_name_has_spaces: return "Cluster Name Has Spaces";
    case CloseReason::loop_detected: return "Loop Detected";
    case CloseReason::minimum_version: return "Minimum Version Required";
    case CloseReason::gateway_rejected: return "Protocol Violation";
    case CloseReason::tls_handshake_error: return "TLS Handshake Failure";
    case CloseReason::permissions_violation: return "Permissions Violation";
    case CloseReason::no_reply_to_connect: return "Stale Connection";
    case CloseReason::failback: return "Moved To The First URL";
    case CloseReason::kicked: return "Kicked";
    case CloseReason::server_shutdown: return "Server Shutdown";
  }
  return "Unknown";
}

Session::Session(Shard& shard, SubscriberKind kind, base::ConnectionId id, Transport& transport,
                 std::string address, wire::Parser parser)
    : Subscriber(kind, id),
      shard_(shard),
      parser_(parser),
      transport_(&transport),
      outbox_(shard.pool()),
      address_(std::move(address)),
      started_ns_(shard.now()),
      write_deadline_ns_(to_ns(write_deadline(shard.context().options, kind))),
      whole_writes_(kind == SubscriberKind::leaf &&
                    shard.context().options.leaf.write_timeout == WriteTimeout::close),
      attention_bytes_(
          std::min(shard.context().options.max_pending, limits::outbox_pause_bytes_high - 1)) {}

Session::~Session() {
  leave_account();
  shard_.timers().remove(*this);
}

// ---- Membership ----

bool Session::join(Account& account, const auth::Login& login) {
  leave_account();
  const AccountRecord& record = account.record();
  const bool leaf = subscriber_kind() == SubscriberKind::leaf;
  seat_ = record.counters;
  const std::int64_t members = seat_->connections.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t leafs = seat_->leafnodes.fetch_add(leaf ? 1 : 0, std::memory_order_relaxed);
  const std::int64_t limit = leaf ? record.limits.leafnodes : record.limits.connections;
  if (limit >= 0 && (leaf ? leafs : members) >= limit) {
    shard_.log(LogLevel::error, *this, "maximum account active connections exceeded");
    close(CloseReason::account_connections_exceeded,
          "maximum account active connections exceeded");
    return false;
  }
  account_ = &account;
  // What a name and a password say is in words_ already; a login is three hundred bytes.
  const bool has_more = !login.user_key.empty() || login.is_operator_mode ||
                        login.max_subscriptions >= 0;
  login_ = has_more ? std::make_unique<const auth::Login>(login) : nullptr;
  auto payload = static_cast<std::int64_t>(shard_.context().options.max_payload);
  for (const std::int64_t own : {record.limits.payload, login.max_payload}) {
    if (own >= 0) payload = std::min(payload, own);
  }
  wire::ParserLimits parser_limits = parser_.limits();
  parser_limits.max_payload = static_cast<std::size_t>(payload);
  parser_.set_limits(parser_limits);
  expires_ns_ = never;
  if (login.expires_at != 0) {
    const std::int64_t left =
        login.expires_at - shard_.context().clock->unix_seconds();
    // Beyond a century there is no end, and nothing that overflows.
    if (left < 100LL * 365 * 86'400) {
      expires_ns_ = shard_.now() + std::max<std::int64_t>(left, 0) * 1'000'000'000;
    }
  }
  return true;
}

void Session::leave_account() noexcept {
  if (!seat_) return;
  seat_->connections.fetch_sub(1, std::memory_order_relaxed);
  if (subscriber_kind() == SubscriberKind::leaf) {
    seat_->leafnodes.fetch_sub(1, std::memory_order_relaxed);
  }
  seat_.reset();
}

std::int64_t Session::max_subscriptions() const noexcept {
  const std::int64_t server = shard_.context().options.max_subscriptions;
  std::int64_t limit = server > 0 ? server : -1;
  const std::int64_t account = account_ != nullptr ? account_->record().limits.subscriptions : -1;
  for (const std::int64_t own : {account, login_ ? login_->max_subscriptions : -1}) {
    if (own >= 0) limit = limit >= 0 ? std::min(limit, own) : own;
  }
  return limit;
}

// ---- Reading ----

std::span<char> Session::receive_space() {
  if (stream_) return stream_->receive_space();
  return input_.prepare(shard_.pool(), parser_.needed());
}

void Session::received(std::size_t bytes) {
  if (closing_) return;
  if (stream_) {
    stream_->received(bytes);
    on_input();
    unfold();
    return;
  }
  input_.commit(bytes);
  plain_bytes_in_ += bytes;
  on_input();
  parse();
  if (stream_) unfold();
}

void Session::unfold() {
  do {
    while (!closing_ && !held_) {
      const std::size_t got =
          stream_->read(input_.prepare(shard_.pool(), parser_.needed()));
      input_.commit(got);
      if (got == 0) break;
      parse();
    }
  } while (heed_stream());
  if (!stream_) return;  // a successor has it
  input_.settle(shard_.pool());
  stream_->settle();
  if (!closing_ && stream_->has_output() && !dirty_) mark_dirty();
}

/// True if the filters opened now, so that there may be more to read.
bool Session::heed_stream() {
  if (closing_) return false;
  if (!tls_settled_) heed_tls();
  if (closing_) return false;
  if (const wire::StreamFilter* filter = stream_->broken()) {
    if (filter->state() == wire::StreamFilter::State::failed) {
      on_stream_failed(*filter);
    } else {
      peer_closed(CloseReason::client_closed);
    }
    return false;
  }
  if (!opening_ || !stream_->open()) return false;
  opening_ = false;
  on_stream_open();
  if (!stream_) return false;  // a successor has it
  if (!outbox_.empty() && !dirty_) mark_dirty();
  return true;
}

void Session::on_stream_failed(const wire::StreamFilter& filter) {
  if (const wire::TlsFilter* failed = tls(); failed == &filter) {
    fail_tls(std::string(filter.error()), failed->fault(), failed->plain_peer());
    return;
  }
  shard_.log(LogLevel::error, *this, filter.error());
  peer_closed(filter.kind() == wire::StreamFilter::Kind::tls ? CloseReason::tls_handshake_error
                                                             : CloseReason::protocol_violation,
              filter.error());
}

void Session::push_filter(std::unique_ptr<wire::StreamFilter> filter) {
  if (!stream_) stream_ = std::make_unique<Stream>(shard_.pool());
  stream_->push(std::move(filter), outbox_);
  opening_ = true;
  if (parsing_) {
    filters_changed_ = true;
  } else {
    hand_over_unparsed();
  }
  if (stream_->has_output() && !dirty_) mark_dirty();
}

/// What lies behind the operation that brought the filter in is the filter's.
void Session::hand_over_unparsed() {
  filters_changed_ = false;
  stream_->unread({input_.begin(), input_.size()});
  if (input_.size() > 0) input_.consume_to(input_.end());
}

void Session::parse() {
  if (!held_ && input_.size() > 0 && input_.size() >= parser_.needed()) {
    const Shard::Publishing publishing(shard_, id());
    const char* cursor = input_.begin();
    const char* const begin_of_batch = cursor;
    const char* const end = input_.end();
    wire::Op op;
    parsing_ = true;
    while (!closing_ && !held_ && !filters_changed_ && cursor != end) {
      if (stranger_ && !admits(*cursor)) break;
      const char* const begin = cursor;
      const wire::Step step = parser_.next(cursor, end, op);
      if (step == wire::Step::op) {
        if (shard_.traces()) trace_in(shard_, *this, begin, op);
        act_on(op);
      } else {
        if (step == wire::Step::fault) on_fault(parser_.fault(), parser_.fault_text());
        break;
      }
    }
    parsing_ = false;
    parsed_bytes_ += static_cast<std::uint64_t>(cursor - begin_of_batch);
    input_.consume_to(cursor);
    if (filters_changed_) hand_over_unparsed();
  }
  if (!stream_) input_.settle(shard_.pool());
}

void Session::act_on(const wire::Op& op) {
  const std::uint64_t record = shard_.last_record();
  on_operation(op);
  if (shard_.last_record() != record) last_record_ = shard_.last_record();
}

void Session::continue_parsing() {
  held_ = false;
  if (!closing_) parse();
  if (stream_ && !closing_) unfold();
  update_reading();
}

void Session::hold_parsing() {
  held_ = true;
  update_reading();
}

void Session::pause() {
  ++pauses_;
  update_reading();
}

void Session::resume() {
  LEAFNATS_ASSERT(pauses_ > 0);
  --pauses_;
  update_reading();
}

void Session::update_reading() {
  const bool reading = pauses_ == 0 && !held_;
  if (reading == reading_ || closing_) return;
  reading_ = reading;
  transport_->set_reading(reading);
}

// ---- Writing ----

void Session::mark_dirty() {
  dirty_ = true;
  shard_.add_dirty(*this);
}

void Session::grew() {
  if (outbox_.copied() >= limits::outbox_flush_bytes) flush();
  const std::size_t waiting = unwritten();
  if (waiting <= attention_bytes_ || closing_) return;
  if (is_overfull()) {
    mark_overfull();
    return;
  }
  hold_back(shard_.current_publisher());
}

bool Session::is_overfull() const noexcept {
  return unwritten() > shard_.context().options.max_pending;
}

void Session::mark_overfull() {
  if (!std::exchange(overfull_, true)) shard_.add_overfull(*this);
}

base::ConnectionId Session::shard_publisher() const noexcept { return shard_.current_publisher(); }

Session::Bytes Session::bytes() const noexcept {
  const std::uint64_t written = outbox_.consumed();
  if (!stream_) return {parsed_bytes_, written, plain_bytes_in_, written};
  return {parsed_bytes_, written, plain_bytes_in_ + stream_->bytes_in(), stream_->bytes_out()};
}

void Session::cut_off_if_overfull() {
  overfull_ = false;
  if (closing_ || !is_overfull()) return;
  shard_.on_slow_consumer(*this);
  close(CloseReason::slow_consumer_pending_bytes);
}

void Session::hold_back(base::ConnectionId publisher) {
  if (publisher.number == 0 || patience_over_) return;
  if (behind_since_ns_ == 0) {
    behind_since_ns_ = shard_.now();
    update_deadline();
  }
  if (std::find(held_back_.begin(), held_back_.end(), publisher) != held_back_.end()) return;
  held_back_.push_back(publisher);
  shard_.pause_publisher(publisher);
}

void Session::release_publishers() {
  behind_since_ns_ = 0;
  for (const base::ConnectionId publisher : std::exchange(held_back_, {})) {
    shard_.resume_publisher(publisher);
  }
}

void Session::flush() {
  write_out();
  while (unwritten() < limits::outbox_pause_bytes_low && !closing_ && refill()) write_out();
  if (unwritten() + backlog() < limits::outbox_pause_bytes_low) {
    patience_over_ = false;
    if (!held_back_.empty()) release_publishers();
  }
  on_flushed();
}

void Session::write_out() {
  const bool progressed = stream_ ? stream_->write(outbox_, *transport_) : flush_plain();
  const Outbox& blocked = stream_ ? stream_->wire() : outbox_;
  if (progressed && blocked_since_ns_ != 0) last_progress_ns_ = shard_.now();
  if (blocked.empty()) {
    progress_ns_ = blocked_since_ns_ = 0;
  } else if (progressed || progress_ns_ == 0) {
    progress_ns_ = shard_.now();
    if (blocked_since_ns_ == 0) blocked_since_ns_ = progress_ns_;
    if (whole_writes_) progress_ns_ = blocked_since_ns_;
    outbox_.compact();
    update_deadline();
  }
}

/// True if the peer took anything.
bool Session::flush_plain() {
  const std::size_t before = outbox_.size();
  if (before == 0) return false;
  transport_->flush(outbox_);
  return outbox_.size() < before;
}

void Session::writable() {
  if (!closing_) flush();
}

void Session::send_line(std::string_view line) {
  if (shard_.traces()) trace_out(shard_, *this, line);
  outbox_.append(line);
  appended();
}

void Session::send_error(std::string_view text) {
  char* out = outbox_.reserve(wire::error_size(text));
  char* const end = wire::write_error(out, text);
  if (shard_.traces()) trace_out(shard_, *this, {out, static_cast<std::size_t>(end - out)});
  outbox_.commit(end);
  appended();
}

void Session::send_info(const wire::ServerInfo& info) {
  const std::string json = wire::format_info(info);
  char* out = outbox_.reserve(wire::info_size(json));
  outbox_.commit(wire::write_info(out, json));
  appended();
}

// ---- PONG ----

void Session::promise_pong() {
  if (waiting_pongs_ == nullptr && shard_.settled(last_record_)) {
    write_pong();
    return;
  }
  if (waiting_pongs_ == nullptr) {
    waiting_pongs_ = std::make_unique<std::deque<std::uint64_t>>();
    shard_.add_waiting_for_pong(*this);
  }
  waiting_pongs_->push_back(last_record_);
}

void Session::rely_on_records() noexcept { last_record_ = shard_.last_record(); }

bool Session::release_pongs() {
  while (waiting_pongs_ != nullptr && shard_.await_settled(waiting_pongs_->front())) {
    waiting_pongs_->pop_front();
    if (waiting_pongs_->empty()) waiting_pongs_.reset();
    write_pong();
  }
  return waiting_pongs_ == nullptr;
}

void Session::write_pong() { send_line(wire::pong_line); }

// ---- Deadlines ----

std::int64_t Session::ping_interval_ns() const noexcept {
  const Options& options = shard_.context().options;
  const bool own = options.websocket && options.websocket->ping_interval.count() > 0;
  return to_ns(own && over_websocket() ? options.websocket->ping_interval : options.ping_interval);
}

void Session::update_deadline() {
  if (closing_) return;
  std::int64_t deadline = std::min({next_timer(), tls_deadline_ns_, expires_ns_});
  if (progress_ns_ != 0) deadline = std::min(deadline, progress_ns_ + write_deadline_ns_);
  if (behind_since_ns_ != 0) {
    deadline = std::min(deadline, behind_since_ns_ + limits::pause_ns_max);
  }
  shard_.timers().set(*this, deadline);
}

void Session::on_deadline(std::int64_t now_ns) {
  if (closing_) return;
  if (progress_ns_ != 0 && now_ns >= progress_ns_ + write_deadline_ns_) {
    shard_.on_slow_consumer(*this);
    close(CloseReason::slow_consumer_write_deadline);
    return;
  }
  if (behind_since_ns_ != 0 && now_ns >= behind_since_ns_ + limits::pause_ns_max) {
    // One reader may not stall the others for longer: from here on max_pending decides.
    patience_over_ = true;
    release_publishers();
  }
  if (now_ns >= expires_ns_) {
    shard_.log(LogLevel::debug, *this, "User Authentication Expired");
    close(CloseReason::authentication_expired, "User Authentication Expired");
    return;
  }
  if (now_ns >= tls_deadline_ns_) on_tls_deadline();
  if (closing_) return;
  on_timer(now_ns);
  update_deadline();
}

// ---- The end ----

void Session::peer_closed(CloseReason reason, std::string_view detail) {
  if (closing_) return;
  end(reason, detail);
}

void Session::close(CloseReason reason, std::string_view error) {
  if (closing_) return;
  if (!error.empty()) send_error(error);
  end(reason, error);
}

void Session::end(CloseReason reason, std::string_view detail) {
  closing_ = true;
  stream_end_ = to_stream_end(reason);
  shard_.timers().remove(*this);
  release_publishers();
  if (waiting_pongs_ != nullptr) shard_.forget_waiting_for_pong(*this);
  on_close(reason, detail);
  if (account_ != nullptr) account_->add_past(subscriber_kind(), traffic_);
  leave_account();
  if (Advisories* advisories = shard_.context().advisories) {
    advisories->on_disconnect(shard_, *this, to_string(reason));
  }
  shard_.add_closing(*this);
}

// ---- For monitoring ----

void Session::name_user(std::string_view user) {
  PeerWords::Words words = words_.get();
  if (user.empty() || user == words.user) return;
  words.user = user;
  words_ = PeerWords(words);
}

ConnectionDescription Session::describe() const {
  ConnectionDescription all;
  all.id = id().number;
  all.is_leaf = subscriber_kind() == SubscriberKind::leaf;
  all.over_websocket = over_websocket();
  // The address may begin with that of a client behind a proxy, and a slash.
  const std::string own = address_.substr(address_.find('/') + 1);
  const std::size_t colon = own.rfind(':');
  all.ip = own.substr(0, colon);
  if (all.ip.starts_with('[')) all.ip = all.ip.substr(1, all.ip.size() - 2);
  if (colon != own.npos) all.port = std::atoi(own.c_str() + colon + 1);
  all.start_ns = started_ns_;
  all.last_activity_ns = std::max(last_input_ns(), started_ns_);
  all.rtt_ns = rtt_ns();
  all.pending_bytes = unwritten() + backlog();
  all.subscriptions = subscription_count();
  all.traffic = traffic_;
  const PeerWords::Words words = words_.get();
  all.name = words.name;
  all.lang = words.lang;
  all.version = words.version;
  all.user = words.user;
  if (login_) {
    all.issuer_key = login_->issuer_key;
    all.tags = login_->tags;
  }
  all.account = account_ != nullptr ? account_->name() : "$G";
  if (const wire::TlsFilter* filter = tls();
      filter != nullptr && filter->state() == wire::StreamFilter::State::open) {
    const wire::TlsPeer peer = filter->peer();
    all.tls_version = peer.version;
    all.tls_cipher = peer.cipher;
    all.certificate_subject = peer.subject;
    all.certificate_key_sha256 = peer.public_key_sha256;
  }
  describe_more(all);
  return all;
}

void Session::take_over(Session& predecessor) {
  LEAFNATS_ASSERT(!predecessor.closing_ && outbox_.empty());
  stream_ = std::move(predecessor.stream_);
  tls_settled_ = predecessor.tls_settled_;
  predecessor.transport_->hand_over(*this);
  predecessor.transport_ = nullptr;
  predecessor.closing_ = true;
  shard_.timers().remove(predecessor);
  shard_.add_closing(predecessor);
  if (stream_->has_output()) mark_dirty();
}

void Session::finish() {
  if (transport_ == nullptr) return;
  if (stream_) {
    stream_->finish(outbox_, stream_end_);
    transport_->close(stream_->wire());
  } else {
    transport_->close(outbox_);
  }
  outbox_.clear();
}

}  // namespace leafnats::broker
