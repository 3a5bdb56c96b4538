// SPDX-License-Identifier: Apache-2.0
//
// Handshake and quiet times of a client connection.
#include "client.hpp"

#include <poll.h>

#include <string_view>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

// Limit: no handshake and no PONG takes this long on a loopback, even behind 50,000 SUBs.
constexpr int answer_ms_max = 20'000;

constexpr std::string_view connect_line =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"bench\",\"version\":\"1\","
    "\"protocol\":1}\r\n";

}  // namespace

Client::Client(const Endpoint& endpoint, std::size_t buffer_bytes)
    : socket_(Socket::connect(endpoint)), buffer_(buffer_bytes) {
    drain_until([this] { return scanner_.informed(); });
    socket_.send_all(connect_line);
    confirm();
}

void Client::drain() {
    while (receive([](const Message&) { throw LoadError("a message came unasked"); })) {
    }
}

void Client::answer_pings() {
    while (scanner_.take_ping()) socket_.send_all("PONG\r\n");
}

void Client::confirm() {
    const std::uint64_t before = scanner_.pongs();
    socket_.send_all("PING\r\n");
    drain_until([this, before] { return scanner_.pongs() > before; });
}

template <class Condition>
void Client::drain_until(Condition&& condition) {
    while (!condition()) {
        if (!socket_.wait(POLLIN, answer_ms_max)) throw LoadError("the server does not answer");
        drain();
        answer_pings();
    }
}

}  // namespace leafnats::bench
