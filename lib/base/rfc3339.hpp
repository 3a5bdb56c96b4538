// SPDX-License-Identifier: Apache-2.0
//
// Times of day as text, as Go writes them, because readers of documents parse them by its rules.
#pragma once

#include <cstdint>
#include <string>

namespace leafnats::base {

/// "2026-11-20T20:21:11.036129181Z", without zeros behind the fraction.
[[nodiscard]] std::string rfc3339(std::int64_t unix_ns);

}  // namespace leafnats::base
