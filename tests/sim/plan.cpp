// SPDX-License-Identifier: Apache-2.0
//
// Drawing topologies, wires, subjects and sizes.

#include "plan.hpp"

#include "base/limits.hpp"

#include <fmt/format.h>

namespace leafnats::sim {
namespace {

constexpr std::string_view tokens[] = {"a", "b", "c"};
constexpr unsigned shard_choices[] = {1, 1, 2, 2, 4};

/// Parents of: one server; a hub and leafs; a chain; a tree that is at most three deep.
std::vector<int> draw_parents(base::Random& random) {
  std::vector<int> parents{-1};
  const std::uint32_t kind = random.below(8);
  if (kind <= 1) return parents;
  const int count = 2 + static_cast<int>(random.below(kind <= 4 ? 3 : 4));
  for (int i = 1; i < count; ++i) {
    if (kind <= 4) {
      parents.push_back(0);
    } else if (kind == 5) {
      parents.push_back(i - 1);
    } else {
      parents.push_back(static_cast<int>(random.below(static_cast<std::uint32_t>(i))));
    }
  }
  return parents;
}

}  // namespace

Plan make_plan(std::uint64_t seed, base::Random& random) {
  Plan plan;
  plan.seed = seed;
  for (const int parent : draw_parents(random)) {
    ServerPlan server;
    server.parent = parent;
    server.shards = shard_choices[random.below(std::size(shard_choices))];
    server.shards_at_work = one_in(random, 3) ? 1 + random.below(server.shards) : server.shards;
    plan.servers.push_back(server);
  }
  const auto servers = static_cast<int>(plan.servers.size());
  plan.wire_clients = servers + 1 + static_cast<int>(random.below(6));
  plan.local_clients = static_cast<int>(random.below(3));
  plan.rounds = 2 + static_cast<int>(random.below(3));
  plan.actions = 20 + static_cast<int>(random.below(80));
  plan.round_ns = (1 + random.below(100)) * ms;
  plan.weather.client_cuts = random.below(4);
  plan.weather.link_cuts = random.below(3);
  plan.weather.stalls = random.below(4);
  plan.weather.bulk = one_in(random, 12);
  plan.weather.slow_links = one_in(random, 4);
  if (plan.weather.bulk) {
    plan.max_pending = (1 + random.below(8)) * 1024 * 1024;
    plan.write_deadline_ms = 1'000 + random.below(9'000);
    plan.weather.stalls += 2;
  }
  return plan;
}

std::string to_string(const Plan& plan) {
  std::string text = fmt::format("seed {}: {} rounds of {} actions in {} ms, {} clients, {} local",
                                 plan.seed, plan.rounds, plan.actions, plan.round_ns / ms,
                                 plan.wire_clients, plan.local_clients);
  for (std::size_t i = 0; i < plan.servers.size(); ++i) {
    const ServerPlan& server = plan.servers[i];
    text += fmt::format("; s{} of {} shards ({} at work)", i, server.shards,
                        server.shards_at_work);
    if (server.parent >= 0) text += fmt::format(" is a leaf of s{}", server.parent);
  }
  if (plan.weather.bulk) text += "; bulk";
  return text;
}

Pipe::Shape draw_client_wire(const Plan& plan, base::Random& random) {
  Pipe::Shape shape;
  shape.latency_ns = (10 + random.below(2'000)) * us;
  shape.jitter_ns = one_in(random, 2) ? random.below(3'000) * us : 0;
  shape.window_bytes = std::size_t{1} << ((plan.weather.bulk ? 13 : 9) + random.below(6));
  if (plan.weather.slow_links && one_in(random, 3)) shape.bytes_per_second = 1'000'000;
  return shape;
}

Pipe::Shape draw_leaf_wire(const Plan& plan, base::Random& random) {
  Pipe::Shape shape;
  shape.latency_ns = (50 + random.below(20'000)) * us;
  shape.jitter_ns = one_in(random, 2) ? random.below(5'000) * us : 0;
  shape.window_bytes = std::size_t{1} << ((plan.weather.bulk ? 14 : 10) + random.below(6));
  if (plan.weather.slow_links && one_in(random, 2)) shape.bytes_per_second = 4'000'000;
  return shape;
}

std::string draw_subject(base::Random& random) {
  std::string subject(tokens[random.below(3)]);
  for (std::uint32_t more = random.below(3); more > 0; --more) {
    subject.append(".").append(tokens[random.below(3)]);
  }
  return subject;
}

std::string draw_pattern(base::Random& random) {
  if (one_in(random, 24)) return ">";
  std::string pattern;
  const std::uint32_t count = 1 + random.below(3);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) pattern += '.';
    const std::uint32_t kind = random.below(8);
    if (kind == 0 && i > 0 && i + 1 == count) {
      pattern += '>';
    } else if (kind <= 1) {
      pattern += '*';
    } else {
      pattern += tokens[random.below(3)];
    }
  }
  return pattern;
}

std::string draw_queue(base::Random& random) {
  const std::uint32_t kind = random.below(6);
  if (kind == 0) return "q1";
  return kind == 1 ? "q2" : std::string();
}

std::size_t draw_size(const Plan& plan, base::Random& random) {
  const std::uint32_t kind = random.below(100);
  if (kind < 15) return random.below(4);
  if (kind < 70) return random.below(200);
  if (kind < 88) return random.below(4'000);
  if (kind < 94) return limits::slice_payload_bytes_min - 40 + random.below(80);
  if (kind < 98 && !plan.weather.bulk) return random.below(20'000);
  return one_in(random, 4) ? random.below(150'000) : random.below(64 * 1024 + 1);
}

}  // namespace leafnats::sim
