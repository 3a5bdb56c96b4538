// SPDX-License-Identifier: Apache-2.0
//
// One non-blocking TCP connection, owned. Nothing here knows NATS. "Would block" is a plain 0, so
// the callers' loops stay free of errno; a connection that ends is never part of a bench and
// therefore a LoadError.
#pragma once

#include <cstddef>
#include <string_view>

#include "options.hpp"

namespace leafnats::bench {

class Socket {
public:
    static Socket connect(const Endpoint& endpoint);

    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();

    int fd() const { return fd_; }

    std::size_t send_some(const char* data, std::size_t size);
    std::size_t receive_some(char* data, std::size_t size);

    // Drops received bytes inside the kernel, without copying them out: at 64 KiB a message the
    // copy would be most of what the load side spends.
    std::size_t discard_some(std::size_t size);

    // Readiness to read is reported from this many bytes on.
    void set_low_water(std::size_t bytes);

    // Sends everything, waiting as long as the server makes progress.
    void send_all(std::string_view data);

    // Waits for POLLIN or POLLOUT; false if timeout_ms passed first.
    bool wait(short events, int timeout_ms) const;

private:
    explicit Socket(int fd) : fd_(fd) {}

    int fd_ = -1;
    std::size_t low_water_bytes_ = 1;
};

}  // namespace leafnats::bench
