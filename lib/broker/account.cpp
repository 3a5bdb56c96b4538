// SPDX-License-Identifier: Apache-2.0
//
// Every change of interest takes one path: the index, then the ledger, then those who listen.

#include "broker/account.hpp"

#include "base/assert.hpp"
#include "broker/leaf_session.hpp"
#include "broker/peer_shard.hpp"

#include <algorithm>

namespace leafnats::broker {
namespace {

/// Of which class an index entry is, and who counted it.
std::pair<LedgerSource, InterestClass> origin_of(const Subscription& subscription) {
  switch (subscription.owner->subscriber_kind()) {
    case SubscriberKind::leaf:
      return {LedgerSource::own, static_cast<LeafSession*>(subscription.owner)->interest_class()};
    case SubscriberKind::peer_shard:
      return {static_cast<PeerShard*>(subscription.owner)->ledger_source(),
              static_cast<const PeerSubscription&>(subscription).interest_class};
    case SubscriberKind::client:
    case SubscriberKind::local:
    case SubscriberKind::upgrade:
      break;
  }
  return {LedgerSource::own, InterestClass{}};
}

/// Members that `leaf` may be told of.
std::int64_t visible_to(const LeafSession& leaf, const InterestKey& key,
                        const InterestLedger::Counts& counts) {
  std::int64_t members = 0;
  for (const InterestLedger::Count& count : counts) {
    if (leaf.admits(count.interest_class, key.subject)) members += count.members;
  }
  return members;
}

}  // namespace

Account::Account(AccountId id, std::string name, std::uint64_t hash_seed)
    : id_(id), name_(std::move(name)), index_(hash_seed) {}

void Account::subscribe(std::string_view subject, std::string_view queue,
                        Subscription& subscription) {
  index_.insert(subject, queue, subscription);
  if (!has_listeners()) return;
  const auto [source, interest_class] = origin_of(subscription);
  apply({{std::string(subject), std::string(queue)}, source, interest_class, subscription.weight,
         subscription.owner});
}

void Account::unsubscribe(Subscription& subscription) {
  if (!has_listeners()) {
    index_.remove(subscription);
    return;
  }
  const auto [source, interest_class] = origin_of(subscription);
  Change change{{std::string(index_.subject_of(subscription)),
                 std::string(index_.queue_of(subscription))},
                source,
                interest_class,
                -static_cast<std::int64_t>(subscription.weight),
                subscription.owner};
  index_.remove(subscription);
  apply(change);
}

void Account::set_weight(Subscription& subscription, std::uint32_t weight) {
  const std::int64_t delta = static_cast<std::int64_t>(weight) - subscription.weight;
  if (delta == 0) return;
  subscription.weight = weight;
  if (!has_listeners()) return;
  const auto [source, interest_class] = origin_of(subscription);
  apply({{std::string(index_.subject_of(subscription)),
          std::string(index_.queue_of(subscription))},
         source,
         interest_class,
         delta,
         subscription.owner});
}

void Account::attach(LeafSession& leaf) {
  if (!has_listeners()) build_ledger();
  ledger_.for_each([&](const InterestKey& key, const InterestLedger::Counts& counts) {
    const std::int64_t members = visible_to(leaf, key, counts);
    if (members > 0) leaf.announce(key.subject, key.queue, members);
  });
  leafs_.push_back(&leaf);
}

void Account::detach(LeafSession& leaf) {
  leafs_.erase(std::remove(leafs_.begin(), leafs_.end(), &leaf), leafs_.end());
  if (!has_listeners()) ledger_.clear();
}

void Account::attach(PeerShard& peer) {
  if (!has_listeners()) build_ledger();
  ledger_.for_each([&](const InterestKey& key, const InterestLedger::Counts& counts) {
    for (const InterestLedger::Count& count : counts) {
      if (count.source != LedgerSource::own) continue;
      peer.announce(*this, key, count.interest_class, count.members);
    }
  });
  peers_.push_back(&peer);
}

void Account::build_ledger() {
  index_.for_each([&](subject::Interest& entry, std::string_view subject, std::string_view queue) {
    const auto& subscription = static_cast<Subscription&>(entry);
    const auto [source, interest_class] = origin_of(subscription);
    ledger_.change({std::string(subject), std::string(queue)}, source, interest_class,
                   subscription.weight);
  });
}

void Account::apply(const Change& change) {
  if (change.delta == 0) return;  // announced interest without members: no news
  const InterestLedger::Counts& counts =
      ledger_.change(change.key, change.source, change.interest_class, change.delta);
  if (change.source == LedgerSource::own) tell_peers(change, counts);
  tell_leafs(change, counts);
}

void Account::tell_peers(const Change& change, const InterestLedger::Counts& counts) {
  if (peers_.empty()) return;
  std::int64_t members = 0;
  for (const InterestLedger::Count& count : counts) {
    if (count.source == change.source && count.interest_class == change.interest_class) {
      members = count.members;
    }
  }
  const std::int64_t before = members - change.delta;
  const bool plain = change.key.queue.empty();
  if (plain && (before > 0) == (members > 0)) return;
  for (PeerShard* peer : peers_) {
    peer->announce(*this, change.key, change.interest_class, static_cast<std::uint32_t>(members));
  }
}

void Account::tell_leafs(const Change& change, const InterestLedger::Counts& counts) {
  const bool plain = change.key.queue.empty();
  for (LeafSession* leaf : leafs_) {
    if (!leaf->admits(change.interest_class, change.key.subject)) continue;
    // A link is not told of its own interest; what it counted itself is no news to it.
    if (change.from == leaf) continue;
    const std::int64_t members =
        visible_to(*leaf, change.key, counts) - leaf->own_members(change.key);
    const std::int64_t before = members - change.delta;
    if (plain && (before > 0) == (members > 0)) continue;
    leaf->announce(change.key.subject, change.key.queue, members);
  }
}

}  // namespace leafnats::broker
