// SPDX-License-Identifier: Apache-2.0
//
// The time of day, handed in like everything else that a broker cannot compute. Deadlines never
// use it; certificates, tokens and reports do.
#pragma once

#include <cstdint>

namespace leafnats::base {

class WallClock {
 public:
  virtual ~WallClock() = default;
  /// Nanoseconds since 1970, UTC. Thread: any.
  [[nodiscard]] virtual std::int64_t unix_ns() const = 0;
  [[nodiscard]] std::int64_t unix_seconds() const { return unix_ns() / 1'000'000'000; }
};

}  // namespace leafnats::base
