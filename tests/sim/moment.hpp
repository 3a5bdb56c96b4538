// SPDX-License-Identifier: Apache-2.0
//
// Moments are counted, not timed: each is a number of its own, so that two never coincide.
#pragma once

#include <cstdint>
#include <limits>

namespace leafnats::sim {

using Moment = std::uint64_t;
inline constexpr Moment never = std::numeric_limits<Moment>::max();

/// When an operation was sent, and when its effect was certain.
struct Span {
  Moment sent = never;
  Moment confirmed = never;
};

}  // namespace leafnats::sim
