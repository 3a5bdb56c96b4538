// SPDX-License-Identifier: Apache-2.0
//
// What a leaf link sends: which messages may go, how they are written, and what happens to those
// that the peer does not take fast enough, or at all.
//
// Messages go into the outbox as long as the peer keeps up. When that holds a megabyte they go
// into the link's queue, and with them every line that must not overtake them: interest and PONG.
// A PING overtakes: its answer is to tell that the peer lives, not that it has read everything.

#include "base/limits.hpp"
#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/leaf_session.hpp"
#include "broker/shard.hpp"
#include "wire/encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace leafnats::broker {

bool LeafSession::accepts(const Origin& origin) const noexcept {
  if (closing() || suspended_ || origin.connection == id()) return false;
  return origin.kind != Origin::Kind::leaf || origin.cluster == ClusterId::none ||
         origin.cluster != cluster_;
}

bool LeafSession::may_send(std::string_view subject, std::string_view queue) const {
  if (!renaming_) return may_send_there(subject, queue);
  const auto name = renaming_->name_there(subject);
  return name && may_send_there(*name, queue);
}

bool LeafSession::may_send_there(std::string_view subject, std::string_view queue) const {
  if (always_crosses_links(subject)) return true;
  if (outgoing_with_queues_) return outgoing_with_queues_->can_deliver(subject, queue);
  return permissions_.can_publish(subject);
}

bool LeafSession::send(const Message& message, const RelayTarget& target) {
  if (!renaming_) return send_there(message, target);
  Message renamed = message;
  return renaming_->give(renamed) && send_there(renamed, target);
}

bool LeafSession::send_there(const Message& message, const RelayTarget& target) {
  const auto may_have_plain = [&] { return may_send_there(message.subject, {}); };
  if (closing() || (target.plain && target.queues.empty() && !may_have_plain())) return false;
  if (target.plain && !target.queues.empty() && !may_have_plain()) {
    // Its groups were chosen one by one and may have it, whoever else is interested may not; an
    // LMSG that names groups serves plain interest as well.
    return false;
  }
  if (!fits_peer(message)) return false;
  shard_.statistics().out_messages += 1;
  shard_.statistics().out_bytes += message.body.size();
  shard_.statistics().leafs.count_out(message.body.size());
  traffic_.count_out(message.body.size());
  if (!message.reply.empty() && allowed_replies_) expect_reply(message.reply);
  append_message(message, target);
  return true;
}

/// A hub closes the link over a message above its max_payload, and would again with the next: it
/// is dropped here instead.
bool LeafSession::fits_peer(const Message& message) {
  const std::size_t size = headers_ ? message.body.size() : message.payload().size();
  if (size <= peer_payload_max_) return true;
  report_drop(large_report_, LinkReason::payload_too_large, 1);
  return false;
}

/// The leaf may answer, although it may not publish there: it gets the interest it needs for it.
void LeafSession::expect_reply(std::string_view reply) {
  if (inbound_.can_publish(reply)) return;
  allowed_replies_->allow(reply, shard_.now());
  announce_allowed(reply, {}, 1);
}

void LeafSession::append_message(const Message& message, const RelayTarget& target) {
  record_->out.messages.add(1);
  record_->out.message_bytes.add(message.body.size());
  if (!queue_.empty() || unwritten() >= limits::link_outbox_bytes) {
    queue_message(message, target);
    return;
  }
  const std::string_view body = body_of(message);
  const bool slice = message.slab != nullptr && body.size() >= limits::slice_payload_bytes_min;
  Outbox& out = outbox();
  char* cursor = out.reserve(head_size(message, target) + (slice ? 0 : body.size()));
  cursor = write_head(cursor, message, target);
  if (!slice) {
    std::memcpy(cursor, body.data(), body.size());
    cursor += body.size();
  }
  out.commit(cursor);
  if (slice) out.append_slice(*message.slab, body);
  appended();
}

