// SPDX-License-Identifier: Apache-2.0
//
// A leaf link that is up: what the peer is told, what it tells us, loops, liveness, and the end.

#include "broker/leaf_session.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/printable.hpp"
#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/link_reason.hpp"
#include "broker/loop_mark.hpp"
#include "broker/shard.hpp"
#include "subject/grammar.hpp"
#include "wire/encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace leafnats::broker {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view loop_detection_prefix = "$LDS.";

// What nats-server waits after a loop, and announces in its error.
constexpr std::chrono::seconds loop_pause = 30s;

// Patience with a loop. A link younger than this is likely to be the one that closed the circle;
// older ones leave it the time to fall, as accepted ones leave it to the side that dialled.
constexpr std::int64_t young_link_ns = 10'000'000'000;
constexpr std::int64_t loop_patience_ns = 1'000'000'000;

// From here on bytes that the local system holds are a backlog, not a PING on its way.
constexpr std::uint64_t backlog_bytes_min = 4096;

/// Subjects of the servers' own business, to which no permission applies.
bool is_exempt_interest(std::string_view subject) {
  return subject.starts_with(loop_detection_prefix) || subject.starts_with("$GR.") ||
         subject.starts_with("_GR_.");
}

}  // namespace

// ---- What the peer is told ----

bool LeafSession::admits(const InterestClass& source, std::string_view subject) const noexcept {
  if (source.kind == InterestClass::Kind::client) return true;
  if (isolated_) return false;
  if (source.cluster != ClusterId::none && source.cluster == cluster_) return false;
  // A hub hears of our clients and of our own leafs, not of what another hub told us. But loop
  // marks pass: messages go from hub to hub through us, so they can go round (nats-server).
  return role_ == LeafRole::hub || source.role == LeafRole::hub ||
         subject.starts_with(loop_detection_prefix);
}

std::int64_t LeafSession::own_members(const InterestKey& key) const {
  if (!admits(interest_class(), key.subject)) return 0;
  const auto own = subscriptions_.find({key.subject, key.queue});
  return own == subscriptions_.end() ? 0 : own->second->weight;
}

void LeafSession::announce(std::string_view subject, std::string_view queue,
                           std::int64_t members) {
  if (!renaming_) {
    announce_there(subject, queue, members);
    return;
  }
  if (!is_exempt_interest(subject) && !renaming_->may_tell(subject, queue)) return;
  const auto wanted = members > 0 ? std::optional(members) : std::nullopt;
  for (const auto& change : renaming_->told().set(subject, queue, wanted)) {
    if (queue.empty() && change.was_wanted == change.is_wanted) continue;
    announce_there(change.subject, queue, change.members);
  }
}

void LeafSession::announce_there(std::string_view subject, std::string_view queue,
                                 std::int64_t members) {
  if (!is_exempt_interest(subject) &&
      permissions_.can_announce(subject, queue) == subject::PermissionSet::Subscribe::denied) {
    return;
  }
  announce_allowed(subject, queue, members);
}

void LeafSession::announce_allowed(std::string_view subject, std::string_view queue,
                                   std::int64_t members) {
  if (!queue_.empty()) {
    std::string line(wire::leaf_sub_size(subject, queue), '\0');
    const auto weight = static_cast<std::uint32_t>(members);
    const char* end = members > 0 ? wire::write_leaf_sub(line.data(), subject, queue, weight)
                                  : wire::write_leaf_unsub(line.data(), subject, queue);
    line.resize(static_cast<std::size_t>(end - line.data()));
    queue_line(std::move(line));
    return;
  }
  Outbox& out = outbox();
  if (members > 0) {
    char* cursor = out.reserve(wire::leaf_sub_size(subject, queue));
    out.commit(wire::write_leaf_sub(cursor, subject, queue, static_cast<std::uint32_t>(members)));
  } else {
    char* cursor = out.reserve(wire::leaf_unsub_size(subject, queue));
    out.commit(wire::write_leaf_unsub(cursor, subject, queue));
  }
  appended();
}

// ---- Operations of the peer ----

