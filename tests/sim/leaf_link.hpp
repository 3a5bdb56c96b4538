// SPDX-License-Identifier: Apache-2.0
//
// A leaf link between two simulated servers: dials, is cut, dials again. Each attempt is a pair of
// pipes of its own; after a cut each end finds out in its own time, so that a hub may still hold
// the old link when the new one comes.
#pragma once

#include "broker/remote_link.hpp"
#include "link_tap.hpp"
#include "server_end.hpp"

#include <memory>
#include <vector>

namespace leafnats::sim {

class LeafLink final : public broker::RemoteLink {
 public:
  LeafLink(Stage& stage, SimServer& leaf, SimServer& hub);

  void dial();
  void cut();
  /// Cuts, and dials no more.
  void stop();
  /// Nothing is expected of the link any more, not even that it ends properly.
  void abandon() noexcept { abandoned_ = true; }

  [[nodiscard]] bool up() const noexcept { return up_; }
  [[nodiscard]] bool idle() const noexcept;
  void check_interest(const std::vector<std::string>& marks);

  // ---- broker::RemoteLink ----
  [[nodiscard]] const RemoteLeafOpts& options() const override { return options_; }
  [[nodiscard]] UserInfo user_info() const override { return {}; }
  [[nodiscard]] std::string host() const override { return "hub"; }
  void on_gossip(const std::vector<std::string>&) override {}
  void on_up() override;
  void on_down(broker::CloseReason reason, std::string_view detail,
               std::chrono::milliseconds pause) override;

 private:
  struct Attempt {
    Attempt(Stage& stage, SimServer& leaf, unsigned leaf_shard, SimServer& hub,
            unsigned hub_shard);
    Pipe up;
    Pipe down;
    ServerEnd leaf_end;
    ServerEnd hub_end;
    std::map<std::uint32_t, int> crossed;
    LinkTap up_tap;
    LinkTap down_tap;
    bool cut = false;
  };

  Stage& stage_;
  SimServer& leaf_;
  SimServer& hub_;
  const unsigned leaf_shard_ = 0;  // remotes live on the first shard
  const RemoteLeafOpts options_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  bool up_ = false;
  bool stopped_ = false;
  bool abandoned_ = false;
};

}  // namespace leafnats::sim
