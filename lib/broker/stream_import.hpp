// SPDX-License-Identifier: Apache-2.0
//
// A stream that one account imports from another. What the importer's own clients and leafs on
// this shard are interested in is mirrored into the exporter's index, renamed: there it is
// interest like any other, told to leafs and other shards, and a message that matches crosses
// and is delivered on this shard alone; the other shards have mirrors of their own.
// Mirrors are not mirrored again: a stream crosses one import, as in nats-server.
//
// Thread: its shard's.
#pragma once

#include "broker/account_record.hpp"
#include "broker/bridge.hpp"
#include "broker/interest_ledger.hpp"

#include <map>
#include <memory>
#include <tuple>

namespace leafnats::broker {

class Account;
class Shard;

class StreamImport final : public Bridge {
 public:
  /// `import` must outlive it: the importer keeps the record that it is part of.
  StreamImport(Shard& shard, Account& importer, Account& exporter, const LinkedImport& import);
  ~StreamImport() override;

  /// The importer has so many members of `key` now; 0: none any more.
  void announce(const InterestKey& key, InterestClass source, std::uint32_t members);

  [[nodiscard]] bool takes(const Origin& origin) const noexcept override {
    return !origin.imported;
  }
  bool cross(const Crossing& crossing, Luggage& luggage) override;

 private:
  struct Key {
    InterestKey interest;
    InterestClass source;
    bool operator<(const Key& other) const noexcept;
  };

  Shard& shard_;
  Account& importer_;
  Account& exporter_;
  const LinkedImport& import_;
  std::map<Key, std::unique_ptr<BridgeSubscription>> mirrors_;
};

}  // namespace leafnats::broker
