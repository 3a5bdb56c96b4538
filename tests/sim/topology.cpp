// SPDX-License-Identifier: Apache-2.0
//
// Ways through the map, and the rules of passing through a server: a server tells a hub of its
// own interest and of its leafs', not of another hub's, a cluster does not hear itself, and whoever
// is isolated hears of clients only.

#include "topology.hpp"

#include <algorithm>

namespace leafnats::sim {
namespace {

bool same_cluster(const Hop& in, const Hop& out) {
  const std::string& cluster = in.link->cluster_of(in.from);
  return !cluster.empty() && cluster == out.link->cluster_of(out.to());
}

/// What one of two links brings may be told on the other.
bool tells_on(const Hop& in, const Hop& out) {
  return !same_cluster(in, out) && !out.link->isolated_from(out.from) &&
         (out.link->is_hub(out.from) || in.link->is_hub(in.to()));
}

}  // namespace

Topology::Topology(const Plan& plan) {
  for (const ServerPlan& server : plan.servers) add_server(server);
  for (const LinkPlan& link : plan.links) add_link(link);
}

int Topology::add_server(const ServerPlan& server) {
  servers_.push_back(server);
  changed_ = true;
  return static_cast<int>(servers_.size()) - 1;
}

LinkRecord& Topology::add_link(const LinkPlan& plan) {
  auto link = std::make_unique<LinkRecord>();
  link->leaf = plan.leaf;
  link->hub = plan.hub;
  link->reversed = plan.reversed;
  link->rules = plan.rules;
  const ServerPlan& leaf = servers_[static_cast<std::size_t>(plan.leaf)];
  const ServerPlan& hub = servers_[static_cast<std::size_t>(plan.hub)];
  link->leaf_cluster = leaf.cluster;
  link->hub_cluster = hub.cluster;
  link->leaf_isolates = leaf.isolate || plan.isolate;
  link->hub_isolates = hub.isolate || plan.request_isolation;
  link->plan = plan;
  link->held = false;
  links_.push_back(std::move(link));
  paths_.clear();
  changed_ = true;
  return *links_.back();
}

void Topology::remove_link(LinkRecord& link) {
  link.wanted = false;
  link.held = false;
  paths_.clear();
  changed_ = true;
}

void Topology::break_links_of(int server) {
  for (const auto& link : links_) {
    if (link->leaf == server || link->hub == server) break_link(*link);
  }
}

void Topology::begin_round() {
  changed_ = false;
  // In a circle some link is always down.
  for (auto& link : links_) link->held = link->wanted && !circle_;
}

bool Topology::all_links_held() const {
  return unchanged() && std::all_of(links_.begin(), links_.end(),
                                    [](const auto& link) { return link->held || !link->wanted; });
}

const Path* Topology::path(int from, int to) const {
  const auto [known, fresh] = paths_.try_emplace({from, to});
  if (fresh) known->second = search(from, to, nullptr);
  return known->second ? &*known->second : nullptr;
}

std::optional<Path> Topology::search(int from, int to, const LinkRecord* last) const {
  if (from == to) return Path{};
  for (const auto& link : links_) {
    // In a circle this finds some way, and ends.
    if (!link->wanted || link.get() == last || !link->joins(from)) continue;
    const Hop hop{link.get(), from};
    if (circle_ && last != nullptr && hop.to() != to) continue;
    auto rest = search(hop.to(), to, link.get());
    if (!rest) continue;
    rest->insert(rest->begin(), hop);
    return rest;
  }
  return std::nullopt;
}

bool Topology::held(const Path& path) const {
  return (path.empty() || !circle_) &&
         std::all_of(path.begin(), path.end(), [](const Hop& hop) { return hop.link->held; });
}

bool Topology::tells(const Path& path, std::string_view pattern, Arrival arrival) const {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const LinkRules& rules = path[i].link->rules;
    if (!rules.tells(path[i].way(), pattern)) return false;
    const bool last = i + 1 == path.size();
    if ((!last || arrival == Arrival::taken) && !rules.takes(path[i].way(), pattern)) return false;
  }
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (!tells_on(path[i - 1], path[i])) return false;
  }
  return true;
}

bool Topology::tells_mark(const Path& path) const {
  for (std::size_t i = 1; i < path.size(); ++i) {
    // Marks pass from hub to hub, for messages do; to isolated links nothing of leafs does.
    if (same_cluster(path[i - 1], path[i])) return false;
    if (path[i].link->isolated_from(path[i].from)) return false;
  }
  return true;
}

bool Topology::carries(const Path& path, std::string_view subject) const {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!path[i].link->rules.carries(path[i].way(), subject)) return false;
    if (i > 0 && same_cluster(path[i - 1], path[i])) return false;
  }
  return true;
}

}  // namespace leafnats::sim
