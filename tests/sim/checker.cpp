// SPDX-License-Identifier: Apache-2.0
//
// The properties. Where the model cannot know whether an operation came before another, nothing
// is demanded and nothing is forbidden.

#include "checker.hpp"

#include "message_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace leafnats::sim {
namespace {

constexpr std::string_view no_responders_status = "NATS/1.0 503\r\n";

}  // namespace

std::string describe(const SubscriptionRecord& subscription) {
  return fmt::format("c{} on s{} sid {} '{}'{}{}", subscription.connection->id,
                     subscription.connection->server, subscription.sid, subscription.pattern,
                     subscription.queue.empty() ? "" : " queue ", subscription.queue);
}

std::string describe(const MessageRecord& message) {
  return fmt::format("m{} '{}' of {} bytes from c{} on s{}", message.id, message.subject,
                     message.payload.size(), message.publisher->id, message.publisher->server);
}

// ---- Deliveries ----

MessageRecord* Checker::on_delivery(ConnectionRecord& reader, const Delivery& delivery) {
  SubscriptionRecord* subscription = model_.find_subscription(reader, delivery.sid);
  if (subscription == nullptr) {
    fail("delivered without a subscription",
         fmt::format("c{} never had sid {}, got '{}'", reader.id, delivery.sid, delivery.subject));
    return nullptr;
  }
  if (delivery.headers.starts_with(no_responders_status)) {
    on_no_responders(*subscription, delivery);
    return nullptr;
  }
  MessageRecord* message = model_.find_message(
      id_of(delivery.reply, delivery.payload).value_or(never_published));
  if (message == nullptr) {
    fail("contents", fmt::format("{} got '{}', which nobody published",
                                 describe(*subscription), delivery.subject));
    return nullptr;
  }
  check_justified(*subscription, *message, delivery);
  if (!subscription->messages.insert(message->id).second &&
      !may_double(*subscription, *message)) {
    fail("doubled", fmt::format("{} to {}", describe(*message), describe(*subscription)));
  }
  const auto [last, first] = subscription->last_seen.try_emplace(message->publisher->id,
                                                                 message->id);
  if (!first && last->second > message->id && order_holds(*subscription, *message) &&
      order_holds(*subscription, *model_.find_message(last->second))) {
    fail("order", fmt::format("{} after m{} to {}", describe(*message), last->second,
                              describe(*subscription)));
  }
  last->second = message->id;
  if (!subscription->queue.empty()) count_queue_delivery(*subscription, *message);
  ++subscription->received;
  if (subscription->limit.sent != never && subscription->received >= subscription->max &&
      subscription->finished == never) {
    subscription->finished = model_.tick();
  }
  return message;
}

/// A queue group's message whose member has left, was cut off or may not have it goes on to another
/// one, if need be over a leaf link and behind younger messages. Members behind a link that broke
/// have left.
bool Checker::may_be_rerouted(const MessageRecord& message) const {
  const bool held = model_.topology().all_links_held();
  const auto& subscriptions = model_.subscriptions();
  return std::any_of(subscriptions.begin(), subscriptions.end(), [&](const auto* member) {
    if (member->queue.empty() || !matches(member->pattern, message.subject)) return false;
    const bool elsewhere = member->connection->server != message.publisher->server;
    return !member->stable() || member->connection->troubled || (elsewhere && !held) ||
           !may_receive(*member, message) || !carried(*member, message);
  });
}

bool Checker::order_holds(const SubscriptionRecord& subscription,
                          const MessageRecord& message) const {
  if (!model_.topology().unchanged()) return false;  // there may be two ways
  const bool direct = subscription.queue.empty() &&
                      subscription.connection->server == message.publisher->server;
  return direct || !may_be_rerouted(message);
}

/// A copy that waited in front of a sleeping shard may meet a link there that is new, while the
/// old one, on another shard, has carried the message before it broke. A copy that was rerouted
/// may meet a subscriber of whom the server that sent it has not heard yet.
bool Checker::may_double(const SubscriptionRecord& subscription,
                         const MessageRecord& message) const {
  const Topology& map = model_.topology();
  if (!map.unchanged()) return true;
  const Path* path = map.path(message.publisher->server, subscription.connection->server);
  if (path == nullptr || path->empty()) return false;
  if (!established(subscription, message) && may_be_rerouted(message)) return true;
  return std::any_of(path->begin(), path->end(), [&](const Hop& hop) {
    return !hop.link->held && model_.shards(hop.from) > 1;
  });
}

