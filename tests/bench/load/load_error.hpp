// SPDX-License-Identifier: Apache-2.0
//
// The one exception of the load generator. Whatever ends a run early (a server that closes or says
// -ERR, a deadline that passes) is thrown as a sentence and ends up in the "error" field of the
// result, so that the driver can count the run as failed instead of guessing.
#pragma once

#include <stdexcept>

namespace leafnats::bench {

class LoadError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace leafnats::bench
