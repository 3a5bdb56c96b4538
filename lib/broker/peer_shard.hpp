// SPDX-License-Identifier: Apache-2.0
//
// Another shard of the same server, as this one sees it: where batches for it are made, and where
// batches from it are applied. Between them shards speak like clustered servers: interest gained
// or lost, and each published message once to each shard that wants it.
//
// Thread: this shard's. The two mailboxes are the only things shared with the other one.
#pragma once

#include "broker/account.hpp"
#include "broker/mailbox.hpp"
#include "broker/message.hpp"
#include "broker/relay.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace leafnats::broker {

class PeerShard : public Subscriber {
 public:
  PeerShard(Shard& shard, base::ShardId peer, Mailbox& outgoing, Mailbox& incoming);
  ~PeerShard();

  [[nodiscard]] base::ShardId peer() const noexcept { return id().shard; }
  [[nodiscard]] LedgerSource ledger_source() const noexcept {
    return LedgerSource{static_cast<std::uint8_t>(peer())};
  }

  // ---- Sending: records go into the open batch, hand_over() closes it ----

  /// Says how many members of `source` this shard has for `key`; 0: none any more.
  void announce(const Account& account, const InterestKey& key, InterestClass source,
                std::uint32_t members);

  /// Forwards `message` for what `target` collected.
  void forward(const Account& account, const Message& message, const Origin& origin,
               const RelayTarget& target);

  /// Asks the other shard to stop (or resume) reading from its session `publisher`.
  void pause(base::ConnectionId publisher);
  void resume(base::ConnectionId publisher);
  /// Asks it to close a leaf link whose remote server has connected anew.
  void evict(base::ConnectionId link);

  /// Gives the open batch to the other shard; false if its mailbox is full, and then it stays.
  bool hand_over();
  [[nodiscard]] bool backlogged() const noexcept;

  /// Everything handed over up to `record` is in force over there.
  [[nodiscard]] bool settled(std::uint64_t record) const {
    const std::uint64_t applied = outgoing_.applied();
    return applied >= record || applied >= last_record_;
  }
  /// The same, and asks for a wake-up when it is not yet so.
  [[nodiscard]] bool await_settled(std::uint64_t record) {
    if (settled(record)) return true;
    const std::uint64_t applied = outgoing_.await_acknowledgement();
    return applied >= record || applied >= last_record_;
  }

  // ---- Receiving ----

  /// Applies the batches that have arrived, at most as many as a full mailbox holds.
  void apply_incoming();

 private:
  struct SubscriptionKey {
    AccountId account;
    InterestKey interest;
    InterestClass source;
    bool operator<(const SubscriptionKey& other) const noexcept;
  };
  class Reader;

  enum class Order : std::uint8_t { pause, resume, evict };

  Batch& open_batch();
  void put_order(Order order, base::ConnectionId connection);
  void record_added();
  void put_message(const Account& account, const Message& message, const Origin& origin,
                   const RelayTarget& target);
  void apply(const Batch& batch);
  void apply_interest(Reader& reader);
  void apply_message(Reader& reader, const Batch& batch);

  Shard& shard_;
  Mailbox& outgoing_;
  Mailbox& incoming_;
  std::unique_ptr<Batch> open_;
  std::uint64_t last_record_ = 0;
  std::map<SubscriptionKey, std::unique_ptr<PeerSubscription>> subscriptions_;
};

}  // namespace leafnats::broker
