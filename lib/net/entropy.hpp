// SPDX-License-Identifier: Apache-2.0
//
// The operating system's random bytes.
#pragma once

#include "base/random.hpp"

namespace leafnats::net {

/// Thread: any.
class SystemEntropy final : public base::Entropy {
 public:
  void fill(std::span<unsigned char> bytes) override;
};

}  // namespace leafnats::net
