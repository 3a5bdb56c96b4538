// SPDX-License-Identifier: Apache-2.0
//
// Properties of links, and of a world at rest: who must have got what, and who may.

#include "checker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace leafnats::sim {

// ---- Who must and who may ----

/// Whether the servers count it among their subscriptions, at rest.
bool Checker::is_active(const SubscriptionRecord& subscription) const noexcept {
  return !subscription.over();
}

bool Checker::may_echo(const SubscriptionRecord& subscription,
                       const MessageRecord& message) noexcept {
  return subscription.connection->echo || subscription.connection != message.publisher;
}

bool Checker::may_receive(const SubscriptionRecord& subscription,
                          const MessageRecord& message) const {
  return !subscription.refused && message.verdict != Verdict::refused &&
         matches(subscription.pattern, message.subject) &&
         may_get(subscription.connection->rules.get(), message.subject, subscription.queue) &&
         may_echo(subscription, message);
}

/// The publisher's server was bound to know of the subscription, and every server on the way.
bool Checker::established(const SubscriptionRecord& subscription,
                          const MessageRecord& message) const {
  const int from = message.publisher->server;
  const int to = subscription.connection->server;
  if (from == to) return subscription.begin.confirmed < message.span.sent;
  if (subscription.begin.confirmed >= model_.round_start()) return false;
  const Topology& map = model_.topology();
  const Path* path = map.path(to, from);
  return path != nullptr && map.held(*path) &&
         map.tells(*path, subscription.pattern, Topology::Arrival::taken);
}

/// Every link on the way lets it through.
bool Checker::carried(const SubscriptionRecord& subscription, const MessageRecord& message) const {
  const Topology& map = model_.topology();
  const Path* path = map.path(message.publisher->server, subscription.connection->server);
  return path != nullptr && map.carries(*path, message.subject);
}

/// The publisher's server may have heard of the subscription.
bool Checker::within_reach(const SubscriptionRecord& subscription,
                           const MessageRecord& message) const {
  const Topology& map = model_.topology();
  if (!map.unchanged()) return true;
  const Path* path = map.path(subscription.connection->server, message.publisher->server);
  return path != nullptr && map.tells(*path, subscription.pattern, Topology::Arrival::taken);
}

