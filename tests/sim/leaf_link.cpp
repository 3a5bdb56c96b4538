// SPDX-License-Identifier: Apache-2.0
//
// Dialling and cutting a simulated leaf link.

#include "leaf_link.hpp"

#include "broker/leaf_session.hpp"

namespace leafnats::sim {
namespace {

// Whoever found a loop leaves it alone for 30 s (nats-server); a little less is not a storm.
constexpr std::int64_t loop_pause_ns_min = 25 * seconds;

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
  // The leaf's INFO is the last that is plain, either way.
  up_tap.on_info = [this] {
    up_tap.decode_from_here();
    down_tap.decode_from_here();
  };
  up.on_arrival = [this](std::string_view bytes) { up_tap.feed(bytes); };
  down.on_arrival = [this](std::string_view bytes) { down_tap.feed(bytes); };
}

LeafLink::LeafLink(Stage& stage, SimServer& leaf, SimServer& hub, LinkRecord& entry)
    : stage_(stage),
      leaf_(leaf),
      hub_(hub),
      entry_(entry),
      user_(fmt::format("l{}-{}", leaf.index(), hub.index())) {
  stage_.users[user_] = entry.rules.user;
  options_.hub = entry.reversed;
  options_.isolate_leafnode_interest = entry.plan.isolate;
  if (stage.plan.weather.thin_links) options_.first_info_timeout = std::chrono::seconds(10);
  options_.compression.mode = entry.plan.compression;
  options_.request_isolation = entry.plan.request_isolation;
  options_.deny_imports = entry.rules.deny_imports;
  options_.deny_exports = entry.rules.deny_exports;
}

void LeafLink::dial() {
  if (stopped_) return;
  looped_ = false;
  attempts_.push_back(
      std::make_unique<Attempt>(stage_, leaf_, leaf_shard_, hub_, hub_.place()));
  Attempt& attempt = *attempts_.back();
  attempt.up_tap.on_error = [this](std::string_view line) { on_error(line); };
  attempt.down_tap.on_error = attempt.up_tap.on_error;
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

void LeafLink::dial_after(std::int64_t delay_ns) {
  // Who waits for a loop to be opened is at rest.
  const auto kind = looped_ ? Scheduler::Kind::timer : Scheduler::Kind::work;
  stage_.scheduler.at(
      stage_.scheduler.now() + delay_ns,
      [this, plan = ++dial_planned_] {
        if (plan == dial_planned_) dial();
      },
      kind);
}

void LeafLink::cut() {
  if (attempts_.empty()) return;
  Attempt& attempt = *attempts_.back();
  if (attempt.cut || attempt.leaf_end.number() == 0 || attempt.hub_end.number() == 0) return;
  cut(attempt);
}

void LeafLink::cut(Attempt& attempt) {
  stage_.tell("link s{}-s{} is cut", leaf_.index(), hub_.index());
  attempt.cut = true;
  stage_.model.topology().break_link(entry_);
  attempt.up.cut();
  attempt.down.cut();
  notice(attempt.leaf_end);
  // Sometimes a hub notices nothing at all, until the leaf's next link takes the old one's place.
  const bool replaced = up_ && !stopped_ && !dying_ && one_in(stage_.random, 4);
  if (!replaced) notice(attempt.hub_end);
}

void LeafLink::notice(ServerEnd& end) {
  stage_.scheduler.after(draw_notice(stage_.random), [&end] {
    end.server().post(end.shard(), [&end] { end.broken(); });
  });
}

void LeafLink::stop() {
  stopped_ = true;
  if (!attempts_.empty() && !attempts_.back()->cut) cut(*attempts_.back());
  for (auto& attempt : attempts_) notice(attempt->hub_end);
}

void LeafLink::begin_death(const SimServer& server) {
  dying_ = true;
  last_loop_ns_ = 0;
  stage_.model.topology().break_link(entry_);
  for (auto& attempt : attempts_) {
    if (!attempt->cut) cut(*attempt);
    (&server == &leaf_ ? attempt->leaf_end : attempt->hub_end).sever();
    if (&server == &leaf_) notice(attempt->hub_end);
  }
}

void LeafLink::end_death(const SimServer& server) {
  dying_ = false;
  if (&server != &leaf_) return;  // the leaf will notice, and dial again
  up_ = false;
  looped_ = false;
  dial_after((1 + stage_.random.below(200)) * ms);
}

bool LeafLink::idle() const noexcept {
  if (stopped_) return true;
  if (attempts_.empty()) return false;
  const Attempt& attempt = *attempts_.back();
  if (leaf_.suspends() || hub_.suspends()) return false;
  const bool waits = looped_ && stage_.model.topology().circle();
  return waits || (up_ && attempt.up.idle() && attempt.down.idle());
}

void LeafLink::check_interest(const std::vector<std::string>& marks) {
  if (stopped_ || stage_.model.topology().circle()) return;
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

/// Whether `error`, what was said or the reason why a link was closed, is one that may be.
bool LeafLink::excused(std::string_view error) const {
  const auto says = [&](std::string_view words) { return error.find(words) != error.npos; };
  // A hub that did not notice yet that a leaf has moved makes a circle for a while. Who says so may
  // find the wire full, and just closes.
  if (says("Loop detected") || says("Loop Detected") || says("Client Closed")) {
    return !stage_.model.topology().unchanged();
  }
  // The new attempt takes the place of the old one, or, if the hub hears of them in the other
  // order, the other way round.
  return says("Duplicate Remote") && attempts_.size() > 1;
}

void LeafLink::on_error(std::string_view line) {
  if (!excused(line)) stage_.checker.fail("error on a leaf link", line);
}

void LeafLink::check_pace() {
  const std::int64_t now = stage_.scheduler.now();
  if (last_loop_ns_ != 0 && now - last_loop_ns_ < loop_pause_ns_min) {
    stage_.checker.fail("storm", fmt::format("s{}-s{} found the same loop {} ms ago",
                                             leaf_.index(), hub_.index(),
                                             (now - last_loop_ns_) / ms));
  }
  last_loop_ns_ = now;
}

void LeafLink::on_down(const End& end) {
  if (abandoned_ || dying_) return;
  up_ = false;
  // Bulk may fill a slow link beyond max_pending, or block it for the write deadline.
  if (!attempts_.back()->cut && !stage_.plan.weather.bulk && !excused(end.detail)) {
    stage_.checker.fail("link lost", fmt::format("s{}-s{}: {} ({})", leaf_.index(), hub_.index(),
                                                 broker::to_string(end.close), end.detail));
  }
  stage_.model.topology().break_link(entry_);
  looped_ = end.reason == LinkReason::loop;
  if (looped_) check_pace();
  const std::int64_t back_off = (1 + stage_.random.below(200)) * ms;
  const std::int64_t least = looped_ ? 30'000 * ms : 0;
  dial_after(std::max(least, back_off));
}

}  // namespace leafnats::sim
