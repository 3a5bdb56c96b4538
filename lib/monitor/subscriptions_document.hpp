// SPDX-License-Identifier: Apache-2.0
//
// subsz: the subscriptions of a server, counted or listed.
//
// Thread: collect() on the shard's, the rest anywhere.
#pragma once

#include "broker/shard.hpp"
#include "monitor/connections_document.hpp"
#include "wire/json.hpp"
#include "wire/json_writer.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace leafnats::monitor {

/// Names and defaults are nats-server's.
struct SubscriptionsOptions {
  std::int64_t offset = 0;
  std::int64_t limit = 0;              ///< 0 or less: 1024
  bool subscriptions = false;          ///< list them
  std::string account;
  std::string test;                    ///< only those that this subject would reach

  [[nodiscard]] std::vector<wire::JsonField<wire::JsonTarget>> fields();
  Result<void> settle();
};

/// What is known of subject indexes: those of all shards, or of one account.
struct IndexCounts {
  std::uint64_t subscriptions = 0;
  std::uint64_t cached = 0;
  std::uint64_t inserted = 0;
  std::uint64_t removed = 0;

  /// All but `subscriptions`: who counts those, goes through the sessions once for all accounts.
  void add(broker::Account& account);
  void operator+=(const IndexCounts& other) noexcept;
  void write(wire::JsonWriter& out) const;
};

class SubscriptionsPart {
 public:
  void collect(const SubscriptionsOptions& options, broker::Shard& shard);

  IndexCounts counts;
  std::vector<SubscriptionRow> rows;   // by connection and sid; no more than a page could need
  std::size_t total = 0;               // of those that were asked for
};

[[nodiscard]] std::string subscriptions_document(const std::string& server_id,
                                                 const SubscriptionsOptions& options,
                                                 std::vector<SubscriptionsPart>& parts);

}  // namespace leafnats::monitor
