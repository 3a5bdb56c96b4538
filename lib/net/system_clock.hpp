// SPDX-License-Identifier: Apache-2.0
//
// The system's time of day.
#pragma once

#include "base/wall_clock.hpp"

#include <chrono>

namespace leafnats::net {

class SystemClock final : public base::WallClock {
 public:
  [[nodiscard]] std::int64_t unix_ns() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace leafnats::net
