// SPDX-License-Identifier: Apache-2.0
//
// A leaf link that is up: interest and messages both ways, liveness, and its end.

#include "broker/leaf_session.hpp"

#include "base/assert.hpp"
#include "base/printable.hpp"
#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/shard.hpp"
#include "subject/grammar.hpp"
#include "wire/encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace leafnats::broker {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view loop_detection_prefix = "$LDS.";

// What the peer asks us to wait after these errors (nats-server's constants).
constexpr std::chrono::milliseconds loop_pause = 30s;
constexpr std::chrono::milliseconds same_cluster_pause = 30s;
constexpr std::chrono::milliseconds minimum_version_pause = 5s;

/// Subjects of the servers' own business, to which no permission applies.
bool is_exempt_interest(std::string_view subject) {
  return subject.starts_with(loop_detection_prefix) || subject.starts_with("$GR.") ||
         subject.starts_with("_GR_.");
}

}  // namespace

// ---- What the peer is told ----

bool LeafSession::admits(const InterestClass& source) const noexcept {
  if (source.kind == InterestClass::Kind::client) return true;
  if (isolated_) return false;
  if (source.cluster != ClusterId::none && source.cluster == cluster_) return false;
  // A hub hears of our clients and of our own leafs, not of what another hub told us.
  return role_ == LeafRole::hub || source.role == LeafRole::hub;
}

std::int64_t LeafSession::own_members(const InterestKey& key) const {
  if (!admits(interest_class())) return 0;
  const auto own = subscriptions_.find({key.subject, key.queue});
  return own == subscriptions_.end() ? 0 : own->second->weight;
}

