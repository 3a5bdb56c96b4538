// SPDX-License-Identifier: Apache-2.0
//
// Rounds of a simulated world.

#include "world.hpp"

#include "local_client.hpp"
#include "wire_client.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace leafnats::sim {
namespace {

// A world that is left alone comes to rest well within this: the longest it has to wait for are
// write deadlines and the 30 s pause after a loop.
constexpr std::int64_t rest_ns_max = 120 * seconds;

// Each may lead to another, so there must be an end.
constexpr int promises_tested_max = 400;

/// A literal subject that `pattern` matches.
std::string literal_of(std::string_view pattern) {
  std::string subject;
  for (const char c : pattern) subject += c == '*' || c == '>' ? 'p' : c;
  return subject;
}

}  // namespace

World::World(std::uint64_t seed, Journal::Lines lines) : stage_(seed, lines) {
  if (stage_.journal.wants_lines()) stage_.tell("{}", to_string(stage_.plan));
  for (const ServerPlan& server : stage_.plan.servers) start_server(server);
  for (auto& record : stage_.model.topology().links()) start_link(*record);
  stage_.on_pong = [this](ConnectionRecord& connection) { test_promise(connection); };
  for (auto& server : servers_) connect_client(*server);
  for (int i = server_count(); i < stage_.plan.wire_clients; ++i) connect_client();
  for (int i = 0; i < stage_.plan.local_clients; ++i) {
    clients_.push_back(std::make_unique<LocalClient>(stage_, draw_server()));
  }
}

World::~World() {
  for (auto& link : links_) link->abandon();
}

void World::run() {
  come_to_rest();
  for (int round = 0; round < stage_.plan.rounds && !stage_.journal.failed(); ++round) {
    begin_round();
    if (stage_.plan.upheaval && one_in(stage_.random, 2)) {
      stage_.scheduler.after(draw_moment(), [this] { upset(); });
    }
    play_round();
    come_to_rest();
    check();
    if (stage_.journal.failed()) return;
    begin_round();
    play_probes();
    come_to_rest();
    check();
  }
  end();
}

// ---- Servers and links ----

void World::start_server(const ServerPlan& plan) {
  const auto index = static_cast<int>(servers_.size());
  servers_.push_back(std::make_unique<SimServer>(stage_, index, plan));
  while (!changing_ && servers_.back()->starting()) stage_.scheduler.run_next();
}

LeafLink& World::start_link(LinkRecord& record) {
  SimServer& leaf = *servers_[static_cast<std::size_t>(record.leaf)];
  SimServer& hub = *servers_[static_cast<std::size_t>(record.hub)];
  links_.push_back(std::make_unique<LeafLink>(stage_, leaf, hub, record));
  links_.back()->dial_after(0);
  return *links_.back();
}

SimServer& World::draw_server() {
  return *servers_[stage_.random.below(static_cast<std::uint32_t>(servers_.size()))];
}

// ---- Clients ----

void World::connect_client() { connect_client(draw_server()); }

void World::connect_client(SimServer& server) {
  clients_.push_back(std::make_unique<WireClient>(stage_, server));
  clients_.back()->record().troubled = all_wires_troubled();
  for (std::uint32_t i = stage_.random.below(4); i > 0; --i) {
    clients_.back()->subscribe(draw_pattern(stage_.random), draw_queue(stage_.random));
  }
}

Client* World::draw_client() {
  std::vector<Client*> live;
  for (auto& client : clients_) {
    if (client->live()) live.push_back(client.get());
  }
  if (live.empty()) return nullptr;
  return live[stage_.random.below(static_cast<std::uint32_t>(live.size()))];
}

Client* World::draw_client_of(int server) {
  std::vector<Client*> live;
  for (auto& client : clients_) {
    if (client->live() && client->record().server == server) live.push_back(client.get());
  }
  if (live.empty()) return nullptr;
  return live[stage_.random.below(static_cast<std::uint32_t>(live.size()))];
}

// ---- Rounds ----

void World::begin_round() {
  stage_.model.begin_round();
  stage_.tell("---- round {} ----", stage_.model.round());
  for (auto& client : clients_) {
    client->record().troubled = all_wires_troubled();
  }
}

bool World::all_wires_troubled() const noexcept {
  // With bulk any reader may be the slow one, and a slow wire makes one without bulk.
  return stage_.plan.weather.bulk || stage_.plan.weather.slow_links;
}

