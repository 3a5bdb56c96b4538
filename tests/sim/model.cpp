// SPDX-License-Identifier: Apache-2.0
//
// Book-keeping of the naive model.

#include "model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace leafnats::sim {
namespace {

// What nats-server says, word by word.
std::string publish_violation(std::string_view subject) {
  return fmt::format("Permissions Violation for Publish to \"{}\"", subject);
}

std::string subscribe_violation(std::string_view pattern, std::string_view queue) {
  std::string text = fmt::format("Permissions Violation for Subscription to \"{}\"", pattern);
  if (!queue.empty()) text += fmt::format(" using queue \"{}\"", queue);
  return text;
}

}  // namespace

ConnectionRecord& Model::add_connection(int server, std::shared_ptr<const Permissions> rules) {
  connections_.push_back(std::make_unique<ConnectionRecord>());
  ConnectionRecord& connection = *connections_.back();
  connection.id = static_cast<int>(connections_.size());
  connection.server = server;
  connection.rules = std::move(rules);
  connection.inbox = fmt::format("_INBOX.{}.", connection.id);
  return connection;
}

SubscriptionRecord& Model::add_subscription(ConnectionRecord& connection,
                                            std::string_view pattern, std::string_view queue) {
  subscriptions_.push_back(std::make_unique<SubscriptionRecord>());
  SubscriptionRecord& subscription = *subscriptions_.back();
  subscription.connection = &connection;
  subscription.sid = subscriptions_.size();
  subscription.pattern = pattern;
  subscription.queue = queue;
  subscription.begin.sent = tick();
  if (!may_subscribe(connection.rules.get(), pattern, queue)) {
    subscription.refused = true;
    if (pattern.starts_with(connection.inbox)) connection.inbox_open = false;
    connection.refusals.expect(subscribe_violation(pattern, queue), Verdict::refused,
                               subscription.begin.sent);
  }
  unconfirmed_[connection.id].push_back(&subscription.begin);
  recent_.push_back(&subscription);
  by_sid_[{connection.id, subscription.sid}] = &subscription;
  return subscription;
}

void Model::end_subscription(SubscriptionRecord& subscription, std::uint32_t max) {
  Span& span = max == 0 ? subscription.end : subscription.limit;
  span.sent = tick();
  unconfirmed_[subscription.connection->id].push_back(&span);
  if (max == 0) return;
  subscription.max = max;
  if (subscription.received >= max) subscription.finished = tick();
}

MessageRecord& Model::add_message(ConnectionRecord& publisher, std::string_view subject,
                                  std::int64_t now_ns) {
  messages_.push_back(std::make_unique<MessageRecord>());
  MessageRecord& message = *messages_.back();
  message.id = static_cast<std::uint32_t>(messages_.size() - 1);
  message.publisher = &publisher;
  message.subject = subject;
  message.round = round_;
  message.span.sent = tick();
  message.verdict = judge(publisher, subject, now_ns);
  publisher.refusals.expect(publish_violation(subject), message.verdict, message.span.sent);
  unconfirmed_[publisher.id].push_back(&message.span);
  return message;
}

SubscriptionRecord* Model::find_subscription(const ConnectionRecord& connection,
                                             std::uint64_t sid) {
  const auto found = by_sid_.find({connection.id, sid});
  return found == by_sid_.end() ? nullptr : found->second;
}

void Model::confirm(ConnectionRecord& connection, Moment ping) {
  std::vector<Span*>& spans = unconfirmed_[connection.id];
  const auto first_later = std::find_if(spans.begin(), spans.end(),
                                        [&](const Span* span) { return span->sent > ping; });
  for (auto span = spans.begin(); span != first_later; ++span) (*span)->confirmed = tick();
  spans.erase(spans.begin(), first_later);
}

bool Model::has_unconfirmed(const ConnectionRecord& connection) const {
  const auto found = unconfirmed_.find(connection.id);
  return found != unconfirmed_.end() && !found->second.empty();
}

void Model::end_connection(ConnectionRecord& connection) {
  connection.ended = tick();
  unconfirmed_.erase(connection.id);
}

void Model::begin_round() {
  round_start_ = tick();
  ++round_;
  first_message_ = message_count();
  topology_.begin_round();
  for (auto& connection : connections_) connection->troubled = false;
  std::erase_if(recent_, [&](const SubscriptionRecord* subscription) {
    return subscription->gone_before(round_start_);
  });
}

std::vector<MessageRecord*> Model::messages_of_round() const {
  std::vector<MessageRecord*> messages;
  for (std::size_t i = first_message_; i < messages_.size(); ++i) {
    messages.push_back(messages_[i].get());
  }
  return messages;
}

// ---- Permissions ----

Verdict Model::judge(ConnectionRecord& publisher, std::string_view subject,
                     std::int64_t now_ns) const {
  if (may_publish(publisher.rules.get(), subject)) return Verdict::accepted;
  if (!publisher.rules->allow_responses) return Verdict::refused;
  const auto found = publisher.allowances.find(std::string(subject));
  if (found == publisher.allowances.end()) return Verdict::refused;
  ConnectionRecord::Allowance& allowance = found->second;
  const ResponsePermission& rule = *publisher.rules->allow_responses;
  const int used = allowance.used++;
  const bool once = allowance.deliveries_max == 1;
  if (rule.max_messages >= 0 && used >= rule.max_messages * allowance.deliveries_max) {
    return Verdict::refused;
  }
  // The permission is as old as the delivery: at least as old as its arrival here.
  const std::int64_t expires_ns = rule.expires.count() * ms;
  if (once && now_ns - allowance.seen_ns > expires_ns) return Verdict::refused;
  // Another delivery, still under way, may renew what was used; a short time may be over.
  const bool lasts = expires_ns > 3600 * seconds / 2;
  return lasts && (rule.max_messages < 0 || used < rule.max_messages) ? Verdict::accepted
                                                                      : Verdict::open;
}

void Model::allow_response(ConnectionRecord& connection, const MessageRecord& request,
                           std::int64_t now_ns) {
  if (!connection.rules || !connection.rules->allow_responses || request.reply.empty()) return;
  ConnectionRecord::Allowance& allowance = connection.allowances[request.reply];
  allowance.seen_ns = now_ns;
  allowance.deliveries_max = 0;
  for (const auto& subscription : subscriptions_) {
    if (subscription->connection == &connection &&
        matches(subscription->pattern, request.subject)) {
      ++allowance.deliveries_max;
    }
  }
}

}  // namespace leafnats::sim
