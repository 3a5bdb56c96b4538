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
  if (!subscription->messages.insert(message->id).second) {
    fail("doubled", fmt::format("{} to {}", describe(*message), describe(*subscription)));
  }
  const auto [last, first] = subscription->last_seen.try_emplace(message->publisher->id,
                                                                 message->id);
  if (!first && last->second > message->id && order_holds(*subscription, *message)) {
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

/// A queue group's message whose member has left, or was cut off, goes on to another one, and what
/// was published after it may be there first.
bool Checker::order_holds(const SubscriptionRecord& subscription,
                          const MessageRecord& message) const {
  if (subscription.queue.empty()) return true;
  const auto& subscriptions = model_.subscriptions();
  return std::all_of(subscriptions.begin(), subscriptions.end(), [&](const auto* other) {
    const bool stays = other->stable() && !other->connection->troubled;
    return other->queue != subscription.queue || stays ||
           other->connection->server != subscription.connection->server ||
           !matches(other->pattern, message.subject);
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
  if (subscription.end.confirmed != never) wrong("delivered without a subscription", "after UNSUB");
  if (subscription.limit.confirmed != never && subscription.received >= subscription.max) {
    wrong("delivered without a subscription", "above its limit");
  }
  if (!reader.echo && message.publisher == &reader) wrong("echo", "echo is off");
  // What was in the streams of this server before SUB was sent cannot be for it.
  if (reader.server == message.publisher->server &&
      message.span.confirmed < subscription.begin.sent) {
    wrong("delivered without a subscription", "was published before SUB");
  }
  if (message.round < model_.round() && message.span.confirmed < model_.round_start()) {
    wrong("late", "everything was at rest since");
  }
}

void Checker::count_queue_delivery(const SubscriptionRecord& subscription,
                                   MessageRecord& message) {
  std::vector<int>& servers = message.queue_servers[subscription.queue];
  servers.push_back(subscription.connection->server);
  if (servers.size() > 1) {
    fail("queue group got more than one", fmt::format("{}, at last to {}", describe(message),
                                                      describe(subscription)));
  }
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

// ---- Who must and who may ----

/// Whether the servers count it among their subscriptions, at rest.
bool Checker::is_active(const SubscriptionRecord& subscription) const noexcept {
  return !subscription.over();
}

bool Checker::may_receive(const SubscriptionRecord& subscription,
                          const MessageRecord& message) const {
  return matches(subscription.pattern, message.subject) &&
         (subscription.connection->echo || subscription.connection != message.publisher);
}

/// The publisher's server was bound to know of the subscription.
bool Checker::established(const SubscriptionRecord& subscription,
                          const MessageRecord& message) const {
  const int from = message.publisher->server;
  const int to = subscription.connection->server;
  if (from == to) return subscription.begin.confirmed < message.span.sent;
  return subscription.begin.confirmed < model_.round_start() && model_.path_held(from, to);
}

bool Checker::must_receive(const SubscriptionRecord& subscription,
                           const MessageRecord& message) const {
  if (subscription.connection->ended != never || message.span.confirmed == never) return false;
  if (!may_receive(subscription, message) || !established(subscription, message)) return false;
  if (subscription.limit.sent != never && subscription.received >= subscription.max) return false;
  if (subscription.end.sent == never) return true;
  return subscription.connection->server == message.publisher->server &&
         message.span.confirmed < subscription.end.sent;
}

/// False only if the subscription certainly was not there when the message was published.
bool Checker::could_be_active(const SubscriptionRecord& subscription,
                              const MessageRecord& message) const {
  if (subscription.begin.sent > message.span.confirmed) return false;
  if (subscription.gone_before(model_.round_start())) return false;
  return subscription.connection->server != message.publisher->server ||
         subscription.end.confirmed > message.span.sent;
}

// ---- PONG ----

void Checker::on_pong(ConnectionRecord& reader, Moment ping) {
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

// ---- Leaf links ----

void Checker::on_link_message(int from, int to, std::string_view subject, std::string_view queues,
                              std::uint32_t id, std::map<std::uint32_t, int>& crossed) {
  const auto [known, first] = crossed.try_emplace(id, from);
  if (!first) {
    fail(known->second == from ? "doubled on a leaf link" : "returned to where it came from",
         fmt::format("m{} '{}' from s{} to s{}", id, subject, from, to));
  }
  if (queues.empty()) {
    if (!possible_beyond(from, to, subject, {})) {
      fail("sent without interest", fmt::format("m{} '{}' from s{} to s{}", id, subject, from, to));
    }
    return;
  }
  while (!queues.empty()) {
    const std::string_view queue = queues.substr(0, queues.find(' '));
    queues.remove_prefix(std::min(queues.size(), queue.size() + 1));
    if (!possible_beyond(from, to, subject, queue)) {
      fail("sent without interest",
           fmt::format("m{} '{}' for queue {} from s{} to s{}", id, subject, queue, from, to));
    }
  }
}

bool Checker::possible_beyond(int from, int to, std::string_view subject,
                              std::string_view queue) const {
  const auto& subscriptions = model_.subscriptions();
  return std::any_of(subscriptions.begin(), subscriptions.end(), [&](const auto* subscription) {
    const int server = subscription->connection->server;
    const bool beyond = model_.below(to, from) ? model_.below(server, to)
                                               : !model_.below(server, from);
    return beyond && subscription->queue == queue && matches(subscription->pattern, subject) &&
           !subscription->gone_before(model_.round_start());
  });
}

Checker::Interest Checker::expected_interest(int from, int to,
                                             const std::vector<std::string>& marks) const {
  const auto on_this_side = [&](int server) {
    return model_.below(to, from) ? !model_.below(server, to) : model_.below(server, from);
  };
  Interest interest;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (on_this_side(static_cast<int>(i))) interest[{marks[i], {}}] = 1;
  }
  for (const SubscriptionRecord* subscription : model_.subscriptions()) {
    if (!is_active(*subscription) || !on_this_side(subscription->connection->server)) continue;
    std::int64_t& members = interest[{subscription->pattern, subscription->queue}];
    members = subscription->queue.empty() ? 1 : members + 1;
  }
  return interest;
}

void Checker::check_interest(int from, int to, const Interest& expected, const Interest& seen) {
  const auto complain = [&](const auto& key, std::int64_t wanted, std::int64_t got) {
    fail("interest does not converge",
         fmt::format("s{} told s{} of {} members of '{}' queue '{}' instead of {}", from, to, got,
                     key.first, key.second, wanted));
  };
  for (const auto& [key, members] : expected) {
    const auto found = seen.find(key);
    const std::int64_t got = found == seen.end() ? 0 : found->second;
    if (got != members) complain(key, members, got);
  }
  for (const auto& [key, members] : seen) {
    if (!expected.contains(key)) complain(key, 0, members);
  }
}

std::int64_t Checker::active_subscriptions(int server) const {
  const auto& subscriptions = model_.subscriptions();
  return std::count_if(subscriptions.begin(), subscriptions.end(), [&](const auto* subscription) {
    return subscription->connection->server == server && is_active(*subscription);
  });
}

// ---- At rest ----

void Checker::check_round() {
  for (const MessageRecord* message : model_.messages_of_round()) {
    check_plain(*message);
    check_queues(*message);
    if (message->request) check_no_responders(*message);
  }
}

void Checker::check_plain(const MessageRecord& message) {
  for (const SubscriptionRecord* subscription : model_.subscriptions()) {
    if (!subscription->queue.empty() || !must_receive(*subscription, message)) continue;
    if (subscription->messages.contains(message.id)) continue;
    fail("lost", fmt::format("{} to {}", describe(message), describe(*subscription)));
  }
}

void Checker::check_queues(const MessageRecord& message) {
  std::map<std::string, std::vector<const SubscriptionRecord*>> groups;
  for (const SubscriptionRecord* subscription : model_.subscriptions()) {
    if (subscription->queue.empty() || !may_receive(*subscription, message)) continue;
    // On another server the message may still be under way to somebody who came later.
    const bool elsewhere = subscription->connection->server != message.publisher->server;
    if (elsewhere ? !subscription->gone_before(model_.round_start())
                  : could_be_active(*subscription, message)) {
      groups[subscription->queue].push_back(subscription);
    }
  }
  for (const auto& [queue, members] : groups) check_queue(message, queue, members);
}

void Checker::check_queue(const MessageRecord& message, const std::string& queue,
                          const std::vector<const SubscriptionRecord*>& members) {
  // A member that leaves may take a message along; then nothing is promised.
  if (!std::all_of(members.begin(), members.end(), [](const auto* m) { return m->stable(); })) {
    return;
  }
  if (message.span.confirmed == never || !model_.all_links_held()) return;
  const auto known = [&](const auto* member) { return established(*member, message); };
  if (std::none_of(members.begin(), members.end(), known)) return;
  const auto found = message.queue_servers.find(queue);
  if (found == message.queue_servers.end()) {
    fail("queue group got nothing", fmt::format("{}, group {}, e.g. {}", describe(message), queue,
                                                describe(*members.front())));
    return;
  }
  const int home = message.publisher->server;
  const bool local_known = std::any_of(members.begin(), members.end(), [&](const auto* member) {
    return member->connection->server == home && known(member);
  });
  if (local_known && found->second.front() != home) {
    fail("queue group: local members come first",
         fmt::format("{} went to s{}", describe(message), found->second.front()));
  }
}

void Checker::check_no_responders(const MessageRecord& message) {
  if (message.publisher->ended != never || message.span.confirmed == never) return;
  bool possible = false;
  bool certain = false;
  for (const SubscriptionRecord* subscription : model_.subscriptions()) {
    if (!may_receive(*subscription, message)) continue;
    possible |= could_be_active(*subscription, message);
    certain |= subscription->stable() && established(*subscription, message);
  }
  if (!possible && message.no_responders == 0) {
    fail("no responders", fmt::format("not told, although nobody was there: {}",
                                      describe(message)));
  }
  if (certain && message.no_responders > 0) {
    fail("no responders", fmt::format("told, although somebody was there: {}",
                                      describe(message)));
  }
}

}  // namespace leafnats::sim