void World::play_round() {
  for (int i = 0; i < stage_.plan.actions; ++i) {
    stage_.scheduler.after(draw_moment(), [this] { act(); });
  }
}

std::int64_t World::draw_moment() {
  return stage_.random.below(static_cast<std::uint32_t>(stage_.plan.round_ns / us)) * us;
}

World::Action World::draw_action() {
  const Weather& weather = stage_.plan.weather;
  const unsigned weights[] = {25, 14, 40, 8, 4, 6, weather.stalls, weather.client_cuts,
                              links_.empty() ? 0 : weather.link_cuts, 3, 1};
  std::uint32_t chosen =
      stage_.random.below(std::accumulate(std::begin(weights), std::end(weights), 0U));
  std::uint8_t action = 0;
  while (chosen >= weights[action]) chosen -= weights[action++];
  return Action{action};
}

void World::act() {
  const Action action = draw_action();
  if (action == Action::cut_link) {
    links_[stage_.random.below(static_cast<std::uint32_t>(links_.size()))]->cut();
  } else if (action == Action::nap) {
    SimServer& server = draw_server();
    server.nap(stage_.random.below(server.shards()), stage_.random.below(300) * ms);
  } else if (action == Action::activate) {
    draw_server().activate_next();
  } else if (Client* client = draw_client()) {
    act_with(*client, action);
    if (client->live() && one_in(stage_.random, 2)) client->ping();
  } else {
    connect_client();
  }
}

void World::act_with(Client& client, Action action) {
  base::Random& random = stage_.random;
  const auto publish = [&](bool with_reply) {
    client.publish({draw_subject(random), draw_size(stage_.plan, random), with_reply,
                    one_in(random, 4)});
  };
  switch (action) {
    case Action::subscribe:
      client.subscribe(draw_pattern(random), draw_queue(random));
      // At times with a limit from the start.
      if (one_in(random, 8)) {
        if (SubscriptionRecord* own = client.draw_subscription(); own && own->max == 0) {
          client.unsubscribe(*own, 1 + random.below(4));
        }
      }
      break;
    case Action::unsubscribe:
      if (SubscriptionRecord* own = client.draw_subscription()) {
        client.unsubscribe(*own, own->max == 0 && one_in(random, 3) ? 1 + random.below(6) : 0);
      }
      break;
    case Action::request:
      publish(true);
      break;
    case Action::burst:
      publish_burst(client);
      break;
    case Action::stall:
      client.stall((one_in(random, 4) ? random.below(stage_.plan.weather.bulk ? 12'000 : 3'000)
                                      : random.below(100)) * ms);
      break;
    case Action::cut_client:
      cut_client(client);
      break;
    default:
      publish(one_in(random, 6));
      break;
  }
}

void World::publish_burst(Client& client) {
  base::Random& random = stage_.random;
  const std::uint32_t count = 5 + random.below(25);
  if (!stage_.plan.weather.bulk) {
    for (std::uint32_t i = 0; i < count; ++i) {
      client.publish({draw_subject(random), draw_size(stage_.plan, random), false,
                      one_in(random, 4)});
    }
    return;
  }
  // All of it to one subscription, so that somebody falls behind by more than a megabyte.
  const auto& subscriptions = stage_.model.subscriptions();
  const auto chosen = random.below(static_cast<std::uint32_t>(subscriptions.size()));
  const std::string subject = literal_of(subscriptions[chosen]->pattern);
  for (std::uint32_t i = 0; i < 2 * count; ++i) {
    client.publish({subject, random.below(96 * 1024), false, false});
  }
}

void World::test_promise(ConnectionRecord& confirmed) {
  if (promises_tested_ >= promises_tested_max || !one_in(stage_.random, 3)) return;
  ++promises_tested_;
  Client* other = draw_client_of(confirmed.server);
  if (other == nullptr) return;
  if (one_in(stage_.random, 2)) {
    other->ping();
    return;
  }
  // What was just confirmed is likely to be the last that the connection subscribed to.
  const auto& subscriptions = stage_.model.subscriptions();
  const auto last = std::find_if(subscriptions.rbegin(), subscriptions.rend(), [&](const auto* s) {
    return s->connection == &confirmed && !s->pattern.starts_with('_');
  });
  if (last == subscriptions.rend()) return;
  other->publish({literal_of((*last)->pattern), 12 + stage_.random.below(100), false, false});
}

