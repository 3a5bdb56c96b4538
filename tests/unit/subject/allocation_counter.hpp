// SPDX-License-Identifier: Apache-2.0
//
// Counts what the program allocates, by replacing operator new. One per test program.
#pragma once

#include <cstddef>

namespace leafnats::subject::test {

/// Bytes in use, with what the allocator adds to each block.
[[nodiscard]] std::size_t allocated_bytes() noexcept;

/// Allocations so far.
[[nodiscard]] std::size_t allocations() noexcept;

}  // namespace leafnats::subject::test
