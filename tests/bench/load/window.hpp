// SPDX-License-Identifier: Apache-2.0
//
// The bound on what is under way between the two threads of the load side: published and not yet
// received. It takes the place of the acknowledgements NATS does not have, so that a publisher
// never builds a queue that would be measured as the server's, and no server has a reason to cut a
// slow consumer.
//
// The subscriber thread stores how many published messages have come through; the publisher thread
// subtracts. When the window is shut the publisher names the progress that would satisfy it and
// sleeps; the subscriber raises the event once that is reached. Both sides store before they load
// (sequentially consistent), so one of them always sees the other: no wake-up is lost, and there is
// none for each message.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "wakeup.hpp"

namespace leafnats::bench {

class Window {
public:
    explicit Window(std::uint64_t messages_max) : messages_max_(messages_max) {}

    std::uint64_t messages_max() const { return messages_max_; }

    // Publisher thread.
    std::uint64_t room(std::uint64_t published) const {
        const std::uint64_t under_way = published - received_.load();
        return under_way < messages_max_ ? messages_max_ - under_way : 0;
    }

    // Publisher thread: asks to be woken at half a window of room; false if there is that much
    // already.
    bool ask_for_room(std::uint64_t published) {
        const std::uint64_t wanted = published - (messages_max_ - messages_max_ / 2);
        wake_at_.store(wanted);
        if (received_.load() < wanted) return true;
        wake_at_.store(never);
        return false;
    }

    // Subscriber thread. Invariant: `received` never shrinks.
    void advance(std::uint64_t received) {
        received_.store(received);
        if (received >= wake_at_.load()) {
            wake_at_.store(never);
            room_made_.raise();
        }
    }

    const Wakeup& room_made() const { return room_made_; }

private:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    const std::uint64_t messages_max_;
    Wakeup room_made_;
    // Each line of cache has one writer in the steady state.
    alignas(64) std::atomic<std::uint64_t> received_{0};
    alignas(64) std::atomic<std::uint64_t> wake_at_{never};
};

}  // namespace leafnats::bench
