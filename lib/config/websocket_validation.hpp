// SPDX-License-Identifier: Apache-2.0
//
// The rules about WebSocket and proxies: a part of validation.hpp.
#pragma once

#include "config/validation.hpp"

#include <leafnats/options.hpp>

#include <string>
#include <vector>

namespace leafnats::config {

/// Options::websocket, and what it asks of the other options.
void check_websocket(const Options& options, std::vector<Finding>& findings);

/// How a remote gets to its hub: schemes that go together, and its proxy.
void check_ways(const std::string& field, const RemoteLeafOpts& remote,
                std::vector<Finding>& findings);

}  // namespace leafnats::config
