// SPDX-License-Identifier: Apache-2.0
//
// Counting members of subjects and queue groups by class.

#include "broker/interest_ledger.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace leafnats::broker {

const InterestLedger::Counts& InterestLedger::change(const InterestKey& key, LedgerSource source,
                                                     InterestClass interest_class,
                                                     std::int64_t delta) {
  static const Counts none;
  const auto entry = entries_.try_emplace(key).first;
  Counts& counts = entry->second;
  auto count = std::find_if(counts.begin(), counts.end(), [&](const Count& candidate) {
    return candidate.source == source && candidate.interest_class == interest_class;
  });
  if (count == counts.end()) count = counts.insert(count, {source, interest_class, 0});
  const std::int64_t members = static_cast<std::int64_t>(count->members) + delta;
  LEAFNATS_ASSERT(members >= 0);
  count->members = static_cast<std::uint32_t>(members);
  if (members == 0) counts.erase(count);
  if (!counts.empty()) return counts;
  entries_.erase(entry);
  return none;
}

}  // namespace leafnats::broker
