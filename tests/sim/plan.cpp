// SPDX-License-Identifier: Apache-2.0
//
// Drawing topologies, wires, subjects and sizes.

#include "plan.hpp"

#include "base/limits.hpp"
#include "wire/zstd_filter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace leafnats::sim {
namespace {

constexpr std::string_view tokens[] = {"a", "b", "c"};
constexpr unsigned shard_choices[] = {1, 1, 2, 2, 4};

/// One server; a hub and leafs; a chain; a tree that is at most three deep; a leaf of two hubs.
void draw_topology(Plan& plan, base::Random& random) {
  plan.servers.push_back(draw_server(random));
  const std::uint32_t kind = random.below(9);
  if (kind <= 1) return;
  const int count = 2 + static_cast<int>(random.below(kind <= 4 ? 3 : 4));
  for (int i = 1; i < count; ++i) {
    plan.servers.push_back(draw_server(random));
    int hub = 0;
    if (kind == 5) hub = i - 1;
    if (kind == 6 || kind == 7) hub = static_cast<int>(random.below(static_cast<std::uint32_t>(i)));
    // s1 dials nobody, and s2 both.
    if (kind == 8 && i == 1 && count > 2) continue;
    plan.links.push_back({.leaf = i, .hub = hub});
    if (kind == 8 && i == 2) plan.links.push_back({.leaf = 2, .hub = 1});
  }
  if (kind == 8 && plan.upheaval && count > 2) plan.servers[1].cluster = "s1";
}

/// A server that dials somebody has a cluster name, if need be its own.
void draw_clusters(Plan& plan, base::Random& random) {
  for (const LinkPlan& link : plan.links) {
    plan.servers[static_cast<std::size_t>(link.leaf)].cluster = fmt::format("s{}", link.leaf);
  }
  if (plan.upheaval) plan.servers.front().cluster = "s0";  // it may come to dial, too
  // Leafs of one cluster, on one hub, do not hear each other.
  if (plan.upheaval || plan.links.size() < 2 || !one_in(random, 6)) return;
  const LinkPlan& first = plan.links.front();
  for (const LinkPlan& link : plan.links) {
    if (link.hub == first.hub && !one_in(random, 3)) {
      plan.servers[static_cast<std::size_t>(link.leaf)].cluster = "edge";
    }
  }
}

void draw_isolation(Plan& plan, base::Random& random) {
  if (!one_in(random, 6)) return;
  for (ServerPlan& server : plan.servers) server.isolate = one_in(random, 4);
  for (LinkPlan& link : plan.links) {
    link.isolate = one_in(random, 4);
    link.request_isolation = one_in(random, 3);
  }
}

void draw_links(Plan& plan, base::Random& random) {
  for (ServerPlan& server : plan.servers) server.compression = draw_compression(plan, random);
  for (LinkPlan& link : plan.links) {
    link.compression = draw_compression(plan, random);
    if (plan.permissions && !one_in(random, 3)) link.rules = draw_link_rules(random);
    if (!link.rules.restricted()) link.reversed = one_in(random, 10);
  }
}

std::vector<std::string> draw_list(base::Random& random, std::uint32_t count_max) {
  std::vector<std::string> list;
  for (std::uint32_t i = random.below(count_max + 1); i > 0; --i) {
    list.push_back(draw_pattern(random));
  }
  return list;
}

/// Entries that speak of queues, some of them of all queues.
void draw_queue_entries(std::vector<std::string>& list, base::Random& random) {
  constexpr std::string_view queues[] = {"q1", "q2", "*", ">"};
  for (std::string& entry : list) {
    if (one_in(random, 4)) entry.append(" ").append(queues[random.below(std::size(queues))]);
  }
}

std::string to_string(const std::vector<std::string>& list) {
  return fmt::format("[{}]", fmt::join(list, ", "));
}

}  // namespace

ServerPlan draw_server(base::Random& random) {
  ServerPlan server;
  server.shards = shard_choices[random.below(std::size(shard_choices))];
  server.shards_at_work = one_in(random, 3) ? 1 + random.below(server.shards) : server.shards;
  return server;
}

Plan make_plan(std::uint64_t seed, base::Random& random) {
  Plan plan;
  plan.seed = seed;
  plan.compression = one_in(random, 3);
  plan.permissions = one_in(random, 3);
  plan.upheaval = one_in(random, 3);
  draw_topology(plan, random);
  draw_clusters(plan, random);
  draw_links(plan, random);
  draw_isolation(plan, random);
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
  plan.weather.thin_links = !plan.weather.bulk && one_in(random, 8);
  if (plan.weather.thin_links) plan.write_deadline_ms = 5'000;  // it takes longer than that
  if (one_in(random, 3)) plan.mailbox_batches = 1U << random.below(3);
  if (plan.weather.bulk) {
    plan.max_pending = (1 + random.below(8)) * 1024 * 1024;
    plan.write_deadline_ms = 1'000 + random.below(9'000);
    plan.weather.stalls += 2;
  }
  return plan;
}

std::string to_string(const Permissions& rules) {
  std::string text = fmt::format(
      "publish {} but {}, subscribe {} but {}", to_string(rules.publish.allow),
      to_string(rules.publish.deny), to_string(rules.subscribe.allow),
      to_string(rules.subscribe.deny));
  if (rules.allow_responses) {
    text += fmt::format(", {} responses in {} ms", rules.allow_responses->max_messages,
                        rules.allow_responses->expires.count());
  }
  return text;
}

