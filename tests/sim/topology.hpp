// SPDX-License-Identifier: Apache-2.0
//
// The model's map: servers, the leaf links between them, and what may pass along a way through
// them. At rest links make a forest, so there is one way or none between two servers; while a
// circle is closed nothing is promised between servers.
#pragma once

#include "plan.hpp"
#include "rules.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::sim {

struct LinkRecord {
  int leaf = 0;             ///< the end that dials
  int hub = 0;
  bool reversed = false;
  LinkRules rules;
  LinkPlan plan;
  std::string leaf_cluster;
  std::string hub_cluster;
  bool leaf_isolates = false;  ///< this end does not tell of other leafs
  bool hub_isolates = false;
  bool wanted = true;       ///< configured now
  bool held = true;         ///< was up all the time since the round began

  [[nodiscard]] Way way_from(int server) const noexcept {
    return server == leaf ? Way::up : Way::down;
  }
  [[nodiscard]] bool joins(int server) const noexcept { return server == leaf || server == hub; }
  /// Whether `server` is the hub of the link, whoever dialled.
  [[nodiscard]] bool is_hub(int server) const noexcept {
    return server == (reversed ? leaf : hub);
  }
  [[nodiscard]] bool isolated_from(int server) const noexcept {
    return server == leaf ? leaf_isolates : hub_isolates;
  }
  [[nodiscard]] const std::string& cluster_of(int server) const noexcept {
    return server == leaf ? leaf_cluster : hub_cluster;
  }
};

/// One step of a way: over `link`, from this end of it.
struct Hop {
  const LinkRecord* link;
  int from;
  [[nodiscard]] int to() const noexcept { return from == link->leaf ? link->hub : link->leaf; }
  [[nodiscard]] Way way() const noexcept { return link->way_from(from); }
};
using Path = std::vector<Hop>;

class Topology {
 public:
  explicit Topology(const Plan& plan);

  // ---- Changes ----

  int add_server(const ServerPlan& server);
  LinkRecord& add_link(const LinkPlan& plan);
  void remove_link(LinkRecord& link);
  /// The link broke in this round.
  void break_link(LinkRecord& link) { link.held = false; }
  /// A server let no messages pass on one of its links for a while in this round: it took late
  /// news of a link that has moved for a circle. Nobody can tell from outside which link it was.
  void break_links_of(int server);
  /// A circle is closed or opened; nothing between servers counts as held while it is.
  void set_circle(bool closed) noexcept { circle_ = closed; }
  void begin_round();

  // ---- Questions ----

  [[nodiscard]] const std::vector<std::unique_ptr<LinkRecord>>& links() const noexcept {
    return links_;
  }
  /// Whether there is nothing about which only the old or only the new ways are right.
  [[nodiscard]] bool unchanged() const noexcept { return !changed_ && !circle_; }
  [[nodiscard]] bool circle() const noexcept { return circle_; }
  [[nodiscard]] bool all_links_held() const;

  /// Null: there is no way.
  [[nodiscard]] const Path* path(int from, int to) const;
  /// No link on the way broke in this round.
  [[nodiscard]] bool held(const Path& path) const;
  /// Interest in `pattern` comes from the path's beginning to its end. What a hub tells a leaf
  /// that does not take it has been told, but gets nowhere.
  enum class Arrival : bool { told, taken };
  [[nodiscard]] bool tells(const Path& path, std::string_view pattern, Arrival arrival) const;
  /// As tells(), for what no permission applies to.
  [[nodiscard]] bool tells_mark(const Path& path) const;
  /// A message comes from the path's beginning to its end, if somebody there wants it.
  [[nodiscard]] bool carries(const Path& path, std::string_view subject) const;

 private:
  [[nodiscard]] std::optional<Path> search(int from, int to, const LinkRecord* last) const;

  std::vector<ServerPlan> servers_;
  std::vector<std::unique_ptr<LinkRecord>> links_;  // also those that are gone
  bool changed_ = false;
  bool circle_ = false;
  mutable std::map<std::pair<int, int>, std::optional<Path>> paths_;
};

}  // namespace leafnats::sim
