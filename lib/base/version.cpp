// SPDX-License-Identifier: Apache-2.0
//
// Three numbers without leading zeros, then perhaps "-pre.release" and "+build".
#include "base/version.hpp"

#include <algorithm>
#include <charconv>

namespace leafnats::base {

namespace {

bool take_number(std::string_view& text, int& number) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (digits == 0 || error != std::errc{} || (digits > 1 && text.front() == '0')) {
    return false;
  }
  text.remove_prefix(digits);
  return true;
}

bool take_dot(std::string_view& text) {
  const bool has_dot = text.starts_with('.');
  text.remove_prefix(has_dot ? 1 : 0);
  return has_dot;
}

/// Identifiers between dots, none of them empty.
bool are_identifiers(std::string_view text) {
  const bool are_letters = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '-' || c == '.';
  });
  return are_letters && !text.empty() && !text.starts_with('.') && !text.ends_with('.') &&
         text.find("..") == text.npos;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  if (!take_number(text, version.major_part) || !take_dot(text) ||
      !take_number(text, version.minor_part) || !take_dot(text) ||
      !take_number(text, version.patch_part)) {
    return std::nullopt;
  }
  if (const std::size_t plus = text.find('+'); plus != text.npos) {
    if (!are_identifiers(text.substr(plus + 1))) {
      return std::nullopt;
    }
    text = text.substr(0, plus);
  }
  if (!text.empty() && (text.front() != '-' || !are_identifiers(text.substr(1)))) {
    return std::nullopt;
  }
  return version;
}

}  // namespace leafnats::base
