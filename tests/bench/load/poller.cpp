// SPDX-License-Identifier: Apache-2.0
//
// The system calls behind Poller.
#include "poller.hpp"

#include <unistd.h>

#include "load_error.hpp"

namespace leafnats::bench {

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (fd_ < 0) throw LoadError("no epoll");
}

Poller::~Poller() { ::close(fd_); }

void Poller::add(int fd, std::uint32_t events, std::uint64_t tag) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    if (::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) throw LoadError("epoll_ctl failed");
}

std::span<const epoll_event> Poller::wait(int timeout_ms) {
    const int count = ::epoll_wait(fd_, ready_.data(), static_cast<int>(ready_.size()), timeout_ms);
    return {ready_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

}  // namespace leafnats::bench
