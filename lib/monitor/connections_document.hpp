// SPDX-License-Identifier: Apache-2.0
//
// connz: the connections of a server, filtered, sorted and cut into pages as nats-server does.
// Each shard sorts its own and gives no more than the page could need.
//
// Thread: collect() on the shard's, the rest anywhere.
#pragma once

#include "broker/description.hpp"
#include "broker/shard.hpp"
#include "wire/json.hpp"
#include "wire/json_writer.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace leafnats::monitor {

/// What a request may ask for; names and defaults are nats-server's.
struct ConnectionsOptions {
  std::string sort;
  bool auth = false;                   ///< tell users and accounts
  bool subscriptions = false;          ///< list subjects
  bool subscriptions_detail = false;   ///< list them in full
  std::int64_t offset = 0;
  std::int64_t limit = 0;              ///< 0 or less: 1024
  std::uint64_t cid = 0;
  std::int64_t state = 0;              ///< 0 open, 1 closed, 2 both
  std::string user;
  std::string account;
  std::string filter_subject;

  /// The fields of a request's JSON. Lifetime: this object's.
  [[nodiscard]] std::vector<wire::JsonField<wire::JsonTarget>> fields();
  /// Error: nats-server's words for what does not make sense. Fills in defaults.
  Result<void> settle();
};

/// What subscriptions look like in connz and subsz.
struct SubscriptionRow {
  std::string account;
  std::string subject;
  std::string queue;
  std::string sid;
  std::uint64_t delivered = 0;
  std::uint64_t max = 0;
  std::uint64_t connection = 0;
};
void write_subscription(wire::JsonWriter& out, const SubscriptionRow& row);

class ConnectionsPart {
 public:
  void collect(const ConnectionsOptions& options, const broker::Shard& shard);

  struct Row {
    std::int64_t key = 0;              // the greatest comes first
    broker::ConnectionDescription connection;
    std::vector<SubscriptionRow> subscriptions;
  };
  std::vector<Row> rows;
  std::size_t total = 0;               // that pass the account's filter
  std::size_t matching = 0;            // that pass all filters
};

/// The document, from the parts of all shards.
[[nodiscard]] std::string connections_document(const std::string& server_id,
                                               const ConnectionsOptions& options,
                                               std::vector<ConnectionsPart>& parts);

}  // namespace leafnats::monitor
