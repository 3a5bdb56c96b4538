// SPDX-License-Identifier: Apache-2.0
//
// The end of the process after a broken invariant.

#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace leafnats::base {
namespace {
// The one global of the library: an assertion has no other way to reach its host, and by then
// nothing of any server can be trusted to carry the words.
LastWords last_words = nullptr;
}  // namespace

void set_last_words(LastWords hook) noexcept { last_words = hook; }

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  if (last_words != nullptr) {
    char words[512];
    std::snprintf(words, sizeof words, "%s:%d: %s", file, line, expression);
    last_words(words);
  }
  std::abort();
}

}  // namespace leafnats::base
