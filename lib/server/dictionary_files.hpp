// SPDX-License-Identifier: Apache-2.0
//
// Dictionaries for zstd that options name by their files.
#pragma once

#include <leafnats/options.hpp>
#include <leafnats/result.hpp>

namespace leafnats {

/// Reads each file that is named into the option beside it. The options were validated. The error
/// names option and file: io_error if it cannot be read, invalid_config if it is no dictionary.
Result<void> read_dictionaries(Options& options);

}  // namespace leafnats
