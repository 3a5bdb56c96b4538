// SPDX-License-Identifier: Apache-2.0
//
// The steps of each kind of failure.

#include "broker/back_off.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace leafnats::broker {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// How the pauses after one kind of failure grow.
struct Manner {
  std::uint32_t quick;  // attempts before the step begins to double
  milliseconds floor;   // the protocol's own least pause, which jitter only lengthens
  int ceiling;          // how many times the usual maximum the steps may reach
};

Manner manner_of(LinkFailure failure) noexcept {
  switch (failure) {
    // A restart takes seconds: four attempts before the hub is thought to be away for longer.
    case LinkFailure::network: return {4, 0ms, 1};
    // Nothing of this heals by itself, but somebody may be at work on it: one quick try more.
    case LinkFailure::authentication: return {2, 0ms, 2};
    case LinkFailure::permission: return {1, 0ms, 2};
    case LinkFailure::tls: return {2, 0ms, 2};
    case LinkFailure::protocol: return {2, 0ms, 2};
    // nats-server's constants.
    case LinkFailure::version: return {1, 5s, 2};
    case LinkFailure::identity: return {1, 30s, 10};
    case LinkFailure::loop: return {1, 30s, 10};
    case LinkFailure::none: break;
  }
  return {1, 0ms, 1};
}

// A link that was up for this many first steps has proved itself.
constexpr int proof_steps = 10;

}  // namespace

BackOff::BackOff(milliseconds first, milliseconds max) noexcept
    : first_(std::max(first, 1ms)), max_(std::max(first_, max)) {}

milliseconds BackOff::after(LinkFailure failure, base::Random& random) {
  LEAFNATS_ASSERT(failure != LinkFailure::none);
  ++failures_;
  const std::uint32_t count = ++counts_[static_cast<std::size_t>(failure)];
  const milliseconds step = this->step(failure, count);
  const auto spread = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(step.count(), 1, std::int64_t{1} << 30));
  if (manner_of(failure).floor > 0ms) return step + milliseconds(random.below(spread) / 2);
  return step + milliseconds(random.below(spread));
}

milliseconds BackOff::step(LinkFailure failure, std::uint32_t count) const noexcept {
  const Manner manner = manner_of(failure);
  // Half of it, for the random part may double a step.
  const milliseconds ceiling = std::max(first_, max_ * manner.ceiling / 2);
  milliseconds step = std::max(first_, manner.floor);
  for (std::uint32_t i = manner.quick; i < count && step < ceiling; ++i) step *= 2;
  return std::max(std::min(step, ceiling), manner.floor);
}

void BackOff::link_down(std::int64_t now_ns) noexcept {
  const std::int64_t lived_ns = up_since_ns_ < 0 ? 0 : now_ns - up_since_ns_;
  up_since_ns_ = -1;
  if (lived_ns < std::chrono::nanoseconds(first_ * proof_steps).count()) return;
  counts_ = {};
  failures_ = 0;
}

}  // namespace leafnats::broker