std::string to_string(const Plan& plan) {
  std::string text = fmt::format("seed {}: {} rounds of {} actions in {} ms, {} clients, {} local",
                                 plan.seed, plan.rounds, plan.actions, plan.round_ns / ms,
                                 plan.wire_clients, plan.local_clients);
  for (std::size_t i = 0; i < plan.servers.size(); ++i) {
    const ServerPlan& server = plan.servers[i];
    text += fmt::format("; s{} of {} shards ({} at work), cluster '{}'{}", i, server.shards,
                        server.shards_at_work, server.cluster,
                        server.isolate ? ", isolates its leafs" : "");
  }
  for (const LinkPlan& link : plan.links) {
    text += fmt::format("; s{} dials s{}{}{}{}", link.leaf, link.hub,
                        link.reversed ? " as its hub" : "", link.isolate ? ", isolated" : "",
                        link.request_isolation ? ", asks for isolation" : "");
    if (link.rules.user) text += " with " + to_string(*link.rules.user);
    if (!link.rules.deny_imports.empty()) {
      text += ", imports not " + to_string(link.rules.deny_imports);
    }
    if (!link.rules.deny_exports.empty()) {
      text += ", exports not " + to_string(link.rules.deny_exports);
    }
  }
  if (plan.compression) text += "; compression";
  if (plan.weather.bulk) text += "; bulk";
  if (plan.weather.thin_links) text += "; thin links";
  if (plan.upheaval) text += "; upheaval";
  return text + fmt::format("; mailboxes of {}", plan.mailbox_batches);
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
  if (plan.weather.thin_links && !one_in(random, 4)) {
    shape.latency_ns = (50 + random.below(200)) * ms;
    shape.jitter_ns = one_in(random, 2) ? random.below(100) * ms : 0;
    shape.bytes_per_second = 4'000 + random.below(30'000);
    shape.window_bytes = std::size_t{1} << (10 + random.below(4));
    return shape;
  }
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
  const std::uint32_t kind = random.below(plan.weather.thin_links ? 71 : 100);
  if (kind < 15) return random.below(4);
  if (kind < 70) return random.below(200);
  if (kind < 88 || plan.weather.thin_links) return random.below(4'000);
  if (kind < 94) return limits::slice_payload_bytes_min - 40 + random.below(80);
  if (kind < 98 && !plan.weather.bulk) return random.below(20'000);
  return one_in(random, 4) ? random.below(150'000) : random.below(64 * 1024 + 1);
}

std::shared_ptr<const Permissions> draw_client_rules(base::Random& random) {
  if (one_in(random, 2)) return nullptr;
  auto rules = std::make_shared<Permissions>();
  SubjectPermissions& publish = rules->publish;
  SubjectPermissions& subscribe = rules->subscribe;
  if (one_in(random, 2)) publish.allow = draw_list(random, 3);
  if (!publish.allow.empty() && one_in(random, 2)) publish.allow.emplace_back("_INBOX.>");
  if (one_in(random, 2)) publish.deny = draw_list(random, 2);
  if (one_in(random, 2)) subscribe.allow = draw_list(random, 3);
  if (one_in(random, 2)) subscribe.deny = draw_list(random, 2);
  std::erase(subscribe.deny, ">");  // it would deny the inbox, which every client needs
  draw_queue_entries(subscribe.allow, random);
  draw_queue_entries(subscribe.deny, random);
  if (!subscribe.allow.empty()) subscribe.allow.emplace_back("_INBOX.>");
  if (one_in(random, 3)) {
    rules->allow_responses = ResponsePermission{
        one_in(random, 6) ? -1 : 1 + static_cast<int>(random.below(2)),
        std::chrono::milliseconds(one_in(random, 3) ? 5 + random.below(50) : 3'600'000)};
  }
  return rules;
}

CompressionMode draw_compression(const Plan& plan, base::Random& random) {
  constexpr CompressionMode modes[] = {
      CompressionMode::not_supported, CompressionMode::accept,    CompressionMode::s2_auto,
      CompressionMode::s2_auto,       CompressionMode::s2_fast,   CompressionMode::s2_better,
      CompressionMode::s2_best,       CompressionMode::zstd,      CompressionMode::zstd,
  };
  if (!plan.compression) return CompressionMode::off;
  const CompressionMode mode = modes[random.below(std::size(modes))];
  return wire::has_zstd || mode != CompressionMode::zstd ? mode : CompressionMode::s2_fast;
}

LinkRules draw_link_rules(base::Random& random) {
  LinkRules rules;
  if (!one_in(random, 3)) {
    auto user = std::make_shared<Permissions>();
    for (SubjectPermissions* list : {&user->publish, &user->subscribe}) {
      if (one_in(random, 2)) list->allow = draw_list(random, 3);
      if (!list->allow.empty() && one_in(random, 2)) list->allow.emplace_back("_INBOX.>");
      if (one_in(random, 2)) list->deny = draw_list(random, 2);
    }
    rules.user = std::move(user);
  }
  if (one_in(random, 3)) rules.deny_imports = draw_list(random, 2);
  if (one_in(random, 3)) rules.deny_exports = draw_list(random, 2);
  return rules;
}

}  // namespace leafnats::sim
