// SPDX-License-Identifier: Apache-2.0
//
// One shard's part of an account: who is subscribed to what, and who must be told about it.
// Subjects of different accounts never meet.
//
// Thread: its shard's.
#pragma once

#include "base/random.hpp"
#include "broker/account_record.hpp"
#include "broker/interest_ledger.hpp"
#include "broker/subscription.hpp"
#include "subject/index.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class LeafSession;
class PeerShard;
class Shard;

class ServiceReplies;
class StreamImport;
class ServiceImport;

/// Hears of new interest in an account, but not of what it is.
class InterestObserver {
 public:
  virtual void on_interest() = 0;

 protected:
  ~InterestObserver() = default;
};

class Account {
 public:
  Account(Shard& shard, std::shared_ptr<const AccountRecord> record);
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;
  ~Account();

  [[nodiscard]] AccountId id() const noexcept { return record_->id; }
  [[nodiscard]] const std::string& name() const noexcept { return record_->name; }
  [[nodiscard]] const AccountRecord& record() const noexcept { return *record_; }

  /// Works by `record` from now on: imports and mappings are those and no others. Every account
  /// that it imports from is there.
  void configure(std::shared_ptr<const AccountRecord> record);
  /// Lets go of what ties it to others; before accounts are destroyed.
  void disband();

  /// Whether what is published to `subject` is taken for published to another one, which is
  /// written to `mapped`. Empty: it goes to nobody.
  [[nodiscard]] bool map(std::string_view subject, base::Random& random,
                         std::string& mapped) const {
    const subject::MappingTable& mappings = record_->mappings;
    return !mappings.empty() && mappings.map(subject, random.next(), mapped);
  }

  /// Who waits for answers from this account's services.
  [[nodiscard]] ServiceReplies& replies();

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

  /// Null: nobody. Thread: the shard's.
  void observe(InterestObserver* observer) noexcept { observer_ = observer; }

  /// A connection of the account is over: what it took and sent still counts for the account.
  void add_past(SubscriberKind kind, const Traffic& traffic) noexcept {
    (kind == SubscriberKind::leaf ? past_leafs_ : past_clients_) += traffic;
  }
  [[nodiscard]] const Traffic& past_clients() const noexcept { return past_clients_; }
  [[nodiscard]] const Traffic& past_leafs() const noexcept { return past_leafs_; }
  void add_slow_consumer() noexcept { ++slow_consumers_; }
  [[nodiscard]] std::uint64_t slow_consumers() const noexcept { return slow_consumers_; }

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

  [[nodiscard]] bool has_listeners() const noexcept {
    return !leafs_.empty() || !peers_.empty() || !stream_imports_.empty();
  }
  void drop_imports();
  void build_ledger();
  void apply(const Change& change);
  void apply_standing(std::int64_t delta);
  void tell_peers(const Change& change, const InterestLedger::Counts& counts);
  void tell_imports(const Change& change, const InterestLedger::Counts& counts);
  void tell_leafs(const Change& change, const InterestLedger::Counts& counts);

  Shard& shard_;
  std::shared_ptr<const AccountRecord> record_;
  subject::SubjectIndex index_;
  InterestLedger ledger_;               // kept only while has_listeners()
  std::vector<LeafSession*> leafs_;     // links that are up; owned by the shard
  std::vector<PeerShard*> peers_;       // other shards at work; owned by the shard
  std::vector<std::unique_ptr<StreamImport>> stream_imports_;
  std::vector<std::unique_ptr<ServiceImport>> service_imports_;
  std::unique_ptr<ServiceReplies> replies_;  // made when first needed
  InterestObserver* observer_ = nullptr;
  Traffic past_clients_;                // of connections that are over
  Traffic past_leafs_;
  std::uint64_t slow_consumers_ = 0;
};

}  // namespace leafnats::broker