void LeafSession::on_operation(const wire::Op& op) {
  switch (op.verb) {
    case wire::Verb::info:
      on_info(op.text);
      return;
    case wire::Verb::connect:
      on_connect(op.text);
      return;
    case wire::Verb::ping:
      promise_pong();
      return;
    case wire::Verb::pong:
      on_pong();
      return;
    case wire::Verb::err:
      on_peer_error(op.text);
      return;
    case wire::Verb::ok:
      return;
    default:
      break;
  }
  if (state_ != State::up) {
    refuse_login({}, CloseReason::authentication_violation);
    return;
  }
  switch (op.verb) {
    case wire::Verb::leaf_sub:
      on_interest(op);
      break;
    case wire::Verb::leaf_unsub:
      on_interest_gone(op);
      break;
    default:
      on_message(op);
      break;
  }
}

void LeafSession::on_interest(const wire::Op& op) {
  if (is_loop_mark_of(shard_.context().identity.loop_detection_subject, op.subject)) {
    on_own_mark(op.subject);
    return;
  }
  if (!takes_interest(op.subject, op.queue)) return;
  if (!subject::is_valid_subject(op.subject)) {
    send_error("Invalid Subscription");
    return;
  }
  const std::int64_t members =
      op.queue.empty() ? 1 : std::clamp<std::int64_t>(op.number, 0, INT32_MAX);
  if (renaming_) {
    set_renamed_interest(op, members);
  } else {
    set_interest(op.subject, op.queue, static_cast<std::uint32_t>(members));
  }
}

void LeafSession::set_interest(std::string_view subject, std::string_view queue,
                               std::uint32_t members) {
  Key key{std::string(subject), std::string(queue)};
  const auto known = subscriptions_.find(key);
  if (known != subscriptions_.end()) {
    if (!queue.empty()) account_->set_weight(*known->second, members);
    return;
  }
  auto subscription = std::make_unique<LeafSubscription>(*this);
  subscription->weight = members;
  account_->subscribe(subject, queue, *subscription);
  rely_on_records();
  subscriptions_.emplace(std::move(key), std::move(subscription));
  shard_.statistics().subscriptions += 1;
  record_->subscriptions.set(subscriptions_.size());
}

void LeafSession::set_renamed_interest(const wire::Op& op, std::optional<std::int64_t> members) {
  for (const auto& change : renaming_->heard().set(op.subject, op.queue, members)) {
    if (!change.is_wanted) {
      end_interest(change.subject, op.queue);
      continue;
    }
    const std::int64_t all = std::min<std::int64_t>(change.members, INT32_MAX);
    set_interest(change.subject, op.queue, op.queue.empty() ? 1 : static_cast<std::uint32_t>(all));
  }
}

bool LeafSession::takes_interest(std::string_view subject, std::string_view queue) {
  if (!is_exempt_interest(subject) && subject::is_literal(subject) &&
      !may_send_there(subject, queue)) {
    record_->violations.add(1);
    // A spoke was told by its hub what it may send, so it just ignores this; a hub closes.
    if (role_ == LeafRole::hub) {
      refuse(CloseReason::permissions_violation, LinkReason::permission_violation,
             fmt::format("Subscription Violation on \"{}\" - Check other side configuration",
                         base::printable(subject)),
             fmt::format("Permissions Violation for Subscription to \"{}\"", subject));
    }
    return false;
  }
  const auto limit = max_subscriptions();
  if (limit >= 0 && static_cast<std::int64_t>(subscriptions_.size()) >= limit) {
    send_error("maximum subscriptions exceeded");
    return false;
  }
  return true;
}

void LeafSession::on_interest_gone(const wire::Op& op) {
  if (is_loop_mark_of(shard_.context().identity.loop_detection_subject, op.subject)) {
    on_own_mark_gone(op.subject);
    return;
  }
  if (renaming_) {
    set_renamed_interest(op, std::nullopt);
  } else {
    end_interest(op.subject, op.queue);
  }
}

void LeafSession::end_interest(std::string_view subject, std::string_view queue) {
  const auto known = subscriptions_.find({std::string(subject), std::string(queue)});
  if (known == subscriptions_.end()) return;
  account_->unsubscribe(*known->second);
  subscriptions_.erase(known);
  shard_.statistics().subscriptions -= 1;
  record_->subscriptions.set(subscriptions_.size());
}

