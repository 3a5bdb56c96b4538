// SPDX-License-Identifier: Apache-2.0
//
// A peer's bytes made fit for a log line.
#pragma once

#include <string>
#include <string_view>

namespace leafnats::base {

/// At most `size_max` bytes of `bytes`, with everything but printable ASCII as \\xNN.
std::string printable(std::string_view bytes, std::size_t size_max = 64);

}  // namespace leafnats::base
