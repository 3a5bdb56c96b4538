// SPDX-License-Identifier: Apache-2.0
//
// The rules about accounts: their names, who is meant by them elsewhere, what they share.
#pragma once

#include "config/checker.hpp"

#include <leafnats/options.hpp>

namespace leafnats::config {

void check_accounts(const Options& options, Checker& checker);

}  // namespace leafnats::config
