// SPDX-License-Identifier: Apache-2.0
//
// Account tokens from a web server: GET of the configured URL with the account's key behind it.
#pragma once

#include "auth/account_resolver.hpp"

#include <leafnats/authentication.hpp>
#include <leafnats/result.hpp>

#include <memory>

namespace leafnats::net {

/// Its fetch() waits, up to ResolverOptions::timeout, on the thread that calls it.
/// Errors: invalid_config: no http URL; not_supported: https, which this version does not speak.
Result<std::unique_ptr<auth::AccountResolver>> make_url_resolver(const ResolverOptions& options);

}  // namespace leafnats::net
