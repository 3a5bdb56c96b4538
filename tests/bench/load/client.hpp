// SPDX-License-Identifier: Apache-2.0
//
// One NATS client connection of the load side: a socket, a receive buffer and the scanner over it.
// Thread: a client belongs to one thread at a time; phases hand clients over by starting and
// joining threads.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "message_scanner.hpp"
#include "options.hpp"
#include "socket.hpp"

namespace leafnats::bench {

class Client {
public:
    // The receive buffer bounds one read and must hold one whole small message.
    static constexpr std::size_t flow_buffer_bytes = 256U << 10U;
    static constexpr std::size_t idle_buffer_bytes = 4U << 10U;

    // Connects, says CONNECT and waits for the PONG that proves the server took it.
    explicit Client(const Endpoint& endpoint, std::size_t buffer_bytes = flow_buffer_bytes);

    Socket& socket() { return socket_; }

    // One read (two for large payloads) and a scan of what came; false if there was nothing to
    // read.
    template <class OnMessage>
    bool receive(OnMessage&& on_message);

    // Reads all there is on a connection that should get no messages: one that comes is a
    // LoadError.
    void drain();

    // Answers the PINGs seen so far. Only between two frames of our own, hence not done by
    // receive().
    void answer_pings();

    // PING and wait for the PONG: everything sent before it is in force at this server.
    void confirm();

private:
    // While large payloads come, read little: a header and the first bytes; the rest is dropped in
    // the kernel.
    static constexpr std::size_t large_read_bytes = 4U << 10U;

    // A large message comes in several parts, of which only the last is worth waking up for.
    void wait_for_whole_message() {
        if (scanner_.expects_large()) socket_.set_low_water(scanner_.bytes_to_message() - filled_);
    }

    template <class Condition>
    void drain_until(Condition&& condition);

    Socket socket_;
    MessageScanner scanner_;
    std::vector<char> buffer_;
    std::size_t filled_ = 0;
};

template <class OnMessage>
bool Client::receive(OnMessage&& on_message) {
    std::size_t got = 0;
    if (scanner_.discard_bytes() == 0) {
        const std::size_t room = buffer_.size() - filled_;
        const std::size_t wanted = scanner_.expects_large() ? large_read_bytes : room;
        got = socket_.receive_some(buffer_.data() + filled_, std::min(wanted, room));
        if (got == 0) return false;
        filled_ += got;
        const std::size_t used = scanner_.scan(buffer_.data(), filled_, on_message);
        filled_ -= used;
        if (filled_ != 0 && used != 0) {
            std::memmove(buffer_.data(), buffer_.data() + used, filled_);
        }
    }
    if (scanner_.discard_bytes() != 0) {
        const std::size_t dropped = socket_.discard_some(scanner_.discard_bytes());
        if (dropped != 0) scanner_.discarded(dropped, on_message);
        got += dropped;
    }
    wait_for_whole_message();
    return got != 0;
}

}  // namespace leafnats::bench
