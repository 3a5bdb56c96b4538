// SPDX-License-Identifier: Apache-2.0
//
// Payloads that both ends of a soak know without telling each other: from its number follow a
// message's size and its bytes, which are text, zeros or noise, so that a compressor meets all
// of them and the receiver notices a single wrong one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leafnats::soak {

class MixedPayload {
 public:
  MixedPayload();

  /// Lifetime: that of this object.
  [[nodiscard]] std::string_view of(std::uint64_t number) const;

 private:
  std::string text_;
  std::string noise_;
  std::string zeros_;
};

}  // namespace leafnats::soak
