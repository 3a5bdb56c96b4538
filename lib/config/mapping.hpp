// SPDX-License-Identifier: Apache-2.0
//
// From the tree of a configuration to Options and DaemonOptions, with nats-server's keys,
// spellings, defaults and rules.
#pragma once

#include "config/value.hpp"

#include <leafnats/config.hpp>
#include <leafnats/result.hpp>

namespace leafnats::config {

/// The configuration, checked by validate()'s rules too. An error has a line for each thing that
/// is wrong, each with its "file:line:column: ": not_supported if they are all features that this
/// version lacks, else invalid_config.
[[nodiscard]] Result<Config> to_config(const Document& document);

}  // namespace leafnats::config
