// SPDX-License-Identifier: Apache-2.0
//
// How long a remote waits before it dials again. What to wait depends on what went wrong: a hub
// that restarts is asked quickly at first, a hub that refuses our password rarely, and where the
// protocol itself asks for a pause (a loop: 30 s) it is kept. Every pause is one to two steps
// long, by chance, so that a thousand leafs of one hub do not come back as one; and every kind of
// failure is counted for itself, so that one kind between two of another does not start the other
// anew.
//
// Thread: its owner's. It reads no clock and makes no randomness.
#pragma once

#include "base/random.hpp"

#include <leafnats/events.hpp>

#include <array>
#include <chrono>
#include <cstdint>

namespace leafnats::broker {

class BackOff {
 public:
  using milliseconds = std::chrono::milliseconds;

  /// `first` is the step of the first attempts; steps double until pauses reach `max`, or twice
  /// `first` if that is more. Some kinds of failure have larger steps of their own.
  BackOff(milliseconds first, milliseconds max) noexcept;

  /// The pause before the next attempt, after one more failure of this kind (not none).
  [[nodiscard]] milliseconds after(LinkFailure failure, base::Random& random);

  /// The link is up, or no longer. One that was up for a while has shown that all is well: what
  /// failed before counts no more. One that falls at once has not.
  void link_up(std::int64_t now_ns) noexcept { up_since_ns_ = now_ns; }
  void link_down(std::int64_t now_ns) noexcept;

  /// Failures since all was well, of all kinds.
  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }

 private:
  [[nodiscard]] milliseconds step(LinkFailure failure, std::uint32_t count) const noexcept;

  milliseconds first_;
  milliseconds max_;
  std::int64_t up_since_ns_ = -1;
  std::uint32_t failures_ = 0;
  std::array<std::uint32_t, link_failures> counts_{};
};

}  // namespace leafnats::broker
