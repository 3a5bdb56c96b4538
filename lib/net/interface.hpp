// SPDX-License-Identifier: Apache-2.0
//
// Which address of this machine others can use.
#pragma once

#include <asio/ip/address.hpp>

#include <string>

namespace leafnats::net {

/// `bound` as text; if it is the unspecified address, the first address of an interface that is
/// up and not loopback, as nats-server advertises it. Without one, `bound` all the same.
[[nodiscard]] std::string reachable_host(const asio::ip::address& bound);

}  // namespace leafnats::net