void Checker::check_justified(const SubscriptionRecord& subscription,
                              const MessageRecord& message, const Delivery& delivery) {
  const auto wrong = [&](std::string_view property, std::string_view why) {
    fail(property, fmt::format("{} to {}: {}", describe(message), describe(subscription), why));
  };
  const ConnectionRecord& reader = *subscription.connection;
  if (!matches(subscription.pattern, message.subject)) {
    wrong("delivered without a subscription", "does not match");
  }
  const bool headers_fit = reader.headers ? delivery.headers == message.headers
                                          : delivery.headers.empty();
  if (delivery.subject != message.subject || delivery.reply != message.reply || !headers_fit ||
      delivery.payload != message.payload) {
    wrong("contents", fmt::format("got '{}' reply '{}', {} bytes of headers, {} of payload",
                                  delivery.subject, delivery.reply, delivery.headers.size(),
                                  delivery.payload.size()));
  }
  if (message.verdict == Verdict::refused) wrong("delivered without a permission", "publish");
  if (subscription.refused) wrong("delivered without a permission", "subscribe");
  if (!may_get(reader.rules.get(), message.subject, subscription.queue)) {
    wrong("delivered without a permission", "filter");
  }
  check_way(subscription, message);
  if (subscription.end.confirmed != never) wrong("delivered without a subscription", "after UNSUB");
  if (subscription.limit.confirmed != never && subscription.received >= subscription.max) {
    wrong("delivered without a subscription", "above its limit");
  }
  if (!model_.topology().unchanged()) return;  // what comes round a circle is as from elsewhere
  if (!reader.echo && message.publisher == &reader) wrong("echo", "echo is off");
  // What was in the streams of this server before SUB was sent cannot be for it.
  const bool direct = subscription.queue.empty() || !may_be_rerouted(message);
  if (direct && reader.server == message.publisher->server &&
      message.span.confirmed < subscription.begin.sent) {
    wrong("delivered without a subscription", "was published before SUB");
  }
  if (message.round < model_.round() && message.span.confirmed < model_.round_start()) {
    wrong("late", "everything was at rest since");
  }
}

/// Over the links as they are; what came while they changed may have come the old way.
void Checker::check_way(const SubscriptionRecord& subscription, const MessageRecord& message) {
  const Topology& map = model_.topology();
  if (!map.unchanged()) return;
  const Path* path = map.path(message.publisher->server, subscription.connection->server);
  if (path != nullptr && map.carries(*path, message.subject)) return;
  fail(path == nullptr ? "delivered over no link" : "delivered without a permission",
       fmt::format("{} to {}", describe(message), describe(subscription)));
}

void Checker::count_queue_delivery(const SubscriptionRecord& subscription,
                                   MessageRecord& message) {
  std::vector<int>& servers = message.queue_servers[subscription.queue];
  servers.push_back(subscription.connection->server);
  if (servers.size() > 1 && !may_double(subscription, message)) {
    fail("queue group got more than one", fmt::format("{}, at last to {}", describe(message),
                                                      describe(subscription)));
  }
}

void Checker::on_error(ConnectionRecord& reader, std::string_view text) {
  if (reader.refusals.take(text)) return;
  fail("refused although permitted", fmt::format("c{} on s{}: {}", reader.id, reader.server, text));
}

void Checker::on_no_responders(SubscriptionRecord& subscription, const Delivery& delivery) {
  const ConnectionRecord& requester = *subscription.connection;
  MessageRecord* request = nullptr;
  if (delivery.subject.starts_with(requester.inbox)) {
    request = model_.find_message(
        number_of(delivery.subject.substr(requester.inbox.size())).value_or(never_published));
  }
  if (request == nullptr || !request->request || request->publisher != &requester) {
    fail("no responders", fmt::format("{} was told so on '{}' without a request",
                                      describe(subscription), delivery.subject));
    return;
  }
  if (!matches(subscription.pattern, delivery.subject)) {
    fail("no responders", fmt::format("on the wrong subscription {}", describe(subscription)));
  }
  if (++request->no_responders > 1) {
    fail("no responders", fmt::format("twice for {}", describe(*request)));
  }
}

// ---- PONG ----

void Checker::on_pong(ConnectionRecord& reader, Moment ping) {
  if (const std::string missing = reader.refusals.missing(ping); !missing.empty()) {
    fail("accepted although denied",
         fmt::format("c{} on s{}: no {}", reader.id, reader.server, missing));
  }
  // What publishers of the same server had confirmed before this PING lies before the PONG.
  std::uint32_t& next = checked_until_[reader.id];
  next = std::max(next, model_.first_of_round());
  bool all_before = true;
  for (std::uint32_t id = next; id < model_.message_count(); ++id) {
    const MessageRecord& message = *model_.find_message(id);
    if (message.span.confirmed > ping) {
      all_before = false;
      continue;
    }
    if (all_before) next = id + 1;
    if (message.publisher->server != reader.server) continue;
    for (const SubscriptionRecord* subscription : model_.subscriptions()) {
      if (subscription->connection != &reader || !subscription->queue.empty()) continue;
      if (!must_receive(*subscription, message) || subscription->messages.contains(id)) continue;
      fail("PONG overtook a message",
           fmt::format("{} to {}", describe(message), describe(*subscription)));
    }
  }
}

}  // namespace leafnats::sim