void LeafSession::announce(std::string_view subject, std::string_view queue,
                           std::int64_t members) {
  if (!is_exempt_interest(subject) &&
      permissions_.can_announce(subject, queue) == subject::PermissionSet::Subscribe::denied) {
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

// ---- Messages to the peer ----

bool LeafSession::accepts(const Origin& origin) const noexcept {
  if (closing() || origin.connection == id()) return false;
  return origin.kind != Origin::Kind::leaf || origin.cluster == ClusterId::none ||
         origin.cluster != cluster_;
}

bool LeafSession::may_send(std::string_view subject) const {
  return permissions_.can_publish(subject) || subject.starts_with("$JS.ACK.") ||
         subject.starts_with("_R_.");
}

bool LeafSession::send(const Message& message, const RelayTarget& target) {
  if (closing() || (target.plain && !may_send(message.subject))) return false;
  shard_.statistics().out_messages += 1;
  shard_.statistics().out_bytes += message.body.size();
  append_message(message, target);
  return true;
}

void LeafSession::append_message(const Message& message, const RelayTarget& target) {
  // A peer that did not announce header support gets the payload alone.
  const bool strip = message.header_size != 0 && !headers_;
  const wire::Decimal payload_digits(message.payload().size());
  const std::string_view digits = strip ? payload_digits.view() : message.size_digits;
  const std::string_view body = strip ? message.body_and_line_end().substr(message.header_size)
                                      : message.body_and_line_end();
  const bool slice = message.slab != nullptr && body.size() >= limits::slice_payload_bytes_min;
  const bool with_headers = message.header_size != 0 && !strip;
  Outbox& out = outbox();
  const std::size_t head =
      wire::leaf_hmsg_size(message.subject, message.reply, target.queues, message.header_digits,
                           digits);
  char* cursor = out.reserve(head + (slice ? 0 : body.size()));
  cursor = with_headers
               ? wire::write_leaf_hmsg(cursor, message.subject, message.reply, target.queues,
                                       message.header_digits, digits)
               : wire::write_lmsg(cursor, message.subject, message.reply, target.queues, digits);
  if (!slice) {
    std::memcpy(cursor, body.data(), body.size());
    cursor += body.size();
  }
  out.commit(cursor);
  if (slice) out.append_slice(*message.slab, body);
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
  if (op.subject == shard_.context().identity.loop_detection_subject) {
    detect_loop();
    return;
  }
  if (!takes_interest(op.subject, op.queue)) return;
  const auto weight = static_cast<std::uint32_t>(std::clamp<std::int64_t>(op.number, 0, INT32_MAX));
  Key key{std::string(op.subject), std::string(op.queue)};
  const auto known = subscriptions_.find(key);
  if (known != subscriptions_.end()) {
    if (!op.queue.empty()) account_->set_weight(*known->second, weight);
    return;
  }
  if (!subject::is_valid_subject(op.subject)) {
    send_error("Invalid Subscription");
    return;
  }
  auto subscription = std::make_unique<LeafSubscription>(*this);
  subscription->weight = op.queue.empty() ? 1 : weight;
  account_->subscribe(op.subject, op.queue, *subscription);
  rely_on_records();
  subscriptions_.emplace(std::move(key), std::move(subscription));
  shard_.statistics().subscriptions += 1;
}

bool LeafSession::takes_interest(std::string_view subject, std::string_view) {
  if (!is_exempt_interest(subject) && subject::is_literal(subject) &&
      !permissions_.can_publish(subject)) {
    // A spoke was told by its hub what it may send, so it just ignores this; a hub closes.
    if (role_ == LeafRole::hub) {
      shard_.log(LogLevel::error, *this,
                 fmt::format("Subscription Violation on \"{}\" - Check other side configuration",
                             subject));
      close(CloseReason::permissions_violation,
            fmt::format("Permissions Violation for Subscription to \"{}\"", subject));
    }
    return false;
  }
  const auto limit = shard_.context().options.max_subscriptions;
  if (limit > 0 && static_cast<std::int64_t>(subscriptions_.size()) >= limit) {
    send_error("maximum subscriptions exceeded");
    return false;
  }
  return true;
}

void LeafSession::on_interest_gone(const wire::Op& op) {
  const auto known = subscriptions_.find({std::string(op.subject), std::string(op.queue)});
  if (known == subscriptions_.end()) return;
  account_->unsubscribe(*known->second);
  subscriptions_.erase(known);
  shard_.statistics().subscriptions -= 1;
}

void LeafSession::on_message(const wire::Op& op) {
  shard_.statistics().in_messages += 1;
  shard_.statistics().in_bytes += op.body.size();
  if (!takes_message(op.subject)) return;
  Message message;
  message.subject = op.subject;
  message.reply = op.reply;
  message.body = op.body;
  message.size_digits = op.size_digits;
  message.header_digits = op.header_digits;
  message.header_size = op.header_size;
  message.slab = &input_slab();
  Origin origin;
  origin.kind = Origin::Kind::leaf;
  origin.role = role_;
  origin.cluster = cluster_;
  origin.connection = id();
  shard_.router().publish_from_leaf(*account_, message, origin, op.queues);
}

bool LeafSession::takes_message(std::string_view subject) {
  if (subject.starts_with("_R_.") || subject.starts_with("$JS.ACK.")) return true;
  if (role_ == LeafRole::spoke) {
    return permissions_.can_subscribe(subject, {}) != subject::PermissionSet::Subscribe::denied;
  }
  if (inbound_.can_publish(subject)) return true;
  shard_.log(
      LogLevel::error, *this,
      fmt::format("Publish Violation on \"{}\" - Check other side configuration", subject));
  close(CloseReason::permissions_violation,
        fmt::format("Permissions Violation for Publish to \"{}\"", subject));
  return false;
}

void LeafSession::detect_loop() {
  const std::string text = fmt::format(
      "Loop detected for leafnode account=\"{}\". Delaying attempt to reconnect for {}s",
      account_->name(), loop_pause / 1s);
  shard_.log(LogLevel::error, *this, text);
  pause_ = loop_pause;
  close(CloseReason::loop_detected, text);
}

void LeafSession::on_peer_error(std::string_view text) {
  shard_.log(LogLevel::error, *this, fmt::format("Leafnode Error {}", text));
  const auto says = [&](std::string_view words) { return text.find(words) != text.npos; };
  if (says("Loop detected")) {
    pause_ = loop_pause;
    close(CloseReason::loop_detected);
  } else if (says("remote leafnode has same cluster name")) {
    pause_ = same_cluster_pause;
  } else if (says("connection rejected since minimum version required")) {
    pause_ = minimum_version_pause;
  }
  // Otherwise the sender closes; a leaf link never closes because it was told of an error.
  peer_error_ = std::string(text.substr(0, 256));
}

void LeafSession::on_fault(wire::Fault fault, std::string_view text) {
  if (state_ != State::up && remote_ == nullptr && fault == wire::Fault::unknown_operation) {
    refuse_login({}, CloseReason::authentication_violation);
    return;
  }
  shard_.log(LogLevel::error, *this,
             fmt::format("Leafnode parse error: {}", base::printable(text)));
  close(fault == wire::Fault::payload_too_large ? CloseReason::max_payload_exceeded
                                                : CloseReason::protocol_violation,
        wire::error_text(fault));
}

// ---- Liveness ----

void LeafSession::on_input() { last_input_ns_ = shard_.now(); }

void LeafSession::on_pong() {
  pings_out_ = 0;
  if (ping_sent_ns_ != 0) {
    rtt_ns_ = shard_.now() - ping_sent_ns_;
    compression_.measured(rtt_ns_, unwritten() != 0);
  }
  ping_sent_ns_ = 0;
}

void LeafSession::on_timer(std::int64_t now_ns) {
  if (now_ns < deadline_ns_) return;
  switch (state_) {
    case State::negotiating:
    case State::awaiting_connect:
    case State::logging_in:
      shard_.log(LogLevel::error, *this, "authentication timeout");
      close(CloseReason::authentication_timeout, "Authentication Timeout");
      return;
    case State::awaiting_info:
    case State::awaiting_confirmation:
      shard_.log(LogLevel::error, *this,
                 tls() != nullptr
                     ? "no INFO from the hub within first_info_timeout"
                     : "no INFO from the hub within first_info_timeout: if the hub has "
                       "handshake_first, this remote's tls{} needs it too");
      close(CloseReason::read_error);
      return;
    case State::awaiting_connect_info:
      close(CloseReason::no_reply_to_connect, "Stale Leaf Node Connection - Closing");
      return;
    case State::up:
      break;
  }
  const Options& options = shard_.context().options;
  const std::int64_t interval = ping_interval_ns();
  deadline_ns_ = now_ns + interval;
  // A spoke always pings: it must notice a hub that is gone (nats-server 2.9.9).
  const bool quiet = now_ns - last_input_ns_ >= interval;
  if (role_ == LeafRole::hub && rtt_ns_ != 0 && !quiet) return;
  if (pings_out_ >= options.ping_max) {
    shard_.log(LogLevel::debug, *this, "Stale Client Connection - Closing");
    close(CloseReason::stale_connection, "Stale Connection");
    return;
  }
  ++pings_out_;
  ping_sent_ns_ = now_ns;
  send_line(wire::ping_line);
}

// ---- The end ----

void LeafSession::give_way() {
  shard_.log(LogLevel::warning, *this, "Replacing connection from same server");
  close(CloseReason::duplicate_remote, "Duplicate Remote LeafNode Connection");
}

void LeafSession::on_close(CloseReason reason, std::string_view detail) {
  const bool was_up = state_ == State::up;
  if (was_up) account_->detach(*this);
  for (auto& [key, subscription] : subscriptions_) {
    account_->unsubscribe(*subscription);
    shard_.statistics().subscriptions -= 1;
  }
  subscriptions_.clear();
  if (entered_) shard_.context().leaf_registry.leave(identity_, id());
  shard_.context().leaf_connections.fetch_sub(1, std::memory_order_relaxed);

  const std::string why(!peer_error_.empty() ? std::string_view(peer_error_)
                        : detail.empty()     ? to_string(reason)
                                             : detail);
  shard_.log(LogLevel::info, *this,
             fmt::format("Leafnode connection closed: {} - Account: {}", to_string(reason),
                         account_ != nullptr ? account_->name() : ""));
  shard_.tell(was_up ? EventKind::leaf_lost : EventKind::leaf_refused, *this, identity_.name, why);
  if (remote_ != nullptr && tls() != nullptr) remote_->on_tls_end(*tls());
  if (remote_ != nullptr) remote_->on_down(reason, why, pause_);
}

}  // namespace leafnats::broker
