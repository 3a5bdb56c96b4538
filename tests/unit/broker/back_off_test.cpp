// SPDX-License-Identifier: Apache-2.0
//
// How long remotes wait: by kind of failure, and many of them together.

#include "broker/back_off.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <queue>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

/// The bounds of the n-th pause after failures of one kind.
struct Bounds {
  std::chrono::milliseconds least{1h};
  std::chrono::milliseconds most{0};
};

Bounds nth_pause(LinkFailure failure, int n) {
  Bounds bounds;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    base::Random random(seed);
    BackOff back_off(1s, 30s);
    std::chrono::milliseconds pause{0};
    for (int i = 0; i < n; ++i) pause = back_off.after(failure, random);
    bounds.least = std::min(bounds.least, pause);
    bounds.most = std::max(bounds.most, pause);
  }
  return bounds;
}

bool within(const Bounds& bounds, std::chrono::milliseconds least, std::chrono::milliseconds most) {
  return bounds.least >= least && bounds.most <= most;
}

}  // namespace

// Each kind of failure has its own steps; all are spread over a range as wide as the step, but for
// those where the protocol asks for a pause, which is only ever lengthened.
TEST_CASE("broker: pauses by kind of failure", "[broker][backoff]") {
  CHECK(within(nth_pause(LinkFailure::network, 1), 1s, 2s));
  CHECK(within(nth_pause(LinkFailure::network, 4), 1s, 2s));
  CHECK(within(nth_pause(LinkFailure::network, 5), 2s, 4s));
  CHECK(within(nth_pause(LinkFailure::network, 20), 15s, 30s));
  CHECK(within(nth_pause(LinkFailure::authentication, 2), 1s, 2s));
  CHECK(within(nth_pause(LinkFailure::authentication, 3), 2s, 4s));
  CHECK(within(nth_pause(LinkFailure::authentication, 20), 30s, 60s));
  CHECK(within(nth_pause(LinkFailure::permission, 2), 2s, 4s));
  CHECK(within(nth_pause(LinkFailure::tls, 3), 2s, 4s));
  CHECK(within(nth_pause(LinkFailure::protocol, 3), 2s, 4s));
  CHECK(within(nth_pause(LinkFailure::version, 1), 5s, 7500ms));
  CHECK(within(nth_pause(LinkFailure::loop, 1), 30s, 45s));
  CHECK(within(nth_pause(LinkFailure::loop, 20), 150s, 225s));
  CHECK(within(nth_pause(LinkFailure::identity, 1), 30s, 45s));
  // The range is used.
  const Bounds first = nth_pause(LinkFailure::network, 1);
  CHECK(first.least < 1050ms);
  CHECK(first.most > 1950ms);
}

// A link that was up for ten steps has proved that all is well; one that falls at once has not.
// Kinds of failure are counted apart.
TEST_CASE("broker: when pauses begin anew", "[broker][backoff]") {
  base::Random random(1);
  BackOff back_off(1s, 30s);
  for (int i = 0; i < 10; ++i) (void)back_off.after(LinkFailure::network, random);
  back_off.link_up(0);
  back_off.link_down(9 * second_ns);
  CHECK(back_off.after(LinkFailure::network, random) >= 15s);
  CHECK(back_off.after(LinkFailure::authentication, random) < 2s);
  CHECK(back_off.after(LinkFailure::network, random) >= 15s);
  CHECK(back_off.failures() == 13);
  back_off.link_up(20 * second_ns);
  back_off.link_down(30 * second_ns);
  CHECK(back_off.failures() == 0);
  CHECK(back_off.after(LinkFailure::network, random) < 2s);
}

// An interval above the maximum is kept: it was asked for.
TEST_CASE("broker: a first step above the last", "[broker][backoff]") {
  base::Random random(1);
  BackOff back_off(60s, 30s);
  for (int i = 0; i < 20; ++i) {
    const auto pause = back_off.after(LinkFailure::network, random);
    CHECK(pause >= 60s);
    CHECK(pause < 120s);
  }
}

// A thousand leafs lose their hub in the same instant. They dial spread over time, never as one;
// while the hub stays away they ask ever more rarely; and when it is back all return soon.
TEST_CASE("broker: a thousand leafs and a hub that restarts", "[broker][backoff]") {
  constexpr int leafs = 1000;
  constexpr std::int64_t slot_ms = 100;
  for (const std::int64_t away_ms : {2'000, 30'000, 300'000}) {
    CAPTURE(away_ms);
    base::Random random(7);
    std::vector<BackOff> back_offs(leafs, BackOff(1s, 30s));
    std::vector<int> attempts(static_cast<std::size_t>((away_ms + 60'000) / slot_ms));
    using Attempt = std::pair<std::int64_t, int>;  // when in ms, and who
    std::priority_queue<Attempt, std::vector<Attempt>, std::greater<>> due;
    for (int leaf = 0; leaf < leafs; ++leaf) {
      BackOff& back_off = back_offs[static_cast<std::size_t>(leaf)];
      back_off.link_up(0);
      back_off.link_down(600 * second_ns);
      due.emplace(back_off.after(LinkFailure::network, random).count(), leaf);
    }
    std::vector<std::int64_t> returns;
    while (!due.empty()) {
      const auto [time, leaf] = due.top();
      due.pop();
      ++attempts[static_cast<std::size_t>(time / slot_ms)];
      if (time >= away_ms) {
        returns.push_back(time - away_ms);
      } else {
        const auto pause =
            back_offs[static_cast<std::size_t>(leaf)].after(LinkFailure::network, random);
        due.emplace(time + pause.count(), leaf);
      }
    }
    const int busiest = *std::max_element(attempts.begin(), attempts.end());
    std::sort(returns.begin(), returns.end());
    const auto to_slot = static_cast<std::ptrdiff_t>(away_ms / slot_ms);
    int last_second = 0;
    for (std::ptrdiff_t i = 1; i <= 10; ++i) {
      last_second += attempts[static_cast<std::size_t>(to_slot - i)];
    }
    WARN("hub away for " << away_ms / 1000 << " s: at most " << busiest << " attempts in 100 ms, "
                         << last_second << " in the last second; half of the leafs are back after "
                         << returns[leafs / 2] << " ms, all after " << returns.back() << " ms");
    CHECK(busiest < 200);  // together they would be 1000
    CHECK(returns.back() <= 30'000);
    // The longer it stays away, the fewer ask; and those who return do so over a while.
    CHECK(last_second <= (away_ms == 2'000 ? 1'100 : 130));
    CHECK(returns.back() - returns.front() > 500);
  }
}
