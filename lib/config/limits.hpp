// SPDX-License-Identifier: Apache-2.0
//
// The bounds of reading a configuration. A file is written by the operator, but it may be damaged
// or silly: a variable used twice in each of thirty lines asks for a thousand million values.
// Whatever passes one of these is refused with the position where it happened.
#pragma once

#include <cstddef>

namespace leafnats::limits {

/// Maps and arrays inside each other, includes counted in. nats-server's deepest own key is at 8;
/// the parser, and the destructor of the tree, recurse this deep.
inline constexpr std::size_t config_depth_max = 64;

/// Files that include each other. A cycle of different spellings of one path ends here.
inline constexpr std::size_t config_include_depth_max = 16;

/// Files of one configuration altogether.
inline constexpr std::size_t config_files_max = 256;

/// Variables that are defined by variables, as seen through the environment.
inline constexpr std::size_t config_environment_depth_max = 16;

/// Values of one configuration, after variables are replaced: 50,000 users with a page of
/// permissions fit.
inline constexpr std::size_t config_values_max = 500'000;

/// Bytes of all files and of all text that variables bring in.
inline constexpr std::size_t config_bytes_max = 32 * 1024 * 1024;

/// Problems reported at once. More would scroll the first ones away.
inline constexpr std::size_t config_errors_max = 20;

}  // namespace leafnats::limits
