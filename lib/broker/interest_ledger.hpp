// SPDX-License-Identifier: Apache-2.0
//
// What an account is interested in, summed up for those who must be told: leaf links and other
// shards. For each (subject, queue group) it counts members by where they come from. A listener's
// view is the sum over the classes that its rules admit, so no list is kept for each listener.
//
// The ledger exists only while somebody listens: a server of one shard without leaf links pays
// nothing for it.
//
// Thread: its shard's.
#pragma once

#include "broker/subscription.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

/// What interest is in: a subject, and a queue group or none.
struct InterestKey {
  std::string subject;
  std::string queue;

  bool operator<(const InterestKey& other) const noexcept {
    const int order = subject.compare(other.subject);
    return order != 0 ? order < 0 : queue < other.queue;
  }
};

/// Who counted it. Other values: the index of a peer shard, whose interest it is.
enum class LedgerSource : std::uint8_t {
  standing = 253,  ///< what every shard has by itself: imported services, sources of mappings
  mirror = 254,    ///< an account that imports a stream from this one
  own = 255,       ///< this shard's own sessions
};

class InterestLedger {
 public:
  struct Count {
    LedgerSource source;
    InterestClass interest_class;
    std::uint32_t members;
  };
  using Counts = std::vector<Count>;

  /// Adds `delta` members; the entry goes when nothing is left. Returns the counts as they are
  /// now, empty if gone. Lifetime: until the next change.
  const Counts& change(const InterestKey& key, LedgerSource source, InterestClass interest_class,
                       std::int64_t delta);

  template <class Visit>  // visit(const InterestKey&, const Counts&)
  void for_each(Visit&& visit) const {
    for (const auto& [key, counts] : entries_) visit(key, counts);
  }

  void clear() noexcept { entries_.clear(); }

 private:
  std::map<InterestKey, Counts> entries_;
};

}  // namespace leafnats::broker
