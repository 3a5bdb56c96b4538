// SPDX-License-Identifier: Apache-2.0
//
// One shard's part of an account: who is subscribed to what, and who must be told about it.
// Subjects of different accounts never meet.
//
// Thread: its shard's.
#pragma once

#include "broker/interest_ledger.hpp"
#include "broker/subscription.hpp"
#include "subject/index.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class LeafSession;
class PeerShard;

/// Number of an account; the same on every shard of a server.
enum class AccountId : std::uint16_t { global = 0 };

class Account {
 public:
  Account(AccountId id, std::string name, std::uint64_t hash_seed);

  [[nodiscard]] AccountId id() const noexcept { return id_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] subject::SubjectIndex& index() noexcept { return index_; }
  [[nodiscard]] const std::vector<LeafSession*>& leafs() const noexcept { return leafs_; }

  /// Puts an entry into the index and tells who listens. Entries of own sessions and those that
  /// stand for another shard's interest go the same way.
  void subscribe(std::string_view subject, std::string_view queue, Subscription& subscription);

  /// Takes it out again.
  void unsubscribe(Subscription& subscription);

  /// A queue entry stands for another number of members now.
  void set_weight(Subscription& subscription, std::uint32_t weight);

  /// A leaf link is up: it is told everything it may know, and every change from now on.
  void attach(LeafSession& leaf);
  void detach(LeafSession& leaf);

  /// Another shard is at work: it is told what this one is interested in.
  void attach(PeerShard& peer);

 private:
  struct Change {
    InterestKey key;
    LedgerSource source;
    InterestClass interest_class;
    std::int64_t delta;
    const Subscriber* from;
  };

  [[nodiscard]] bool has_listeners() const noexcept { return !leafs_.empty() || !peers_.empty(); }
  void build_ledger();
  void apply(const Change& change);
  void tell_peers(const Change& change, const InterestLedger::Counts& counts);
  void tell_leafs(const Change& change, const InterestLedger::Counts& counts);

  const AccountId id_;
  const std::string name_;
  subject::SubjectIndex index_;
  InterestLedger ledger_;               // kept only while has_listeners()
  std::vector<LeafSession*> leafs_;     // links that are up; owned by the shard
  std::vector<PeerShard*> peers_;       // other shards at work; owned by the shard
};

}  // namespace leafnats::broker
