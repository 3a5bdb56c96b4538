// SPDX-License-Identifier: Apache-2.0
//
// Random bytes from the kernel.

#include "net/entropy.hpp"

#include "base/assert.hpp"

#include <sys/random.h>

#include <cerrno>

namespace leafnats::net {

void SystemEntropy::fill(std::span<unsigned char> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    // Fails for a signal only: the pool is ready long before any process asks.
    LEAFNATS_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace leafnats::net
