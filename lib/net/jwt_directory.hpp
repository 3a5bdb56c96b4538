// SPDX-License-Identifier: Apache-2.0
//
// Account tokens in a directory, one file "<account>.jwt" each, as nats-server keeps them. A name
// reaches the file system only if it is a public account key (CVE-2022-28357), and a file is there
// as a whole or not at all.
#pragma once

#include "auth/account_resolver.hpp"

#include <leafnats/authentication.hpp>
#include <leafnats/result.hpp>

#include <memory>

namespace leafnats::net {

/// Makes the directory if it is not there. Error: io_error.
Result<std::unique_ptr<auth::AccountResolver>> make_jwt_directory(const ResolverOptions& options);

}  // namespace leafnats::net
