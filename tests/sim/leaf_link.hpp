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
  LeafLink(Stage& stage, SimServer& leaf, SimServer& hub, LinkRecord& entry);

  void dial();
  void dial_after(std::int64_t delay_ns);
  void cut();
  /// Cuts, and dials no more.
  void stop();
  /// `server`, one of the two, dies between these two calls.
  void begin_death(const SimServer& server);
  void end_death(const SimServer& server);
  /// Nothing is expected of the link any more, not even that it ends properly.
  void abandon() noexcept { abandoned_ = true; }

  [[nodiscard]] bool up() const noexcept { return up_; }
  [[nodiscard]] bool idle() const noexcept;
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  [[nodiscard]] LinkRecord& entry() noexcept { return entry_; }
  [[nodiscard]] std::size_t attempts() const noexcept { return attempts_.size(); }
  void check_interest(const std::vector<std::string>& marks);

  // ---- broker::RemoteLink ----
  [[nodiscard]] const RemoteLeafOpts& options() const override { return options_; }
  [[nodiscard]] UserInfo user_info() const override { return {user_, {}, false}; }
  [[nodiscard]] std::string host() const override { return "hub"; }
  void on_gossip(const std::vector<std::string>&) override {}
  void on_up() override;
  [[nodiscard]] const std::shared_ptr<broker::LinkRecord>& record() const override {
    return history_;
  }
  void on_down(const End& end) override;

 private:
  struct Attempt {
    Attempt(Stage& stage, SimServer& leaf, unsigned leaf_shard, SimServer& hub,
            unsigned hub_shard);
    Pipe up;
    Pipe down;
    ServerEnd leaf_end;
    ServerEnd hub_end;
    Checker::Crossings crossed;
    LinkTap up_tap;
    LinkTap down_tap;
    bool cut = false;
  };

  void cut(Attempt& attempt);
  void notice(ServerEnd& end);
  [[nodiscard]] bool excused(std::string_view error) const;
  void on_error(std::string_view line);
  void check_pace();

  Stage& stage_;
  SimServer& leaf_;
  SimServer& hub_;
  LinkRecord& entry_;
  const std::string user_;
  const unsigned leaf_shard_ = 0;  // remotes live on the first shard
  RemoteLeafOpts options_;
  const std::shared_ptr<broker::LinkRecord> history_ = std::make_shared<broker::LinkRecord>();
  std::vector<std::unique_ptr<Attempt>> attempts_;
  std::uint64_t dial_planned_ = 0;  // the last plan to dial; older ones are void
  std::int64_t last_loop_ns_ = 0;
  bool up_ = false;
  bool looped_ = false;             // waits because a loop was found
  bool stopped_ = false;
  bool abandoned_ = false;
  bool dying_ = false;
};

}  // namespace leafnats::sim
