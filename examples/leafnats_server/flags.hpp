// SPDX-License-Identifier: Apache-2.0
//
// nats-server's command line: every flag with one dash or two, values behind a blank or `=`.
#pragma once

#include <leafnats/config.hpp>

#include <functional>
#include <string>
#include <vector>

namespace daemon_example {

/// What the command line asked for.
struct Flags {
  bool help = false;
  bool version = false;
  bool check_only = false;             ///< -t
  std::string config_file;
  /// Changes to the configuration, to be applied after the file was read: flags win.
  std::vector<std::function<void(leafnats::Config&)>> overrides;
};

/// Errors: invalid_argument, not_supported; the context is a line for the user.
leafnats::Result<Flags> parse_flags(const std::vector<std::string>& arguments);

extern const char* const usage;

}  // namespace daemon_example
