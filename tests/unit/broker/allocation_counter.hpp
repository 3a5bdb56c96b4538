// SPDX-License-Identifier: Apache-2.0
//
// Counts the allocations of a thread, by replacing operator new. One per test program.
#pragma once

#include <cstddef>

namespace leafnats::broker::test {

/// Allocations of this thread so far.
[[nodiscard]] std::size_t allocations() noexcept;

/// Called for each allocation while it is set: the place to stop a debugger, or to print a trace.
using AllocationHook = void (*)();
void set_allocation_hook(AllocationHook hook) noexcept;

}  // namespace leafnats::broker::test