void LeafSession::on_message(const wire::Op& op) {
  shard_.statistics().in_messages += 1;
  shard_.statistics().in_bytes += op.body.size();
  record_->in.messages.add(1);
  record_->in.message_bytes.add(op.body.size());
  shard_.statistics().leafs.count_in(op.body.size());
  traffic_.count_in(op.body.size());
  if (suspended_) {
    record_->drop(LinkReason::loop);
    return;
  }
  if (!takes_message(op.subject)) return;
  Message message;
  message.subject = op.subject;
  message.reply = op.reply;
  message.body = op.body;
  message.size_digits = op.size_digits;
  message.header_digits = op.header_digits;
  message.header_size = op.header_size;
  message.slab = &input_slab();
  if (renaming_ && !renaming_->take(message)) {
    record_->violations.add(1);
    return;
  }
  Origin origin;
  origin.kind = Origin::Kind::leaf;
  origin.role = role_;
  origin.cluster = cluster_;
  origin.connection = id();
  std::string_view queues = allowed_queues(op);
  if (account_->map(message.subject, shard_.random(), shard_.mapped())) {
    message.subject = shard_.mapped();
    // What the peer knows of is the mapping, not the queue groups behind it.
    if (queues.empty()) {
      shard_.router().publish(*account_, message, origin);
      return;
    }
  }
  shard_.router().publish_from_leaf(*account_, message, origin, queues);
}

bool LeafSession::takes_message(std::string_view subject) {
  if (always_crosses_links(subject)) return true;
  if (role_ == LeafRole::spoke) {
    const bool taken =
        permissions_.can_subscribe(subject, {}) != subject::PermissionSet::Subscribe::denied;
    if (!taken) record_->violations.add(1);
    return taken || incoming_has_queues_;
  }
  if (inbound_.can_publish(subject)) return true;
  if (allowed_replies_ && allowed_replies_->take(subject, shard_.now())) return true;
  record_->violations.add(1);
  // A leaf whose user may answer was not told its publish permissions (see send_connect_info), so
  // what it sends beyond them is no fault of it.
  if (allowed_replies_) return false;
  refuse(CloseReason::permissions_violation, LinkReason::permission_violation,
         fmt::format("Publish Violation on \"{}\" - Check other side configuration",
                     base::printable(subject)),
         fmt::format("Permissions Violation for Publish to \"{}\"", subject));
  return false;
}

/// The queue groups of a message, without those that a spoke may not have it for.
std::string_view LeafSession::allowed_queues(const wire::Op& op) {
  if (!incoming_has_queues_ || role_ == LeafRole::hub || op.queues.empty()) return op.queues;
  allowed_queues_.clear();
  for (const std::string_view queue : wire::QueueNames(op.queues)) {
    if (permissions_.can_subscribe(op.subject, queue) ==
        subject::PermissionSet::Subscribe::denied) {
      continue;
    }
    if (!allowed_queues_.empty()) allowed_queues_ += ' ';
    allowed_queues_ += queue;
  }
  return allowed_queues_;
}

// ---- Loops ----

void LeafSession::on_own_mark(std::string_view mark) {
  if (closing() || own_marks_.size() >= limits::own_marks_max) return;
  // The mark of a link that is gone: the news has not reached everybody yet.
  const std::string_view code = mark.substr(mark.size() - loop_mark_code_size);
  if (mark != mark_ && !shard_.context().links.is_up(code)) return;
  if (!own_marks_.emplace(mark).second) return;
  judge_loop();
}

void LeafSession::on_own_mark_gone(std::string_view mark) {
  if (own_marks_.erase(std::string(mark)) > 0) judge_loop();
}

/// We are on the circle if the mark of another link of ours has come back here.
void LeafSession::judge_loop() {
  const bool beyond = own_marks_.contains(mark_);
  const bool through_us = own_marks_.size() > (beyond ? 1 : 0);
  if (through_us != suspended_) {
    set_suspended(through_us);
    shard_.log(LogLevel::info, *this,
               through_us ? "A loop was found: no messages pass until it is opened"
                          : "The loop was opened elsewhere, messages pass again");
  }
  if (own_marks_.empty()) {
    loop_deadline_ns_ = never;
  } else if (loop_deadline_ns_ == never) {
    std::int64_t patience = shard_.random().below(static_cast<std::uint32_t>(loop_patience_ns));
    if (remote_ == nullptr) patience += loop_patience_ns;
    if (shard_.now() - up_since_ns_ >= young_link_ns) patience += loop_patience_ns;
    if (!through_us) patience += 2 * loop_patience_ns;
    loop_deadline_ns_ = shard_.now() + patience;
  }
  update_deadline();
}

