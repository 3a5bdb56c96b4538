// SPDX-License-Identifier: Apache-2.0
//
// The system calls behind Socket.
#include "socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

// Limit: a server that takes no byte for this long has lost the run.
constexpr int stuck_ms_max = 10'000;

[[noreturn]] void fail(const std::string& what) {
    throw LoadError(what + ": " + std::strerror(errno));
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

sockaddr_in address_of(const Endpoint& endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    if (inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1) {
        throw LoadError("not an IPv4 address: " + endpoint.host);
    }
    return address;
}

}  // namespace

Socket Socket::connect(const Endpoint& endpoint) {
    const sockaddr_in address = address_of(endpoint);
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.fd_ < 0) fail("socket");
    // Connecting blocks, which keeps a crowd of thousands from overrunning the server's accept
    // queue; all later calls say MSG_DONTWAIT.
    if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        fail("connect to " + endpoint.host + ":" + std::to_string(endpoint.port));
    }
    const int on = 1;
    setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

Socket::Socket(Socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), low_water_bytes_(other.low_water_bytes_) {}

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(low_water_bytes_, other.low_water_bytes_);
    return *this;
}

Socket::~Socket() {
    if (fd_ >= 0) ::close(fd_);
}

std::size_t Socket::send_some(const char* data, std::size_t size) {
    const ssize_t sent = ::send(fd_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (would_block()) return 0;
    fail("send");
}

std::size_t Socket::receive_some(char* data, std::size_t size) {
    const ssize_t got = ::recv(fd_, data, size, MSG_DONTWAIT);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) throw LoadError("the server closed a connection");
    if (would_block()) return 0;
    fail("recv");
}

std::size_t Socket::discard_some(std::size_t size) {
    const ssize_t got = ::recv(fd_, nullptr, size, MSG_DONTWAIT | MSG_TRUNC);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) throw LoadError("the server closed a connection");
    if (would_block()) return 0;
    fail("recv");
}

void Socket::set_low_water(std::size_t bytes) {
    if (bytes == low_water_bytes_) return;
    low_water_bytes_ = bytes;
    const int value = static_cast<int>(bytes);
    setsockopt(fd_, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
}

void Socket::send_all(std::string_view data) {
    while (!data.empty()) {
        const std::size_t sent = send_some(data.data(), data.size());
        data.remove_prefix(sent);
        if (sent == 0 && !wait(POLLOUT, stuck_ms_max)) {
            throw LoadError("the server stopped reading");
        }
    }
}

bool Socket::wait(short events, int timeout_ms) const {
    pollfd waited{fd_, events, 0};
    const int ready = ::poll(&waited, 1, timeout_ms);
    if (ready < 0 && errno != EINTR) fail("poll");
    return ready > 0;
}

}  // namespace leafnats::bench
