// SPDX-License-Identifier: Apache-2.0
//
// Which level of S2 a link uses when it is to find out by itself: the longer the round trip, the
// thinner the link is taken to be. nats-server asks at each PONG and obeys at once. Then a busy
// machine, whose PONGs come late, compresses harder and becomes busier (its issue 7037). Here
//
//   - the handshake, which a crowd of leafs can delay, chooses none stronger than s2_better;
//   - a stronger level needs three round trips in a row: the quickest of them counts, and load
//     seldom delays all;
//   - none is taken while bytes wait to be written, when the round trip measures our own queue;
//   - a weaker level needs one, but shorter by a fifth than the threshold, so that a link near it
//     does not go to and fro.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "wire/s2_encoder.hpp"

namespace leafnats::broker {

/// nats-server's choice for a round trip, with its defaults if there are no thresholds.
[[nodiscard]] wire::S2Level s2_level_for(std::int64_t rtt_ns,
                                         const std::vector<std::chrono::milliseconds>& thresholds);

class S2AutoLevel {
 public:
  /// `thresholds` as in CompressionOptions, which must outlive it; the first round trip is that of
  /// the handshake.
  S2AutoLevel(const std::vector<std::chrono::milliseconds>& thresholds, std::int64_t first_rtt_ns)
      : thresholds_(thresholds),
        level_(std::min(s2_level_for(first_rtt_ns, thresholds), wire::S2Level::better)) {}

  [[nodiscard]] wire::S2Level level() const noexcept { return level_; }

  /// A round trip was measured; `behind`: while bytes waited for the peer. The level from now on.
  wire::S2Level measured(std::int64_t rtt_ns, bool behind);

 private:
  const std::vector<std::chrono::milliseconds>& thresholds_;
  wire::S2Level level_;
  std::array<std::int64_t, 3> latest_{};  // round trips, in a ring
  std::size_t measured_ = 0;
};

}  // namespace leafnats::broker
