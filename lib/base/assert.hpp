// SPDX-License-Identifier: Apache-2.0
//
// Assertions that stay on in release builds. They state what must hold if our own code is right;
// bytes from a peer must never reach one (the fuzzers hold us to that).
#pragma once

namespace leafnats::base {

/// Prints nothing: tells the last-words hook what failed, then aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

/// Called once with "file:line: expression" just before the process aborts. A daemon or a test
/// sets it to reach its log; the default does nothing. Not thread-safe: set it before threads.
using LastWords = void (*)(const char* words) noexcept;
void set_last_words(LastWords hook) noexcept;

}  // namespace leafnats::base

#define LEAFNATS_ASSERT(expression)     \
  (__builtin_expect(!(expression), 0)   \
       ? ::leafnats::base::assertion_failed(#expression, __FILE__, __LINE__) \
       : static_cast<void>(0))
