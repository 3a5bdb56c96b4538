// SPDX-License-Identifier: Apache-2.0
//
// What must hold of Options, whoever filled them. A configuration file and a host's own code meet
// the same rules here; only the way the offending place is named differs.
#pragma once

#include <leafnats/options.hpp>
#include <leafnats/result.hpp>

#include <string>
#include <vector>

namespace leafnats::config {

/// One broken rule. The field is a path such as "leaf.remotes[0].urls[1]".
struct Finding {
  std::string field;
  Errc code = Errc::invalid_config;  ///< or not_supported
  std::string text;                  ///< never quotes passwords or URLs
};

/// All broken rules, in the order of the fields.
[[nodiscard]] std::vector<Finding> check(const Options& options);

/// The same for hosts: an error with a line "field: text" for each finding. not_supported if
/// nothing worse was found.
[[nodiscard]] Result<void> validate(const Options& options);

/// The same for credentials that a running remote is given.
[[nodiscard]] Result<void> validate(const RemoteCredentials& credentials);

}  // namespace leafnats::config
