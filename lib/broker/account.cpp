// SPDX-License-Identifier: Apache-2.0
//
// Every change of interest takes one path: the index, then the ledger, then those who listen.

#include "broker/account.hpp"

#include "base/assert.hpp"
#include "broker/bridge.hpp"
#include "broker/leaf_session.hpp"
#include "broker/peer_shard.hpp"
#include "broker/service_import.hpp"
#include "broker/shard.hpp"
#include "broker/stream_import.hpp"

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
    case SubscriberKind::bridge: {
      const auto& entry = static_cast<const BridgeSubscription&>(subscription);
      return {entry.source, entry.interest_class};
    }
    case SubscriberKind::client:
    case SubscriberKind::local:
    case SubscriberKind::upgrade:
      break;
  }
  return {LedgerSource::own, InterestClass{}};
}

/// Whether other shards are to hear of it: not of their own interest, nor of what they have as
/// well as we do.
bool is_ours(LedgerSource source) {
  return source == LedgerSource::own || source == LedgerSource::mirror;
}

/// Members of a class that are counted under `wanted`.
template <class Wanted>
std::uint32_t members_of(const InterestLedger::Counts& counts, InterestClass interest_class,
                         Wanted&& wanted) {
  std::uint32_t members = 0;
  for (const InterestLedger::Count& count : counts) {
    if (wanted(count.source) && count.interest_class == interest_class) members += count.members;
  }
  return members;
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

Account::Account(Shard& shard, std::shared_ptr<const AccountRecord> record)
    : shard_(shard), record_(std::move(record)), index_(shard.random().next()) {}

Account::~Account() = default;

void Account::configure(std::shared_ptr<const AccountRecord> record) {
  drop_imports();
  apply_standing(-1);
  record_ = std::move(record);
  apply_standing(1);
  for (const LinkedImport& import : record_->imports) {
    Account& exporter = shard_.account(import.exporter);
    if (import.kind == ShareKind::service) {
      service_imports_.push_back(
          std::make_unique<ServiceImport>(shard_, *this, exporter, import));
      continue;
    }
    if (!has_listeners()) build_ledger();
    auto stream = std::make_unique<StreamImport>(shard_, *this, exporter, import);
    ledger_.for_each([&](const InterestKey& key, const InterestLedger::Counts& counts) {
      for (const InterestLedger::Count& count : counts) {
        if (count.source != LedgerSource::own) continue;
        stream->announce(key, count.interest_class, count.members);
      }
    });
    stream_imports_.push_back(std::move(stream));
  }
}

void Account::drop_imports() {
  stream_imports_.clear();
  service_imports_.clear();
  if (!has_listeners()) ledger_.clear();
}

void Account::disband() {
  drop_imports();
  replies_.reset();
}

ServiceReplies& Account::replies() {
  if (!replies_) replies_ = std::make_unique<ServiceReplies>(shard_, *this);
  return *replies_;
}

/// Leafs have to send what mappings take, although nobody is subscribed to it.
void Account::apply_standing(std::int64_t delta) {
  if (!has_listeners()) return;  // build_ledger() counts it
  for (const std::string& source : record_->mappings.sources()) {
    apply({{source, {}}, LedgerSource::standing, InterestClass{}, delta, nullptr});
  }
}

void Account::subscribe(std::string_view subject, std::string_view queue,
                        Subscription& subscription) {
  index_.insert(subject, queue, subscription);
  if (observer_ != nullptr) observer_->on_interest();
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
      if (!is_ours(count.source)) continue;
      // Of own members and mirrors of one class the sum, once or twice.
      peer.announce(*this, key, count.interest_class,
                    members_of(counts, count.interest_class, is_ours));
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
  for (const std::string& source : record_->mappings.sources()) {
    ledger_.change({source, {}}, LedgerSource::standing, InterestClass{}, 1);
  }
}

void Account::apply(const Change& change) {
  if (change.delta == 0) return;  // announced interest without members: no news
  const InterestLedger::Counts& counts =
      ledger_.change(change.key, change.source, change.interest_class, change.delta);
  if (is_ours(change.source)) tell_peers(change, counts);
  tell_leafs(change, counts);
  if (change.source == LedgerSource::own) tell_imports(change, counts);
}

void Account::tell_peers(const Change& change, const InterestLedger::Counts& counts) {
  if (peers_.empty()) return;
  const std::int64_t members = members_of(counts, change.interest_class, is_ours);
  const std::int64_t before = members - change.delta;
  const bool plain = change.key.queue.empty();
  if (plain && (before > 0) == (members > 0)) return;
  for (PeerShard* peer : peers_) {
    peer->announce(*this, change.key, change.interest_class, static_cast<std::uint32_t>(members));
  }
}

void Account::tell_imports(const Change& change, const InterestLedger::Counts& counts) {
  if (stream_imports_.empty()) return;
  const auto is_own = [](LedgerSource source) { return source == LedgerSource::own; };
  const std::uint32_t members = members_of(counts, change.interest_class, is_own);
  for (const auto& import : stream_imports_) {
    import->announce(change.key, change.interest_class, members);
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