void World::cut_client(Client& client) {
  client.leave(one_in(stage_.random, 2));
  if (!one_in(stage_.random, 3)) connect_client();
}

void World::play_probes() {
  const std::vector<std::string> subjects = probe_subjects();
  for (auto& server : servers_) {
    if (draw_client_of(server->index()) == nullptr) connect_client(*server);
    for (const std::string& subject : subjects) {
      Client* client = draw_client_of(server->index());
      client->publish({subject, 10 + stage_.random.below(8), one_in(stage_.random, 2),
                       one_in(stage_.random, 8)});
    }
  }
}

std::vector<std::string> World::probe_subjects() const {
  std::set<std::string> subjects{"nobody.is.there"};
  for (const SubscriptionRecord* subscription : stage_.model.subscriptions()) {
    // Inboxes once for each server is plenty.
    if (!subscription->pattern.starts_with('_')) subjects.insert(literal_of(subscription->pattern));
  }
  return {subjects.begin(), subjects.end()};
}

// ---- Rest ----

void World::come_to_rest() {
  Scheduler& scheduler = stage_.scheduler;
  const std::int64_t deadline = scheduler.now() + stage_.plan.round_ns + rest_ns_max;
  while (!stage_.journal.failed()) {
    if (!scheduler.has_work()) {
      for (auto& client : clients_) client->settle();
      if (!scheduler.has_work() && idle()) return;
    }
    if (scheduler.empty() || scheduler.now() > deadline) {
      stage_.checker.fail("does not come to rest", "something is still under way");
      return;
    }
    scheduler.run_next();
  }
}

bool World::idle() const {
  return std::all_of(servers_.begin(), servers_.end(), [](auto& s) { return s->idle(); }) &&
         std::all_of(links_.begin(), links_.end(), [](auto& l) { return l->idle(); }) &&
         std::all_of(clients_.begin(), clients_.end(), [](auto& c) { return c->idle(); });
}

std::vector<std::string> World::marks() const {
  std::vector<std::string> marks;
  for (auto& server : servers_) marks.push_back(server->mark());
  return marks;
}

void World::check() {
  if (stage_.journal.failed()) return;
  stage_.checker.check_round();
  for (auto& link : links_) link->check_interest(marks());
  for (auto& server : servers_) check_counts(*server);
}

void World::check_counts(const SimServer& server) {
  if (stage_.model.topology().circle()) return;  // which of its links is up may change at any time
  const int index = server.index();
  std::int64_t subscriptions = stage_.checker.active_subscriptions(index);
  std::int64_t leafs = 0;
  const Topology& map = stage_.model.topology();
  for (const auto& link : map.links()) {
    if (!link->wanted || !link->joins(index)) continue;
    ++leafs;
    const int other = link->leaf == index ? link->hub : link->leaf;
    for (const auto& [key, members] : stage_.checker.expected_interest(other, index, marks())) {
      if (key.first.starts_with('$') || link->rules.takes(link->way_from(other), key.first)) {
        ++subscriptions;
      }
    }
  }
  const auto wires = std::count_if(clients_.begin(), clients_.end(), [&](const auto& client) {
    return client->live() && client->record().server == index &&
           dynamic_cast<const WireClient*>(client.get()) != nullptr;
  });
  const auto expect = [&](std::string_view what, std::int64_t wanted, std::int64_t got) {
    if (wanted == got) return;
    stage_.checker.fail("memory returns",
                        fmt::format("s{} has {} {} instead of {}", index, got, what, wanted));
  };
  broker::Context& context = const_cast<SimServer&>(server).context();
  expect("subscriptions", subscriptions, server.subscriptions());
  expect("sessions", wires + leafs, static_cast<std::int64_t>(server.sessions()));
  expect("client connections", wires, context.client_connections.load());
  expect("leaf connections", leafs, context.leaf_connections.load());
}

void World::end() {
  if (stage_.journal.failed()) return;
  stage_.tell("---- end ----");
  for (auto& client : clients_) client->leave(true);
  for (auto& link : links_) link->stop();
  come_to_rest();
  for (auto& server : servers_) {
    if (server->sessions() == 0 && server->subscriptions() == 0) continue;
    stage_.checker.fail("memory returns",
                        fmt::format("s{} ends with {} sessions and {} subscriptions",
                                    server->index(), server->sessions(),
                                    server->subscriptions()));
  }
}

}  // namespace leafnats::sim
