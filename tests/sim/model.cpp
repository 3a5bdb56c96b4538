// SPDX-License-Identifier: Apache-2.0
//
// Book-keeping of the naive model.

#include "model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace leafnats::sim {

bool matches(std::string_view pattern, std::string_view subject) {
  for (;;) {
    const std::string_view wanted = pattern.substr(0, pattern.find('.'));
    const std::string_view token = subject.substr(0, subject.find('.'));
    if (wanted == ">") return true;
    if (wanted != "*" && wanted != token) return false;
    const bool pattern_ends = wanted.size() == pattern.size();
    const bool subject_ends = token.size() == subject.size();
    if (pattern_ends || subject_ends) return pattern_ends && subject_ends;
    pattern.remove_prefix(wanted.size() + 1);
    subject.remove_prefix(token.size() + 1);
  }
}

Model::Model(const Plan& plan) : plan_(plan), broken_(plan.servers.size(), false) {}

ConnectionRecord& Model::add_connection(int server) {
  connections_.push_back(std::make_unique<ConnectionRecord>());
  ConnectionRecord& connection = *connections_.back();
  connection.id = static_cast<int>(connections_.size());
  connection.server = server;
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
                                  std::string_view reply) {
  messages_.push_back(std::make_unique<MessageRecord>());
  MessageRecord& message = *messages_.back();
  message.id = static_cast<std::uint32_t>(messages_.size() - 1);
  message.publisher = &publisher;
  message.subject = subject;
  message.reply = reply;
  message.round = round_;
  message.span.sent = tick();
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
  std::fill(broken_.begin(), broken_.end(), false);
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

int Model::depth(int server) const {
  int steps = 0;
  for (; parent(server) >= 0; server = parent(server)) ++steps;
  return steps;
}

bool Model::path_held(int a, int b) const {
  while (a != b) {
    int& deeper = depth(a) >= depth(b) ? a : b;
    if (broken_[static_cast<std::size_t>(deeper)]) return false;
    deeper = parent(deeper);
  }
  return true;
}

bool Model::all_links_held() const {
  return std::none_of(broken_.begin(), broken_.end(), [](bool broken) { return broken; });
}

bool Model::below(int server, int root) const {
  for (; server >= 0; server = parent(server)) {
    if (server == root) return true;
  }
  return false;
}

}  // namespace leafnats::sim
