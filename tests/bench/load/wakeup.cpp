// SPDX-License-Identifier: Apache-2.0
//
// Wakeup on Linux.
#include "wakeup.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "load_error.hpp"

namespace leafnats::bench {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw LoadError("no eventfd");
}

Wakeup::~Wakeup() { ::close(fd_); }

// Neither call can fail in a way that matters: a full counter is a raised event, an empty one a
// cleared event.
void Wakeup::raise() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Wakeup::clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
}

}  // namespace leafnats::bench
