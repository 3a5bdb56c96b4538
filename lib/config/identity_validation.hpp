// SPDX-License-Identifier: Apache-2.0
//
// The rules about who may log in, here and with the hubs of remotes: users, keys, operators.
#pragma once

#include "config/checker.hpp"

#include <leafnats/options.hpp>

#include <string>
#include <vector>

namespace leafnats::config {

void check_identity(const Options& options, Checker& checker);

void check_credentials(Checker& checker, const RemoteCredentials& credentials);

void check_subjects(Checker& checker, const std::string& field,
                    const std::vector<std::string>& subjects, bool may_have_queue);

}  // namespace leafnats::config
