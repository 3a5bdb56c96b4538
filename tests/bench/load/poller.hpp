// SPDX-License-Identifier: Apache-2.0
//
// epoll over a handful of descriptors, each known by a small number its owner chose.
// Thread: made, filled and waited on by one thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace leafnats::bench {

class Poller {
public:
    Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    ~Poller();

    void add(int fd, std::uint32_t events, std::uint64_t tag);

    // The events are good until the next wait; none if timeout_ms passed.
    std::span<const epoll_event> wait(int timeout_ms);

private:
    std::array<epoll_event, 64> ready_{};
    int fd_ = -1;
};

}  // namespace leafnats::bench