/// With its line end. A peer that did not announce header support gets the payload alone.
std::string_view LeafSession::body_of(const Message& message) const noexcept {
  return headers_ ? message.body_and_line_end()
                  : message.body_and_line_end().substr(message.header_size);
}

std::size_t LeafSession::head_size(const Message& message, const RelayTarget& target) const {
  return wire::leaf_hmsg_size(message.subject, message.reply, target.queues,
                              message.header_digits, message.size_digits);
}

char* LeafSession::write_head(char* out, const Message& message,
                              const RelayTarget& target) const {
  if (message.header_size == 0) {
    return wire::write_lmsg(out, message.subject, message.reply, target.queues,
                            message.size_digits);
  }
  if (!headers_) {
    const wire::Decimal digits(message.payload().size());
    return wire::write_lmsg(out, message.subject, message.reply, target.queues, digits.view());
  }
  return wire::write_leaf_hmsg(out, message.subject, message.reply, target.queues,
                               message.header_digits, message.size_digits);
}

// ---- The queue ----

void LeafSession::queue_message(const Message& message, const RelayTarget& target) {
  hold_back_publisher();
  const std::string_view body = body_of(message);
  const std::size_t bound = shard_.context().options.leaf.link_queue_bytes;
  std::size_t cost = LinkQueue::cost(head_size(message, target) + body.size());
  if (queue_.size() + cost > bound) {
    switch (shard_.context().options.leaf.link_queue_full) {
      case QueueFull::drop_oldest: {
        const std::uint64_t dropped = queue_.drop_oldest(cost, bound, outbox());
        if (dropped > 0) report_drop(full_report_, LinkReason::queue_full, dropped);
        break;
      }
      case QueueFull::drop_newest:
        break;
      case QueueFull::close:
        queue_overfull_ = true;
        mark_overfull();
        break;
    }
    if (queue_.size() + cost > bound) {
      report_drop(full_report_, LinkReason::queue_full, 1);
      return;
    }
  }
  std::string operation(head_size(message, target), '\0');
  operation.resize(
      static_cast<std::size_t>(write_head(operation.data(), message, target) - operation.data()));
  operation.append(body);
  queue_.push_message(std::move(operation));
  record_->set_queue(unwritten() + queue_.size());
}

void LeafSession::queue_line(std::string line) {
  queue_.push_line(std::move(line));
  // Lines cannot be dropped. A peer that lets as many pile up is told everything anew instead.
  if (queue_.line_size() > shard_.context().options.leaf.link_queue_bytes) {
    queue_overfull_ = true;
    mark_overfull();
  }
}

bool LeafSession::refill() {
  if (queue_.empty()) return false;
  queue_.move_to(outbox(), limits::outbox_pause_bytes_low);
  return true;
}

void LeafSession::write_pong() {
  if (queue_.empty()) {
    Session::write_pong();
  } else {
    queue_line(std::string(wire::pong_line));
  }
}

void LeafSession::on_flushed() {
  const Bytes bytes = this->bytes();
  record_->in.protocol_bytes.set(counted_in_.protocol_bytes + bytes.protocol_in);
  record_->in.wire_bytes.set(counted_in_.wire_bytes + bytes.wire_in);
  record_->out.protocol_bytes.set(counted_out_.protocol_bytes + bytes.protocol_out);
  record_->out.wire_bytes.set(counted_out_.wire_bytes + bytes.wire_out);
  record_->set_queue(unwritten() + queue_.size());
}

void LeafSession::report_drop(DropReport& report, LinkReason reason, std::uint64_t messages) {
  record_->drop(reason, messages);
  const std::uint64_t count = report.add(messages, shard_.now());
  if (count == 0) return;
  const std::string text =
      fmt::format("{} message{} for this leafnode connection dropped: {}", count,
                  count == 1 ? "" : "s", to_string(reason));
  shard_.log(LogLevel::warning, *this, fmt::format("{} - {}", text, advice(reason)));
  shard_.tell(EventKind::leaf_message_dropped, *this, identity_.name, text, reason, count);
}

}  // namespace leafnats::broker
