// SPDX-License-Identifier: Apache-2.0
//
// Says once for a burst that messages were dropped: the first of them at once, the rest as a
// number with the first drop that comes ten seconds later or more.
//
// Thread: its link's shard.
#pragma once

#include <cstdint>

namespace leafnats::broker {

class DropReport {
 public:
  /// So many more were dropped. How many are to be reported now; 0: not yet.
  std::uint64_t add(std::uint64_t messages, std::int64_t now_ns) noexcept {
    unreported_ += messages;
    if (reported_ns_ >= 0 && now_ns - reported_ns_ < burst_ns) return 0;
    reported_ns_ = now_ns;
    const std::uint64_t report = unreported_;
    unreported_ = 0;
    return report;
  }

 private:
  static constexpr std::int64_t burst_ns = 10'000'000'000;

  std::uint64_t unreported_ = 0;
  std::int64_t reported_ns_ = -1;
};

}  // namespace leafnats::broker
