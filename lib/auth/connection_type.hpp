// SPDX-License-Identifier: Apache-2.0
//
// Kinds of connections by the names that users and JWTs limit themselves with.
#pragma once

#include "auth/authenticator.hpp"

#include <algorithm>
#include <cctype>
#include <span>
#include <string>
#include <string_view>

namespace leafnats::auth {

[[nodiscard]] constexpr std::string_view connection_type(Entrance entrance) noexcept {
  switch (entrance) {
    case Entrance::leaf:
      return "LEAFNODE";
    case Entrance::websocket:
      return "WEBSOCKET";
    case Entrance::leaf_websocket:
      return "LEAFNODE_WS";
    case Entrance::client:
      break;
  }
  return "STANDARD";
}

/// Whether who is limited to `types` may come in here; an empty list is no limit. A type that is
/// not known is one that nobody has: it never widens the list.
[[nodiscard]] inline bool may_enter(Entrance entrance, std::span<const std::string> types) {
  const std::string_view wanted = connection_type(entrance);
  const auto is_wanted = [wanted](const std::string& type) {
    return std::equal(type.begin(), type.end(), wanted.begin(), wanted.end(), [](char a, char b) {
      return std::toupper(static_cast<unsigned char>(a)) == b;
    });
  };
  return types.empty() || std::any_of(types.begin(), types.end(), is_wanted);
}

}  // namespace leafnats::auth
