// SPDX-License-Identifier: Apache-2.0
//
// Networks as "10.0.0.0/8" or "2001:db8::/32", and whether an address is in one. An IPv4 address
// that comes in IPv6 clothes ("::ffff:10.0.0.1") is an IPv4 address, on either side.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace leafnats::auth {

class AddressRange {
 public:
  /// Nothing if it is no network of either family.
  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text) noexcept;

  /// False if `address` is no address, or of the other family.
  [[nodiscard]] bool contains(std::string_view address) const noexcept;

 private:
  std::array<unsigned char, 16> prefix_{};
  unsigned bits_ = 0;  // of prefix_ that count, IPv4 being mapped into IPv6
  bool is_v4_ = false;
};

/// The host of "host:port" or "[host]:port"; all of it if there is no port.
[[nodiscard]] std::string_view host_of(std::string_view address) noexcept;

}  // namespace leafnats::auth
