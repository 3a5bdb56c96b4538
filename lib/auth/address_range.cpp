// SPDX-License-Identifier: Apache-2.0
//
// Both families are compared as IPv6 addresses, IPv4 ones in their mapped form.

#include "auth/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace leafnats::auth {
namespace {

constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Address {
  std::array<unsigned char, 16> bytes{};
  bool is_v4 = false;
  bool was_written_as_v6 = false;
};

std::optional<Address> parse_address(std::string_view text) noexcept {
  std::array<char, 64> terminated{};
  if (text.size() >= terminated.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  Address address;
  std::copy(mapped.begin(), mapped.end(), address.bytes.begin());
  if (inet_pton(AF_INET, terminated.data(), address.bytes.data() + mapped.size()) == 1) {
    address.is_v4 = true;
    return address;
  }
  if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) != 1) return std::nullopt;
  address.is_v4 = std::equal(mapped.begin(), mapped.end(), address.bytes.begin());
  address.was_written_as_v6 = true;
  return address;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool counts_v4_bits = address->is_v4 && !address->was_written_as_v6;
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (bits > (counts_v4_bits ? 32 : 128)) return std::nullopt;
  AddressRange range;
  range.prefix_ = address->bytes;
  range.bits_ = counts_v4_bits ? bits + 96 : bits;
  // "::ffff:0:0/64" has bits above the mapped part: a network of IPv6 addresses.
  range.is_v4_ = address->is_v4 && range.bits_ >= 96;
  return range;
}

bool AddressRange::contains(std::string_view text) const noexcept {
  const auto address = parse_address(text);
  if (!address || address->is_v4 != is_v4_) return false;
  const unsigned whole = bits_ / 8;
  if (std::memcmp(address->bytes.data(), prefix_.data(), whole) != 0) return false;
  const unsigned rest = bits_ % 8;
  return rest == 0 || (address->bytes[whole] ^ prefix_[whole]) >> (8 - rest) == 0;
}

std::string_view host_of(std::string_view address) noexcept {
  if (address.starts_with('[')) {
    const std::size_t end = address.find(']');
    return end == address.npos ? std::string_view() : address.substr(1, end - 1);
  }
  const std::size_t colon = address.find(':');
  // More than one colon: a bare IPv6 address.
  const bool has_port = colon != address.npos && address.find(':', colon + 1) == address.npos;
  return has_port ? address.substr(0, colon) : address;
}

}  // namespace leafnats::auth
