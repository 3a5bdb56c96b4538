// SPDX-License-Identifier: Apache-2.0
//
// Routing one message: match, deliver to local sessions at once, collect leaf links and other
// shards as relays, then give each relay its one copy.

#include "broker/router.hpp"

#include "base/assert.hpp"
#include "broker/client_session.hpp"
#include "broker/leaf_session.hpp"
#include "broker/local_session.hpp"
#include "broker/peer_shard.hpp"
#include "broker/shard.hpp"
#include "wire/parser.hpp"

#include <algorithm>

namespace leafnats::broker {
namespace {

// Up to this many members the choice is exact by weight; beyond, a random start is close enough
// and does not cost a walk over the whole group for each message.
constexpr std::size_t exact_choice_members_max = 64;

QueueTier tier_of(const Subscription& member) {
  switch (member.owner->subscriber_kind()) {
    case SubscriberKind::leaf:
      return QueueTier::leaf;
    case SubscriberKind::peer_shard:
      return static_cast<const PeerSubscription&>(member).interest_class.kind ==
                     InterestClass::Kind::leaf
                 ? QueueTier::leaf
                 : QueueTier::client;
    case SubscriberKind::bridge:
      return static_cast<const BridgeSubscription&>(member).interest_class.kind ==
                     InterestClass::Kind::leaf
                 ? QueueTier::leaf
                 : QueueTier::client;
    case SubscriberKind::client:
    case SubscriberKind::local:
    case SubscriberKind::upgrade:
      break;
  }
  return QueueTier::client;
}

/// Whether LMSG's list of queue groups has this one.
bool names_queue(std::string_view queues, std::string_view name) {
  const wire::QueueNames names(queues);
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_plain_interest(const subject::Match& match, const Subscriber& owner) {
  for (const subject::MatchSet* set : {match.literal, match.wildcard}) {
    if (set == nullptr) continue;
    for (const subject::Interest* entry : set->plain()) {
      if (static_cast<const Subscription*>(entry)->owner == &owner) return true;
    }
  }
  return false;
}

/// Whether interest of a leaf on another shard may hear of this message at all. The shard that
/// has the link decides for good.
bool may_reach(const InterestClass& interest_class, const Origin& origin) {
  return interest_class.kind != InterestClass::Kind::leaf ||
         origin.kind != Origin::Kind::leaf || origin.cluster == ClusterId::none ||
         interest_class.cluster != origin.cluster;
}

}  // namespace

bool Router::publish(Account& account, const Message& message, const Origin& origin) {
  const subject::Match match = account.index().match(message.subject);
  if (match.empty()) return false;
  bool found = deliver_plain(match, message, origin);
  subject::for_each_queue(match, [&](std::string_view name, Members first, Members second) {
    found |= deliver_queue({match, name, first, second}, message, origin);
  });
  return finish(account, message, origin) || found;
}

bool Router::publish_from_leaf(Account& account, const Message& message, const Origin& origin,
                               std::string_view queues) {
  const subject::Match match = account.index().match(message.subject);
  if (match.empty()) return false;
  bool found = deliver_plain(match, message, origin);
  if (!queues.empty()) {
    subject::for_each_queue(match, [&](std::string_view name, Members first, Members second) {
      if (!names_queue(queues, name)) return;
      found |= deliver_queue({match, name, first, second}, message, origin);
    });
  }
  return finish(account, message, origin) || found;
}

bool Router::deliver_imported(Account& account, const Message& message, const Origin& origin,
                              const RelayTarget& imported) {
  const subject::Match match = account.index().match(message.subject);
  if (match.empty()) return false;
  bool found = imported.plain && deliver_plain(match, message, origin);
  if (!imported.queues.empty()) {
    subject::for_each_queue(match, [&](std::string_view name, Members first, Members second) {
      for (std::size_t i = 0; i < imported.queues.size(); ++i) {
        if (imported.queues[i] != name) continue;
        const Group group{match, name, first, second};
        found |= deliver_tier(group, {imported.tiers[i], Reach::this_shard}, message, origin) ||
                 deliver_queue(group, message, origin);
      }
    });
  }
  return finish(account, message, origin) || found;
}

void Router::deliver_forwarded(Account& account, const Message& message, const Origin& origin,
                               bool plain, std::span<const QueuePick> queues) {
  const subject::Match match = account.index().match(message.subject);
  if (match.empty()) return;
  if (plain) deliver_plain(match, message, origin);
  if (!queues.empty()) {
    subject::for_each_queue(match, [&](std::string_view name, Members first, Members second) {
      for (const QueuePick& pick : queues) {
        if (pick.queue != name) continue;
        const Group group{match, name, first, second};
        // This shard was chosen by the weight of its members, so one of those gets it. They may
        // have left meanwhile, or not be permitted: then whoever else is known here serves the
        // group, if need be on yet another shard. It may arrive there behind younger messages:
        // to be served comes before order (nats-server reroutes between servers likewise).
        if (deliver_tier(group, {pick.tier, Reach::this_shard}, message, origin)) return;
        deliver_queue(group, message, origin);
      }
    });
  }
  finish(account, message, origin);
}

bool Router::deliver_plain(const subject::Match& match, const Message& message,
                           const Origin& origin) {
  bool found = false;
  for (const subject::MatchSet* set : {match.literal, match.wildcard}) {
    if (set == nullptr) continue;
    for (subject::Interest* entry : set->plain()) {
      found |= deliver_plain_to(static_cast<Subscription&>(*entry), message, origin);
    }
  }
  return found;
}

bool Router::deliver_plain_to(Subscription& subscription, const Message& message,
                              const Origin& origin) {
  Subscriber& owner = *subscription.owner;
  switch (owner.subscriber_kind()) {
    case SubscriberKind::client:
      return static_cast<ClientSession&>(owner).deliver(
          static_cast<ClientSubscription&>(subscription), message, origin, finished_);
    case SubscriberKind::local:
      return static_cast<LocalSession&>(owner).deliver(
          static_cast<ClientSubscription&>(subscription), message, origin, finished_);
    case SubscriberKind::leaf:
      if (static_cast<LeafSession&>(owner).accepts(origin)) target(owner).plain = true;
      return false;  // finish() knows
    case SubscriberKind::peer_shard:
      if (!origin.forwarded &&
          may_reach(static_cast<PeerSubscription&>(subscription).interest_class, origin)) {
        target(owner).plain = true;
      }
      return false;
    case SubscriberKind::bridge:
      if (static_cast<Bridge&>(owner).takes(origin)) target(owner).plain = true;
      return false;
    case SubscriberKind::upgrade:
      return false;  // subscribes to nothing
  }
  return false;
}

bool Router::deliver_queue(const Group& group, const Message& message, const Origin& origin) {
  return deliver_tier(group, {QueueTier::client, Reach::server}, message, origin) ||
         deliver_tier(group, {QueueTier::leaf, Reach::server}, message, origin);
}

bool Router::deliver_tier(const Group& group, Choice choice, const Message& message,
                          const Origin& origin) {
  const std::size_t size = group.size();
  const std::size_t start = pick_start(group, choice);
  for (std::size_t i = 0; i < size; ++i) {
    Subscription& member = group[start + i < size ? start + i : start + i - size];
    if (admits(choice, member) && offer(member, choice.tier, group, message, origin)) {
      return true;
    }
  }
  return false;
}

bool Router::admits(Choice choice, const Subscription& member) {
  return tier_of(member) == choice.tier &&
         (choice.reach == Reach::server ||
          member.owner->subscriber_kind() != SubscriberKind::peer_shard);
}

std::size_t Router::pick_start(const Group& group, Choice choice) {
  const std::size_t size = group.size();
  if (size == 1) return 0;
  base::Random& random = shard_.random();
  if (size > exact_choice_members_max) return random.below(static_cast<std::uint32_t>(size));
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (admits(choice, group[i])) total += group[i].weight;
  }
  if (total == 0) return 0;
  std::uint32_t chosen = random.below(total);
  for (std::size_t i = 0; i < size; ++i) {
    if (!admits(choice, group[i])) continue;
    if (chosen < group[i].weight) return i;
    chosen -= group[i].weight;
  }
  return 0;
}

bool Router::offer(Subscription& member, QueueTier tier, const Group& group,
                   const Message& message, const Origin& origin) {
  Subscriber& owner = *member.owner;
  switch (owner.subscriber_kind()) {
    case SubscriberKind::client:
    case SubscriberKind::local:
    case SubscriberKind::upgrade:
      return deliver_plain_to(member, message, origin);
    case SubscriberKind::leaf: {
      const auto& leaf = static_cast<LeafSession&>(owner);
      // On its second way between shards a message finds links that had their copy for plain
      // interest already; another one for a queue group would reach plain subscribers again.
      if (origin.rerouted && has_plain_interest(group.match, owner)) return false;
      // Weight 0 is announced interest without members: nobody to serve it (nats-server).
      if (member.weight == 0 || !leaf.accepts(origin) ||
          !leaf.may_send(message.subject, group.name)) {
        return false;
      }
      break;
    }
    case SubscriberKind::peer_shard:
      if (origin.rerouted) return false;
      if (!may_reach(static_cast<PeerSubscription&>(member).interest_class, origin)) return false;
      break;
    case SubscriberKind::bridge:
      if (!static_cast<Bridge&>(owner).takes(origin)) return false;
      break;
  }
  RelayTarget& relay = target(owner);
  relay.queues.push_back(group.name);
  relay.tiers.push_back(tier);
  return true;
}

RelayTarget& Router::target(Subscriber& relay) {
  for (std::size_t i = 0; i < targets_used_; ++i) {
    if (targets_[i].relay == &relay) return targets_[i];
  }
  if (targets_used_ == targets_.size()) targets_.emplace_back();
  RelayTarget& fresh = targets_[targets_used_++];
  fresh.relay = &relay;
  fresh.plain = false;
  fresh.queues.clear();
  fresh.tiers.clear();
  return fresh;
}

bool Router::finish(Account& account, const Message& message, const Origin& origin) {
  bool found = false;
  for (std::size_t i = 0; i < targets_used_; ++i) {
    const RelayTarget& relay = targets_[i];
    switch (relay.relay->subscriber_kind()) {
      case SubscriberKind::leaf:
        found |= static_cast<LeafSession*>(relay.relay)->send(message, relay);
        break;
      case SubscriberKind::bridge:
        // A circle of accounts is refused when they are linked; this is for what got past it.
        if (depth_ < limits::import_chain_max) {
          crossings_.push_back(
              {static_cast<Bridge*>(relay.relay), message, origin, relay, depth_ + 1});
        }
        break;
      default:
        static_cast<PeerShard*>(relay.relay)->forward(account, message, origin, relay);
        found = true;
        break;
    }
  }
  targets_used_ = 0;
  if (!finished_.empty()) remove_finished();
  return (!crossings_.empty() && cross_bridges()) || found;
}

/// Runs when the routing of the message that was published first is over, and again for what the
/// crossings themselves have published, until nothing is left to cross.
bool Router::cross_bridges() {
  if (std::exchange(crossing_, true)) return false;
  bool found = false;
  for (std::size_t i = 0; i < crossings_.size(); ++i) {
    const WaitingCrossing waiting = std::move(crossings_[i]);
    depth_ = waiting.depth;
    found |= waiting.bridge->cross({waiting.message, waiting.origin, waiting.target},
                                   next_luggage());
  }
  crossings_.clear();
  luggage_used_ = 0;
  depth_ = 0;
  crossing_ = false;
  return found;
}

Luggage& Router::next_luggage() {
  if (luggage_used_ == luggage_.size()) luggage_.push_back(std::make_unique<Luggage>());
  return *luggage_[luggage_used_++];
}

void Router::remove_finished() {
  for (ClientSubscription* subscription : finished_) {
    Subscriber& owner = *subscription->owner;
    if (owner.subscriber_kind() == SubscriberKind::local) {
      static_cast<LocalSession&>(owner).remove(*subscription);
    } else {
      static_cast<ClientSession&>(owner).remove(*subscription);
    }
  }
  finished_.clear();
}

}  // namespace leafnats::broker
