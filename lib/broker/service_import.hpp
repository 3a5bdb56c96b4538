// SPDX-License-Identifier: Apache-2.0
//
// A service that one account imports from another, and the way back of its answers. A request in
// the importing account is published in the exporting one with a reply subject of ours,
// `_R_.<six characters>.<token>`; the answer to it is published in the importing account under
// the reply subject that the requester gave. A request crosses on the shard where it was
// published, and its answers come back there: the wildcard of the six characters is interest of
// that shard.
//
// Source: nats-server, whose `_R_` subjects leaf links let pass whatever their permissions.
// Thread: its shard's.
#pragma once

#include "broker/account_record.hpp"
#include "broker/bridge.hpp"
#include "broker/timer_queue.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace leafnats::broker {

class Account;
class Shard;

class ServiceImport final : public Bridge {
 public:
  /// `import` must outlive it: the importer keeps the record that it is part of.
  ServiceImport(Shard& shard, Account& importer, Account& exporter, const LinkedImport& import);
  ~ServiceImport() override;

  /// What other shards forward has crossed over there.
  [[nodiscard]] bool takes(const Origin& origin) const noexcept override {
    return !origin.forwarded;
  }
  bool cross(const Crossing& crossing, Luggage& luggage) override;

 private:
  void set_request_info(Message& message, const Origin& origin, Luggage& luggage) const;

  Shard& shard_;
  Account& importer_;
  Account& exporter_;
  const LinkedImport& import_;
  BridgeSubscription subscription_;
};

/// The answers that an account's services still owe.
/// Limit: limits::service_replies_max; beyond it the oldest is forgotten.
class ServiceReplies final : public Bridge, public Timed {
 public:
  ServiceReplies(Shard& shard, Account& account);
  ~ServiceReplies() override;

  /// Who waits for an answer, and where.
  struct Expected {
    Account* requester;
    std::string subject;        ///< in the requester's account
    ResponseType type;
    std::chrono::milliseconds threshold;
    std::int64_t deadline_ns = 0;
  };

  /// The subject under which this account may answer.
  std::string expect(Expected expected);
  /// The answer will not come.
  void forget(std::string_view reply);

  [[nodiscard]] std::size_t size() const noexcept { return expected_.size(); }

  [[nodiscard]] bool takes(const Origin&) const noexcept override { return true; }
  bool cross(const Crossing& crossing, Luggage& luggage) override;
  void on_deadline(std::int64_t now_ns) override;

 private:
  void drop_oldest();
  void arm();

  Shard& shard_;
  Account& account_;
  const std::string prefix_;    // "_R_.<six characters>."
  BridgeSubscription subscription_;
  std::unordered_map<std::string, Expected> expected_;          // by token
  std::deque<std::pair<std::int64_t, std::string>> order_;      // deadlines as first set, tokens
};

}  // namespace leafnats::broker