void LeafSession::set_suspended(bool suspended) {
  suspended_ = suspended;
  record_->change([&](LeafLinkStatus& link) { link.is_suspended = suspended; });
  shard_.tell(suspended ? EventKind::leaf_suspended : EventKind::leaf_resumed, *this,
              identity_.name, {}, LinkReason::loop);
}

void LeafSession::detect_loop() {
  const std::string text = fmt::format(
      "Loop detected for leafnode account=\"{}\". Delaying attempt to reconnect for {}s",
      account_->name(), loop_pause / 1s);
  refuse(CloseReason::loop_detected, LinkReason::loop, text, text);
}

void LeafSession::on_peer_error(std::string_view text) {
  // A leaf link never closes because it was told of an error: the sender does. A loop is the
  // exception, for nothing may pass until then.
  peer_error_ = base::printable(text.substr(0, limits::peer_error_bytes_max));
  complain(reason_of(CloseReason::client_closed), fmt::format("Leafnode Error {}", peer_error_));
  if (text.find("Loop detected") != text.npos) close(CloseReason::loop_detected);
}

void LeafSession::on_fault(wire::Fault fault, std::string_view text) {
  if (state_ != State::up && remote_ == nullptr && fault == wire::Fault::unknown_operation) {
    refuse_login({}, CloseReason::authentication_violation);
    return;
  }
  const bool too_large = fault == wire::Fault::payload_too_large;
  refuse(too_large ? CloseReason::max_payload_exceeded : CloseReason::protocol_violation,
         too_large ? LinkReason::payload_too_large : LinkReason::protocol_error,
         fmt::format("Leafnode parse error: {}", base::printable(text)), wire::error_text(fault));
}

// ---- Liveness ----

void LeafSession::on_input() {
  last_input_ns_ = shard_.now();
  on_flushed();
}

void LeafSession::on_pong() {
  pings_out_ = 0;
  if (ping_sent_ns_ != 0) {
    rtt_ns_ = shard_.now() - ping_sent_ns_;
    compression_.measured(rtt_ns_, unwritten() + queue_.size() != 0);
    record_->add_rtt(std::chrono::nanoseconds(rtt_ns_));
    record_->change([&](LeafLinkStatus& link) { link.compression = compression_.name(); });
  }
  ping_sent_ns_ = 0;
}

void LeafSession::on_timer(std::int64_t now_ns) {
  if (now_ns >= loop_deadline_ns_) {
    loop_deadline_ns_ = never;
    detect_loop();
    return;
  }
  if (now_ns < deadline_ns_) return;
  if (state_ != State::up) {
    on_timer_of_state(now_ns);
    return;
  }
  const Options& options = shard_.context().options;
  const std::int64_t interval = ping_interval_ns();
  deadline_ns_ = now_ns + interval;
  // A PONG may stand behind megabytes on a thin link: whatever else comes, or goes, is life too.
  const bool quiet = now_ns - last_input_ns_ >= interval;
  if (showed_life(interval)) pings_out_ = 0;
  // A spoke always pings: it must notice a hub that is gone (nats-server 2.9.9).
  if (role_ == LeafRole::hub && rtt_ns_ != 0 && !quiet) return;
  if (pings_out_ >= options.ping_max) {
    shard_.log(LogLevel::debug, *this, "Stale Client Connection - Closing");
    shard_.statistics().stale_leafs += 1;
    close(CloseReason::stale_connection, "Stale Connection");
    return;
  }
  ++pings_out_;
  if (ping_sent_ns_ == 0) ping_sent_ns_ = now_ns;
  send_line(wire::ping_line);
}

/// Whether anything was heard of the peer within an interval, or its system has taken bytes that
/// had to wait. That the local system takes our bytes is none: it would for a peer long gone. Nor
/// that the peer's system takes the odd PING: it would while the peer hangs. But it takes a
/// backlog only as long as the peer reads.
bool LeafSession::showed_life(std::int64_t interval_ns) {
  const Transport::Delivery now = transport().delivery();
  const Transport::Delivery before = std::exchange(delivery_, now);
  const bool taken =
      before.held >= backlog_bytes_min && now.acknowledged > before.acknowledged;
  const std::int64_t since = shard_.now() - interval_ns;
  return taken || last_input_ns_ > since || last_progress_ns() > since;
}

