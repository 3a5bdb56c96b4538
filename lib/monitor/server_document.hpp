// SPDX-License-Identifier: Apache-2.0
//
// What a server says of itself as a whole: varz, statsz, healthz, idz, and the documents of what
// it does not have (routes, gateways, JetStream), which nats-server has for every server too.
//
// Thread: collect() on the shard's, the rest the first shard's.
#pragma once

#include "broker/context.hpp"
#include "broker/shard.hpp"
#include "monitor/process_usage.hpp"
#include "wire/json_writer.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace leafnats::monitor {

class ServerPart {
 public:
  void collect(broker::Shard& shard);
  broker::ShardStatistics statistics;
  std::set<std::string> accounts_in_use;
};

/// What all shards have seen, and what the server knows without them.
struct ServerNumbers {
  broker::ShardStatistics sum;
  std::size_t accounts_in_use = 0;
  std::int64_t clients = 0;
  std::int64_t leafs = 0;
  std::uint64_t connections_ever = 0;
  double cpu_percent = 0;
  std::int64_t resident_bytes = 0;

  static ServerNumbers make(const std::vector<ServerPart>& parts, const broker::Context& context,
                            ProcessUsage& usage);
};

struct ServerFacts {
  const broker::Context& context;
  std::int64_t start_unix_ns;          ///< when the server started
  unsigned shards;                     ///< at most
};

[[nodiscard]] std::string varz_document(const ServerFacts& facts, const ServerNumbers& numbers);
/// The "statsz" object of a STATSZ event.
void write_statsz(wire::JsonWriter& out, const ServerFacts& facts, const ServerNumbers& numbers);
[[nodiscard]] std::string healthz_document();
[[nodiscard]] std::string idz_document(const broker::Context& context);
[[nodiscard]] std::string routez_document(const broker::Context& context);
[[nodiscard]] std::string gatewayz_document(const broker::Context& context);
[[nodiscard]] std::string jsz_document(const broker::Context& context);

}  // namespace leafnats::monitor
