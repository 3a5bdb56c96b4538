// SPDX-License-Identifier: Apache-2.0
//
// What a client's server must refuse, by the words it must refuse it with: each violation of its
// permissions is told once, and told before the PONG of a PING that was sent after it.
#pragma once

#include "moment.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::sim {

/// Whether an operation is permitted; `open`: nobody but the server can know.
enum class Verdict : std::uint8_t { accepted, refused, open };

class Refusals {
 public:
  void expect(std::string text, Verdict verdict, Moment sent) {
    if (verdict == Verdict::accepted) return;
    Count& count = counts_[std::move(text)];
    if (verdict == Verdict::open) {
      ++count.open;
    } else {
      count.certain.push_back(sent);
    }
  }

  /// The server said so; false if there was no reason to.
  bool take(std::string_view text) {
    const auto found = counts_.find(std::string(text));
    if (found == counts_.end()) return false;
    Count& count = found->second;
    return ++count.told <= count.certain.size() + count.open;
  }

  /// What the server should have refused before this PING and did not; empty: nothing.
  [[nodiscard]] std::string missing(Moment ping) const {
    for (const auto& [text, count] : counts_) {
      const auto due = std::count_if(count.certain.begin(), count.certain.end(),
                                     [&](Moment sent) { return sent < ping; });
      if (static_cast<std::size_t>(due) > count.told) return text;
    }
    return {};
  }

 private:
  struct Count {
    std::vector<Moment> certain;
    std::size_t open = 0;
    std::size_t told = 0;
  };
  std::map<std::string, Count> counts_;
};

}  // namespace leafnats::sim