void LeafSession::on_timer_of_state(std::int64_t) {
  switch (state_) {
    case State::negotiating:
    case State::awaiting_connect:
    case State::logging_in:
      refuse(CloseReason::authentication_timeout, LinkReason::authentication_timeout,
             "authentication timeout", "Authentication Timeout");
      return;
    case State::awaiting_info:
    case State::awaiting_confirmation:
      refuse(CloseReason::read_error, LinkReason::no_first_info,
             tls() != nullptr ? "no INFO from the hub within first_info_timeout"
                              : "no INFO from the hub within first_info_timeout: if the hub has "
                                "handshake_first, this remote's tls{} needs it too",
             {});
      return;
    case State::awaiting_connect_info:
      refuse(CloseReason::no_reply_to_connect, LinkReason::no_answer_to_connect,
             "no answer to CONNECT from the hub", "Stale Leaf Node Connection - Closing");
      return;
    case State::proving:
    case State::up:
      return;
  }
}

// ---- For monitoring ----

void LeafSession::for_each_subscription(const SubscriptionVisit& visit) const {
  for (const auto& [key, subscription] : subscriptions_) visit({key.subject, key.queue, {}});
}

void LeafSession::describe_more(ConnectionDescription& description) const {
  if (description.name.empty()) description.name = identity_.name;
  description.is_spoke = role_ == LeafRole::spoke;
  description.is_isolated = isolated_;
  description.compression = compression_.name();
  if (account_ == nullptr) description.account.clear();
}

// ---- The end ----

void LeafSession::give_way() {
  complain(LinkReason::duplicate_name, "Replacing connection from same server");
  reason_ = LinkReason::duplicate_name;
  close(CloseReason::duplicate_remote, "Duplicate Remote LeafNode Connection");
}

void LeafSession::refuse(CloseReason close_reason, LinkReason reason, const std::string& text,
                         std::string_view error) {
  complain(reason, text);
  reason_ = reason;
  close(close_reason, error);
}

void LeafSession::on_close(CloseReason close, std::string_view detail) {
  const bool was_up = state_ == State::up;
  if (was_up) account_->detach(*this);
  for (auto& [key, subscription] : subscriptions_) {
    account_->unsubscribe(*subscription);
    shard_.statistics().subscriptions -= 1;
  }
  subscriptions_.clear();
  queue_.clear();
  if (entered_) shard_.context().leaf_registry.leave(identity_, id());
  shard_.context().leaf_connections.fetch_sub(1, std::memory_order_relaxed);

  const LinkReason reason = reason_of(close);
  const std::string why(!peer_error_.empty() ? std::string_view(peer_error_)
                        : detail.empty()     ? to_string(close)
                                             : detail);
  shard_.log(was_up ? LogLevel::info : LogLevel::debug, *this,
             fmt::format("Leafnode connection closed: {} - Account: {}", to_string(close),
                         account_ != nullptr ? account_->name() : ""));
  on_flushed();
  record_->subscriptions.set(0);
  record_->set_queue(0);
  record_->ended(reason, why);
  if (remote_ == nullptr) shard_.context().links.remove(record_);
  shard_.tell(was_up ? EventKind::leaf_lost : EventKind::leaf_refused, *this, identity_.name, why,
              reason);
  if (remote_ != nullptr && tls() != nullptr) remote_->on_tls_end(*tls());
  if (remote_ != nullptr) remote_->on_down({close, reason, why});
}

// ---- Words ----

std::string LeafSession::peer_key() const {
  if (remote_ != nullptr) return record_->snapshot().endpoint;
  // The port changes with each attempt, the name is known only to those who have logged in.
  const std::string& name = identity_.name.empty() ? pending_connect_.name : identity_.name;
  return address().substr(0, address().rfind(':')) + " " + name;
}

void LeafSession::complain(LinkReason reason, std::string_view text) {
  const bool news = shard_.context().links.is_news(peer_key(), reason, shard_.now());
  if (!news) {
    shard_.log(LogLevel::debug, *this, text);
    return;
  }
  const std::string_view what_to_do = advice(reason);
  shard_.log(LogLevel::error, *this,
             what_to_do.empty() ? std::string(text) : fmt::format("{} - {}", text, what_to_do));
}

LinkReason LeafSession::reason_of(CloseReason close) const {
  if (reason_ != LinkReason::none) return reason_;
  if (const LinkReason said = reason_of_error(peer_error_); said != LinkReason::none) return said;
  if (close == CloseReason::client_closed && state_ == State::awaiting_info) {
    return LinkReason::closed_by_peer;
  }
  return reason_of_close(close);
}

}  // namespace leafnats::broker
