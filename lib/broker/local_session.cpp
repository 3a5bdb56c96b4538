// SPDX-License-Identifier: Apache-2.0
//
// Subscriptions, publications and deliveries of an in-process client.

#include "broker/local_session.hpp"

#include "base/assert.hpp"
#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/local_publish.hpp"
#include "broker/shard.hpp"
#include "subject/grammar.hpp"
#include "wire/encoder.hpp"

#include <utility>

namespace leafnats::broker {

LocalSession::LocalSession(Shard& shard, base::ConnectionId id, Account& account, LocalSink& sink)
    : Subscriber(SubscriberKind::local, id), shard_(shard), account_(account), sink_(sink) {}

LocalSession::~LocalSession() { LEAFNATS_ASSERT(sids_.size() == 0); }

Result<void> LocalSession::subscribe(std::uint64_t sid, std::string_view subject,
                                     std::string_view queue, std::uint32_t max) {
  if (!subject::is_valid_subject(subject)) {
    return Error{Errc::invalid_argument, "invalid subject '" + std::string(subject) + "'"};
  }
  ClientSubscription& subscription = sids_.add(*this, wire::Decimal(sid).view());
  subscription.max = max;
  account_.subscribe(subject, queue, subscription);
  last_record_ = shard_.last_record();
  shard_.statistics().subscriptions += 1;
  return {};
}

void LocalSession::unsubscribe(std::uint64_t sid, std::uint32_t max) {
  ClientSubscription* subscription = sids_.find(wire::Decimal(sid).view());
  if (subscription == nullptr) return;
  if (max > subscription->delivered) {
    subscription->max = max;
  } else {
    remove(*subscription);
  }
}

Result<bool> LocalSession::publish(std::string_view subject, std::string_view reply,
                                   std::string_view headers, std::string_view payload) {
  const std::size_t size = headers.size() + payload.size();
  if (size > shard_.context().options.max_payload) {
    return Error{Errc::limit_exceeded, "payload of " + std::to_string(size) +
                                           " bytes is above max_payload"};
  }
  if (!subject::is_valid_literal_subject(subject)) {
    return Error{Errc::invalid_argument, "invalid subject '" + std::string(subject) + "'"};
  }
  if (account_.map(subject, shard_.random(), shard_.mapped())) subject = shard_.mapped();
  shard_.statistics().in_messages += 1;
  shard_.statistics().in_bytes += size;
  const bool found =
      publish_locally(shard_, account_, id(), {subject, reply, headers, payload});
  last_record_ = shard_.last_record();
  return found;
}

bool LocalSession::deliver(ClientSubscription& subscription, const Message& message,
                           const Origin& origin, std::vector<ClientSubscription*>& finished) {
  if (subscription.finished) return false;
  ++subscription.delivered;
  if (subscription.max != 0 && subscription.delivered >= subscription.max) {
    subscription.finished = true;
    finished.push_back(&subscription);
  }
  std::uint64_t sid = 0;
  for (const char digit : subscription.sid()) sid = 10 * sid + static_cast<unsigned>(digit - '0');
  const Shown shown = shown_to_clients(message, origin);
  pending_.push_back({sid, static_cast<std::uint32_t>(shown.subject.size()),
                      static_cast<std::uint32_t>(shown.reply.size()), message.header_size,
                      static_cast<std::uint32_t>(message.body.size()), origin.connection});
  bytes_.append(shown.subject).append(shown.reply).append(message.body);
  shard_.statistics().out_messages += 1;
  shard_.statistics().out_bytes += message.body.size();
  if (!std::exchange(listed_, true)) shard_.add_with_deliveries(*this);
  return true;
}

void LocalSession::remove(ClientSubscription& subscription) {
  account_.unsubscribe(subscription);
  last_record_ = shard_.last_record();
  sids_.remove(subscription);
  shard_.statistics().subscriptions -= 1;
}

void LocalSession::for_each_subscription(const Session::SubscriptionVisit& visit) const {
  sids_.for_each([&](const ClientSubscription& subscription) {
    visit({account_.index().subject_of(subscription), account_.index().queue_of(subscription),
           subscription.sid(), subscription.delivered, subscription.max});
  });
}

void LocalSession::run_sink() {
  listed_ = false;
  running_.swap(pending_);
  running_bytes_.swap(bytes_);
  std::string_view rest = running_bytes_;
  const auto take = [&rest](std::size_t size) {
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  };
  deliveries_.clear();
  for (const Pending& message : running_) {
    const std::string_view subject = take(message.subject_size);
    const std::string_view reply = take(message.reply_size);
    const std::string_view body = take(message.body_size);
    deliveries_.push_back({message.sid, subject, reply, body.substr(0, message.header_size),
                           body.substr(message.header_size), message.publisher});
  }
  sink_.on_messages(deliveries_);
  running_.clear();
  running_bytes_.clear();
  // A burst's memory is not kept for ever.
  if (running_bytes_.capacity() > 4 * limits::slab_bytes) running_bytes_.shrink_to_fit();
}

void LocalSession::close() {
  std::vector<ClientSubscription*> all;
  sids_.for_each([&](ClientSubscription& subscription) { all.push_back(&subscription); });
  for (ClientSubscription* subscription : all) remove(*subscription);
  sink_.on_closed();
}

}  // namespace leafnats::broker
