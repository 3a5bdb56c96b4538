// SPDX-License-Identifier: Apache-2.0
//
// How a remote's connection gets to its hub: which address is dialled first, and which filters
// lie between the socket and the protocol.
#pragma once

#include "base/random.hpp"
#include "config/endpoint.hpp"
#include "config/remote_url.hpp"
#include "wire/stream_filter.hpp"

#include <leafnats/remote_leaf.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace leafnats::net {

/// The address to dial: the proxy's if there is one, else the hub's.
[[nodiscard]] config::Endpoint first_hop(const config::RemoteUrl& url,
                                         const RemoteLeafOpts& options);

/// The filters of a new connection to `url`, from the socket up: tunnel, WebSocket. Both options
/// were validated; `entropy` must outlive the filters.
[[nodiscard]] std::vector<std::unique_ptr<wire::StreamFilter>> make_filters(
    const config::RemoteUrl& url, const RemoteLeafOpts& options, std::size_t max_payload,
    base::Entropy& entropy);

}  // namespace leafnats::net
