// SPDX-License-Identifier: Apache-2.0
//
// Both families are compared as IPv6 addresses, IPv4 ones in their mapped form.

#include "auth/address_range.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace leafnats::auth {
namespace {

constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Address {
  std::array<unsigned char, 16> bytes{};
  bool is_v4 = false;
  bool was_written_as_v6 = false;
};

/// Takes a number of at most `digits` digits.
std::optional<unsigned> take_number(std::string_view& text, int base, std::size_t digits) noexcept {
  unsigned number = 0;
  const char* const begin = text.data();
  const char* const end = begin + std::min(text.size(), digits);
  const auto [stop, error] = std::from_chars(begin, end, number, base);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - begin));
  return number;
}

/// "10.0.0.1": four numbers without leading zeros, and nothing else.
bool parse_v4(std::string_view text, unsigned char* bytes) noexcept {
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && !text.starts_with('.')) return false;
    if (i > 0) text.remove_prefix(1);
    const bool leads_with_zero = text.size() > 1 && text[0] == '0' && text[1] != '.';
    const auto number = take_number(text, 10, 3);
    if (!number || *number > 255 || leads_with_zero) return false;
    bytes[i] = static_cast<unsigned char>(*number);
  }
  return text.empty();
}

/// Groups of four hexadecimal digits, of which "::" leaves out some; the last two may be an IPv4
/// address.
bool parse_v6(std::string_view text, std::array<unsigned char, 16>& bytes) noexcept {
  std::size_t filled = 0;
  std::optional<std::size_t> gap;
  bytes = {};
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    if (end == text.size() && text.find('.') != text.npos) {
      if (filled > 12 || !parse_v4(text, &bytes[filled])) return false;
      filled += 4;
      break;
    }
    const auto group = take_number(text, 16, 4);
    if (!group || filled > 14) return false;
    bytes[filled++] = static_cast<unsigned char>(*group >> 8);
    bytes[filled++] = static_cast<unsigned char>(*group & 0xff);
    if (text.empty()) break;
    if (!text.starts_with(':') || text.size() == 1) return false;
    text.remove_prefix(1);
    if (!text.starts_with(':')) continue;
    if (gap) return false;
    gap = filled;
    text.remove_prefix(1);
  }
  if (!gap) return filled == bytes.size();
  if (filled == bytes.size()) return false;
  std::move_backward(bytes.begin() + static_cast<std::ptrdiff_t>(*gap),
                     bytes.begin() + static_cast<std::ptrdiff_t>(filled), bytes.end());
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(*gap), bytes.size() - filled,
              static_cast<unsigned char>(0));
  return true;
}

std::optional<Address> parse_address(std::string_view text) noexcept {
  Address address;
  std::copy(mapped.begin(), mapped.end(), address.bytes.begin());
  if (parse_v4(text, address.bytes.data() + mapped.size())) {
    address.is_v4 = true;
    return address;
  }
  if (!parse_v6(text, address.bytes)) return std::nullopt;
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
