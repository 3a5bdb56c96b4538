// SPDX-License-Identifier: Apache-2.0
//
// An event one thread raises and another waits for among its sockets. An eventfd rather than a
// futex, so that a publisher can wait for room in the window and room in a socket at the same time.
#pragma once

namespace leafnats::bench {

class Wakeup {
public:
    Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;
    ~Wakeup();

    int fd() const { return fd_; }
    void raise() const;  // any thread
    void clear() const;  // the waiting thread

private:
    int fd_ = -1;
};

}  // namespace leafnats::bench
