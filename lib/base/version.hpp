// SPDX-License-Identifier: Apache-2.0
//
// Versions of nats-servers, as a leaf tells its own in CONNECT and a hub may demand.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace leafnats::base {

/// A semantic version without its pre-release and build parts: "2.15.0-dev" counts as 2.15.0, as
/// in nats-server.
struct Version {
  int major_part = 0;
  int minor_part = 0;
  int patch_part = 0;

  auto operator<=>(const Version&) const = default;
};

/// nullopt if the text is no semantic version.
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);

}  // namespace leafnats::base
