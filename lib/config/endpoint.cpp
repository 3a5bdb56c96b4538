// SPDX-License-Identifier: Apache-2.0
//
// The last ':' outside of brackets separates the port. An IPv6 address without brackets could be
// cut anywhere, so it is refused, as nats-server does.
#include "config/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace leafnats::config {

namespace {

Error wrong(std::string text) { return Error{Errc::invalid_argument, std::move(text)}; }

/// What cannot be in a name or address, and would hide a mistake in splitting.
bool has_odd_characters(std::string_view host) {
  return std::any_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '[' || c == ']' ||
           c == '/' || c == '@';
  });
}

/// Out of range is told apart from no number, because the two are different mistakes.
Result<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return wrong("the port is not a number");
  }
  if (error != std::errc{} || port < -1 || port > 65'535) {
    return wrong("the port is not between -1 and 65535");
  }
  return port;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const bool is_bracketed = text.starts_with('[');
  const std::size_t closing = is_bracketed ? text.find(']') : 0;
  if (closing == text.npos) {
    return wrong("']' is missing in the address");
  }
  const std::size_t colon = text.find(':', closing);
  const std::string_view before_colon = text.substr(0, colon);
  const std::string_view host = is_bracketed ? before_colon.substr(1, closing - 1) : before_colon;
  if ((is_bracketed && before_colon.size() != closing + 1) || has_odd_characters(host)) {
    return wrong("the address is not host:port");
  }
  Address address{std::string(host), std::nullopt};
  if (colon != text.npos) {
    const std::string_view after_colon = text.substr(colon + 1);
    if (after_colon.find(':') != after_colon.npos) {
      return wrong("an IPv6 address needs brackets, as in [::1]:4222");
    }
    const Result<int> port = parse_port(after_colon);
    if (!port) {
      return port.error();
    }
    address.port = *port;
  }
  return address;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (text.find_first_of(":[") == text.npos) {
    const Result<int> port = parse_port(text);
    if (!port) {
      return wrong("the address is neither host:port nor a port");
    }
    return Endpoint{std::string(any_host), static_cast<std::uint16_t>(std::max(*port, 0))};
  }
  Result<Address> address = parse_address(text);
  if (!address) {
    return std::move(address).error();
  }
  if (!address->port) {
    return wrong("the address has no port");
  }
  return Endpoint{address->host.empty() ? std::string(any_host) : std::move(address->host),
                  static_cast<std::uint16_t>(std::max(*address->port, 0))};
}

Result<Endpoint> parse_advertise(std::string_view text, std::uint16_t default_port) {
  Result<Address> address = parse_address(text);
  if (!address) {
    return std::move(address).error();
  }
  if (address->host.empty()) {
    return wrong("the address has no host");
  }
  const int port = address->port.value_or(0);
  return Endpoint{std::move(address->host),
                  port > 0 ? static_cast<std::uint16_t>(port) : default_port};
}

std::string to_string(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace leafnats::config
