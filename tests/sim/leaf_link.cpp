// SPDX-License-Identifier: Apache-2.0
//
// Dialling and cutting a simulated leaf link.

#include "leaf_link.hpp"

#include "broker/leaf_session.hpp"

namespace leafnats::sim {
namespace {

/// When an end notices that the wire is cut: at once, or when a keep-alive would.
std::int64_t draw_notice(base::Random& random) {
  return one_in(random, 4) ? random.below(1'500) * ms : random.below(20) * ms;
}

}  // namespace

LeafLink::Attempt::Attempt(Stage& stage, SimServer& leaf, unsigned leaf_shard, SimServer& hub,
                           unsigned hub_shard)
    : up(stage.scheduler, stage.journal, stage.random, draw_leaf_wire(stage.plan, stage.random)),
      down(stage.scheduler, stage.journal, stage.random, draw_leaf_wire(stage.plan, stage.random)),
      leaf_end(stage, leaf, leaf_shard, down, up),
      hub_end(stage, hub, hub_shard, up, down),
      up_tap(stage.checker, leaf.index(), hub.index(), crossed),
      down_tap(stage.checker, hub.index(), leaf.index(), crossed) {
  up.on_arrival = [this](std::string_view bytes) { up_tap.feed(bytes); };
  down.on_arrival = [this](std::string_view bytes) { down_tap.feed(bytes); };
}

LeafLink::LeafLink(Stage& stage, SimServer& leaf, SimServer& hub)
    : stage_(stage), leaf_(leaf), hub_(hub) {}

void LeafLink::dial() {
  if (stopped_) return;
  attempts_.push_back(
      std::make_unique<Attempt>(stage_, leaf_, leaf_shard_, hub_, hub_.place()));
  Attempt& attempt = *attempts_.back();
  const std::string number = fmt::format("{}", attempts_.size());
  stage_.tell("link s{}-s{} dials, attempt {}", leaf_.index(), hub_.index(), number);
  hub_.post(attempt.hub_end.shard(), [this, &attempt, number] {
    broker::Shard& shard = hub_.shard(attempt.hub_end.shard());
    attempt.hub_end.start(
        shard.accept_leaf(attempt.hub_end, fmt::format("leaf{}:{}", leaf_.index(), number)));
  });
  leaf_.post(leaf_shard_, [this, &attempt, number] {
    attempt.leaf_end.start(leaf_.shard(leaf_shard_).solicit_leaf(
        attempt.leaf_end, fmt::format("hub{}:{}", hub_.index(), number), *this));
  });
}

void LeafLink::cut() {
  Attempt& attempt = *attempts_.back();
  if (attempt.cut || attempt.leaf_end.number() == 0 || attempt.hub_end.number() == 0) return;
  stage_.tell("link s{}-s{} is cut", leaf_.index(), hub_.index());
  attempt.cut = true;
  stage_.model.break_link(leaf_.index());
  attempt.up.cut();
  attempt.down.cut();
  for (ServerEnd* end : {&attempt.hub_end, &attempt.leaf_end}) {
    stage_.scheduler.after(draw_notice(stage_.random), [end] {
      end->server().post(end->shard(), [end] { end->broken(); });
    });
  }
}

void LeafLink::stop() {
  stopped_ = true;
  cut();
}

bool LeafLink::idle() const noexcept {
  const Attempt& attempt = *attempts_.back();
  return stopped_ || (up_ && attempt.up.idle() && attempt.down.idle());
}

void LeafLink::check_interest(const std::vector<std::string>& marks) {
  const Attempt& attempt = *attempts_.back();
  const int leaf = leaf_.index();
  const int hub = hub_.index();
  Checker& checker = stage_.checker;
  checker.check_interest(leaf, hub, checker.expected_interest(leaf, hub, marks),
                         attempt.up_tap.interest());
  checker.check_interest(hub, leaf, checker.expected_interest(hub, leaf, marks),
                         attempt.down_tap.interest());
}

void LeafLink::on_up() {
  up_ = true;
  stage_.tell("link s{}-s{} is up", leaf_.index(), hub_.index());
}

void LeafLink::on_down(broker::CloseReason reason, std::string_view detail,
                       std::chrono::milliseconds pause) {
  if (abandoned_) return;
  up_ = false;
  // Bulk may fill a slow link beyond max_pending, or block it for the write deadline.
  if (!attempts_.back()->cut && !stage_.plan.weather.bulk) {
    stage_.checker.fail("link lost", fmt::format("s{}-s{}: {} ({})", leaf_.index(), hub_.index(),
                                                 broker::to_string(reason), detail));
  }
  stage_.model.break_link(leaf_.index());
  const std::int64_t back_off = (1 + stage_.random.below(200)) * ms;
  stage_.scheduler.after(std::max<std::int64_t>(broker::to_ns(pause), back_off),
                         [this] { dial(); });
}

}  // namespace leafnats::sim
