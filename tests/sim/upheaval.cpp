// SPDX-License-Identifier: Apache-2.0
//
// What changes about servers and links while a world lives. At rest links must make a forest
// again, but for a circle, which is closed for a round or two: its servers have to cut it.

#include "wire_client.hpp"
#include "world.hpp"

#include <algorithm>

namespace leafnats::sim {
namespace {

constexpr int servers_max = 6;

/// Whether the circle that a link from the path's beginning to its end closes would be found:
/// isolated links do not pass marks on.
bool loops(const Path& path) {
  return std::none_of(path.begin(), path.end(), [](const Hop& hop) {
    return hop.link->leaf_isolates || hop.link->hub_isolates;
  });
}

}  // namespace

void World::upset() {
  changing_ = true;
  if (circle_ != nullptr) {
    if (one_in(stage_.random, 2)) open_circle();
  } else {
    switch (stage_.random.below(6)) {
      case 0: move_leaf(); break;
      case 1: disable_link(); break;
      case 2: connect_parts(); break;
      case 3: join_server(); break;
      case 4: restart_server(draw_server()); break;
      default: close_circle(); break;
    }
  }
  changing_ = false;
}

LeafLink* World::draw_link() {
  std::vector<LeafLink*> running;
  for (auto& link : links_) {
    if (!link->stopped()) running.push_back(link.get());
  }
  if (running.empty()) return nullptr;
  return running[stage_.random.below(static_cast<std::uint32_t>(running.size()))];
}

/// A server from which there is no way to `server`, or -1.
int World::draw_stranger(int server) {
  std::vector<int> strangers;
  for (int other = 0; other < server_count(); ++other) {
    if (stage_.model.topology().path(other, server) == nullptr) strangers.push_back(other);
  }
  if (strangers.empty()) return -1;
  return strangers[stage_.random.below(static_cast<std::uint32_t>(strangers.size()))];
}

LeafLink& World::add_link(int leaf, int hub) {
  LinkPlan plan{.leaf = leaf, .hub = hub, .reversed = one_in(stage_.random, 10)};
  plan.compression = draw_compression(stage_.plan, stage_.random);
  if (stage_.plan.permissions && !plan.reversed) plan.rules = draw_link_rules(stage_.random);
  stage_.tell("s{} is to dial s{}", leaf, hub);
  return start_link(stage_.model.topology().add_link(plan));
}

void World::remove_link(LeafLink& link) {
  stage_.tell("the link s{}-s{} is disabled", link.entry().leaf, link.entry().hub);
  link.stop();
  stage_.model.topology().remove_link(link.entry());
}

void World::move_leaf() {
  LeafLink* link = draw_link();
  if (link == nullptr) return;
  const int leaf = link->entry().leaf;
  const int before = link->entry().hub;
  remove_link(*link);
  const int hub = draw_stranger(leaf);
  if (hub >= 0 && hub != before) add_link(leaf, hub);
}

void World::disable_link() {
  if (LeafLink* link = draw_link()) remove_link(*link);
}

void World::connect_parts() {
  const int server = draw_server().index();
  const int stranger = draw_stranger(server);
  if (stranger >= 0) add_link(server, stranger);
}

void World::join_server() {
  if (server_count() == servers_max) return;
  ServerPlan plan = leafnats::sim::draw_server(stage_.random);
  plan.cluster = fmt::format("s{}", server_count());
  const int hub = draw_server().index();
  const int server = stage_.model.add_server(plan);
  stage_.tell("s{} of {} shards joins", server, plan.shards);
  start_server(plan);
  add_link(server, hub);
  connect_client(*servers_.back());
}

void World::restart_server(SimServer& server) {
  for (auto& client : clients_) {
    if (client->record().server == server.index()) client->lose_server();
  }
  std::vector<LeafLink*> touched;
  for (auto& link : links_) {
    if (link->entry().joins(server.index())) touched.push_back(link.get());
  }
  for (LeafLink* link : touched) link->begin_death(server);
  server.restart();
  for (LeafLink* link : touched) link->end_death(server);
}

void World::close_circle() {
  std::vector<std::pair<int, int>> pairs;
  for (int from = 0; from < server_count(); ++from) {
    for (int to = 0; to < server_count(); ++to) {
      const Path* path = stage_.model.topology().path(from, to);
      if (path != nullptr && path->size() >= 2 && loops(*path)) pairs.emplace_back(from, to);
    }
  }
  if (pairs.empty()) return;
  const auto [leaf, hub] = pairs[stage_.random.below(static_cast<std::uint32_t>(pairs.size()))];
  stage_.tell("a circle is closed");
  stage_.model.topology().set_circle(true);
  circle_ = &start_link(stage_.model.topology().add_link({.leaf = leaf, .hub = hub}));
}

void World::open_circle() {
  stage_.tell("the circle is opened");
  remove_link(*std::exchange(circle_, nullptr));
  stage_.model.topology().set_circle(false);
}

}  // namespace leafnats::sim
