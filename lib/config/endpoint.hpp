// SPDX-License-Identifier: Apache-2.0
//
// Endpoints as options write them: "host:port", "[2001:db8::1]:port", ":port" or a port alone for
// listeners, "host" or "host:port" for what is advertised. Names are not resolved here.
#pragma once

#include <leafnats/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::config {

/// The host has no brackets; port 0 is any free one.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
};

/// The host a listener binds to if none is given (nats-server's default).
inline constexpr std::string_view any_host = "0.0.0.0";

/// An address cut apart; -1 is a port too, as nats-server's options have it for "any".
struct Address {
  std::string host;
  std::optional<int> port;
};

/// invalid_argument says what is wrong, without the text itself; so for the other two.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

/// Where to listen: needs a port, and -1 becomes 0.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

/// What to tell others: needs a host. No port, 0 or -1 become `default_port`.
[[nodiscard]] Result<Endpoint> parse_advertise(std::string_view text, std::uint16_t default_port);

/// "host:port" again, with brackets where they are needed.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace leafnats::config