bool Checker::must_receive(const SubscriptionRecord& subscription,
                           const MessageRecord& message) const {
  if (subscription.connection->ended != never || message.span.confirmed == never) return false;
  if (message.verdict != Verdict::accepted || !may_receive(subscription, message)) return false;
  if (!established(subscription, message) || !carried(subscription, message)) return false;
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

// ---- Leaf links ----

void Checker::on_link_message(int from, int to, std::string_view subject, std::string_view queues,
                              std::uint32_t id, Crossings& crossed) {
  const Path* path = model_.topology().path(from, to);
  if (model_.topology().unchanged() && path != nullptr &&
      !model_.topology().carries(*path, subject)) {
    fail("crossed without a permission",
         fmt::format("m{} '{}' from s{} to s{}", id, subject, from, to));
  }
  const auto [known, first] = crossed.try_emplace(id, Crossing{from, {}});
  Crossing& crossing = known->second;
  const bool returned = crossing.from != from;
  const MessageRecord* message = model_.find_message(id);
  const bool again = !enter_queues(crossing, queues) && !first;
  const bool excused = !returned && message != nullptr && may_be_rerouted(*message);
  if ((again || returned) && !excused && model_.topology().unchanged()) {
    fail(returned ? "returned to where it came from" : "doubled on a leaf link",
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

/// A second copy is one for other queue groups, which were chosen later; false if it is not.
bool Checker::enter_queues(Crossing& crossing, std::string_view queues) {
  bool fresh = !queues.empty() && !crossing.queues.empty();
  while (!queues.empty()) {
    const std::string_view queue = queues.substr(0, queues.find(' '));
    queues.remove_prefix(std::min(queues.size(), queue.size() + 1));
    fresh &= crossing.queues.emplace(queue).second;
  }
  return fresh;
}

bool Checker::possible_beyond(int from, int to, std::string_view subject,
                              std::string_view queue) const {
  const Topology& map = model_.topology();
  if (!map.unchanged()) return true;
  const auto& subscriptions = model_.subscriptions();
  return std::any_of(subscriptions.begin(), subscriptions.end(), [&](const auto* subscription) {
    if (subscription->queue != queue || !matches(subscription->pattern, subject)) return false;
    const Path* path = map.path(subscription->connection->server, from);
    return path != nullptr && !path->empty() && path->back().from == to &&
           map.tells(*path, subscription->pattern, Topology::Arrival::taken);
  });
}

Checker::Interest Checker::expected_interest(int from, int to,
                                             const std::vector<std::string>& marks) const {
  const Topology& map = model_.topology();
  /// How what `server` is interested in gets to the far end of the link; null: not over it.
  const auto over_link = [&](int server) -> const Path* {
    const Path* path = map.path(server, to);
    return path != nullptr && !path->empty() && path->back().from == from ? path : nullptr;
  };
  Interest interest;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const Path* path = over_link(static_cast<int>(i));
    if (path != nullptr && map.tells_mark(*path)) interest[{marks[i], {}}] = 1;
  }
  for (const SubscriptionRecord* subscription : model_.subscriptions()) {
    if (!is_active(*subscription)) continue;
    const Path* path = over_link(subscription->connection->server);
    if (path == nullptr || !map.tells(*path, subscription->pattern, Topology::Arrival::told)) {
      continue;
    }
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
    if (subscription->queue.empty() || subscription->refused ||
        !matches(subscription->pattern, message.subject)) {
      continue;
    }
    // On another server the message may still be under way to somebody who came later.
    const bool elsewhere = subscription->connection->server != message.publisher->server;
    if (elsewhere ? !subscription->gone_before(model_.round_start())
                  : could_be_active(*subscription, message)) {
      groups[subscription->queue].push_back(subscription);
    }
  }
  for (const auto& [queue, members] : groups) check_queue(message, queue, members);
}

/// A choice of this member is a message that gets nowhere, and the server that chooses cannot
/// know: what stands in the way is beyond the first link.
bool Checker::is_trap(const SubscriptionRecord& member, const MessageRecord& message) const {
  if (member.connection->server == message.publisher->server) return false;
  const Topology& map = model_.topology();
  const Path* path = map.path(message.publisher->server, member.connection->server);
  if (path == nullptr || !map.carries({path->front()}, message.subject)) return false;
  return !map.carries(*path, message.subject) || !may_receive(member, message);
}

/// The shard that chooses a member does not know what the permissions of a link or of a client on
/// another shard let through. A wrong choice is made good once, and not over a link that has its
/// copy for plain subscribers already.
bool Checker::may_miss(const MessageRecord& message,
                       const std::vector<const SubscriptionRecord*>& members) const {
  const int home = message.publisher->server;
  if (model_.shards(home) == 1) return false;
  const auto denied = std::count_if(members.begin(), members.end(), [&](const auto* member) {
    return !(may_receive(*member, message) && carried(*member, message));
  });
  const auto& all = model_.subscriptions();
  const bool plain = std::any_of(all.begin(), all.end(), [&](const auto* subscription) {
    return subscription->queue.empty() && subscription->connection->server != home &&
           matches(subscription->pattern, message.subject);
  });
  return denied > 1 || (denied == 1 && plain);
}

void Checker::check_queue(const MessageRecord& message, const std::string& queue,
                          const std::vector<const SubscriptionRecord*>& members) {
  // A member that leaves may take a message along; then nothing is promised.
  if (!std::all_of(members.begin(), members.end(), [&](const auto* member) {
        return member->stable() && !is_trap(*member, message);
      })) {
    return;
  }
  if (message.span.confirmed == never || message.verdict != Verdict::accepted ||
      !model_.topology().all_links_held() || may_miss(message, members)) {
    return;
  }
  const auto known = [&](const auto* member) {
    return may_receive(*member, message) && established(*member, message) &&
           carried(*member, message);
  };
  const auto first = std::find_if(members.begin(), members.end(), known);
  if (first == members.end()) return;
  const auto found = message.queue_servers.find(queue);
  if (found == message.queue_servers.end()) {
    fail("queue group got nothing", fmt::format("{}, group {}, e.g. {}", describe(message), queue,
                                                describe(**first)));
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
  const ConnectionRecord& requester = *message.publisher;
  if (requester.ended != never || message.span.confirmed == never) return;
  if (message.verdict != Verdict::accepted || !requester.inbox_open) return;
  bool possible = false;
  bool certain = false;
  for (const SubscriptionRecord* subscription : model_.subscriptions()) {
    if (!matches(subscription->pattern, message.subject)) continue;
    // Whether a link or a filter lets it through may be known on another shard only.
    possible |= may_echo(*subscription, message) && could_be_active(*subscription, message) &&
                within_reach(*subscription, message);
    certain |= subscription->stable() && may_receive(*subscription, message) &&
               established(*subscription, message) && carried(*subscription, message);
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
