// SPDX-License-Identifier: Apache-2.0

#include "broker/s2_auto_level.hpp"

#include <algorithm>

namespace leafnats::broker {
namespace {

using std::chrono::milliseconds;
using wire::S2Level;

const std::vector<milliseconds>& default_thresholds() {
  static const std::vector<milliseconds> thresholds{milliseconds(10), milliseconds(50),
                                                    milliseconds(100)};
  return thresholds;
}

}  // namespace

S2Level s2_level_for(std::int64_t rtt_ns, const std::vector<milliseconds>& configured) {
  const std::vector<milliseconds>& thresholds =
      configured.empty() ? default_thresholds() : configured;
  std::size_t count = thresholds.size();
  while (count > 0 && thresholds[count - 1] == milliseconds(0)) --count;
  std::size_t index = 0;
  while (index < count && std::chrono::nanoseconds(rtt_ns) > thresholds[index]) ++index;
  if (index == count && count < 3) index = count == 0 ? 0 : count - 1;
  return static_cast<S2Level>(std::min<std::size_t>(index, 3));
}

S2Level S2AutoLevel::measured(std::int64_t rtt_ns, bool behind) {
  latest_[measured_ % latest_.size()] = rtt_ns;
  ++measured_;
  if (const S2Level weaker = s2_level_for(rtt_ns + rtt_ns / 4, thresholds_); weaker < level_) {
    level_ = weaker;
  } else if (!behind && measured_ >= latest_.size()) {
    const std::int64_t quickest = *std::min_element(latest_.begin(), latest_.end());
    level_ = std::max(level_, s2_level_for(quickest, thresholds_));
  }
  return level_;
}

}  // namespace leafnats::broker
