// SPDX-License-Identifier: Apache-2.0
//
// What a seed decides before anything happens: the servers and how they hang together, the
// clients, what their wires are like, and how rough the weather is. Everything drawn later comes
// from the same generator, so the seed decides that too.
#pragma once

#include "base/random.hpp"
#include "pipe.hpp"
#include "rules.hpp"

#include <leafnats/compression.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace leafnats::sim {

struct ServerPlan {
  unsigned shards = 1;
  unsigned shards_at_work = 1;  ///< at the start; the others may be put to work later
  std::string cluster;          ///< what its peers are told; empty: none
  bool isolate = false;         ///< tells nobody on a leaf link of other leafs
  CompressionMode compression = CompressionMode::off;  ///< of links that it accepts
};

struct LinkPlan {
  int leaf = 0;                 ///< the end that dials
  int hub = 0;
  bool reversed = false;        ///< the end that dials is the hub (`hub: true`)
  bool isolate = false;         ///< the end that dials tells nothing of its leafs
  bool request_isolation = false;  ///< and does not want to hear of others
  CompressionMode compression = CompressionMode::off;
  LinkRules rules = {};
};

struct Weather {
  unsigned client_cuts = 0;    ///< weights among the actions of a round
  unsigned link_cuts = 0;
  unsigned stalls = 0;
  bool bulk = false;           ///< large messages to slow readers, until publishers are paused
  bool slow_links = false;
  bool thin_links = false;     ///< some thousand bytes a second, far away
};

struct Plan {
  std::uint64_t seed = 0;
  std::vector<ServerPlan> servers;
  std::vector<LinkPlan> links;
  int wire_clients = 2;
  int local_clients = 0;
  int rounds = 2;
  int actions = 40;            ///< of all clients together in one round
  std::int64_t round_ns = 100 * ms;
  std::size_t max_pending = 64 * 1024 * 1024;
  std::int64_t write_deadline_ms = 10'000;
  std::uint32_t mailbox_batches = 64;  ///< in flight from one shard to another
  bool compression = false;    ///< of leaf links, in all modes
  bool permissions = false;    ///< some clients and links are restricted
  bool upheaval = false;       ///< servers and links change from round to round
  Weather weather;
};

[[nodiscard]] Plan make_plan(std::uint64_t seed, base::Random& random);
[[nodiscard]] std::string to_string(const Plan& plan);
[[nodiscard]] std::string to_string(const Permissions& rules);

[[nodiscard]] ServerPlan draw_server(base::Random& random);
[[nodiscard]] Pipe::Shape draw_client_wire(const Plan& plan, base::Random& random);
[[nodiscard]] Pipe::Shape draw_leaf_wire(const Plan& plan, base::Random& random);

/// A small world of subjects, so that subscriptions meet.
[[nodiscard]] std::string draw_subject(base::Random& random);
[[nodiscard]] std::string draw_pattern(base::Random& random);
[[nodiscard]] std::string draw_queue(base::Random& random);  ///< empty: none
[[nodiscard]] std::size_t draw_size(const Plan& plan, base::Random& random);

[[nodiscard]] CompressionMode draw_compression(const Plan& plan, base::Random& random);

/// Null: everything is allowed.
[[nodiscard]] std::shared_ptr<const Permissions> draw_client_rules(base::Random& random);
[[nodiscard]] LinkRules draw_link_rules(base::Random& random);

/// Whether something of one chance in `of` happens.
[[nodiscard]] inline bool one_in(base::Random& random, std::uint32_t of) {
  return random.below(of) == 0;
}

}  // namespace leafnats::sim
