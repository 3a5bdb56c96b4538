// SPDX-License-Identifier: Apache-2.0
//
// The few primitives that identity needs, from the TLS library of the build, or our own where
// there is none.
#pragma once

#include <string_view>

namespace leafnats::auth {

/// Whether two secrets are equal, in a time that depends on neither their content nor, beyond a
/// hash of each, their length.
[[nodiscard]] bool secret_equal(std::string_view offered, std::string_view expected) noexcept;

}  // namespace leafnats::auth
