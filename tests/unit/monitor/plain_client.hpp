// SPDX-License-Identifier: Apache-2.0
//
// A client over a socket that says what it is told to say, and keeps every byte that came.
#pragma once

#include "support/catch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace leafnats::test {

class PlainClient {
 public:
  explicit PlainClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;
  ~PlainClient() { close(); }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  void say(std::string_view bytes) {
    REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// CONNECT with these fields beside the usual ones, and a barrier.
  void log_in(std::string_view fields) {
    say("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"lang\":\"test\","
        "\"version\":\"1.2.3\"," +
        std::string(fields) + "}\r\n");
    flush();
  }
  /// PING, until its PONG.
  void flush() {
    const std::size_t from = heard_.size();
    say("PING\r\n");
    wait_for("PONG\r\n", from);
  }
  void subscribe(std::string_view subject, std::string_view sid) {
    say("SUB " + std::string(subject) + " " + std::string(sid) + "\r\n");
    flush();
  }
  /// Publishes with an inbox and returns the answer's payload. The inbox is covered already.
  std::string request(std::string_view subject, std::string_view payload = {}) {
    const std::size_t from = heard_.size();
    const std::string inbox = "_INBOX.test." + std::to_string(++requests_);
    say("PUB " + std::string(subject) + " " + inbox + " " + std::to_string(payload.size()) +
        "\r\n" + std::string(payload) + "\r\n");
    return payload_at(wait_for("MSG " + inbox + " ", from));
  }
  /// The payload of the next message to this subject that came, or comes, from `from` on.
  std::string message(std::string_view subject, std::size_t from = 0) {
    return payload_at(wait_for("MSG " + std::string(subject) + " ", from));
  }

  /// Where `text` begins in what was heard from `from` on.
  std::size_t wait_for(std::string_view text, std::size_t from = 0) {
    for (;;) {
      const std::size_t at = heard_.find(text, from);
      if (at != heard_.npos) return at;
      INFO("waiting for " << text << " in " << heard_.substr(from));
      REQUIRE(hear());
    }
  }
  /// False: the server has closed.
  bool hear() {
    pollfd waiting{socket_, POLLIN, 0};
    REQUIRE(::poll(&waiting, 1, patience_ms) == 1);
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    heard_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  [[nodiscard]] const std::string& heard() const { return heard_; }
  /// The number that the server gave this connection.
  std::string id() {
    const std::size_t at = wait_for("\"client_id\":") + 12;
    return heard_.substr(at, heard_.find_first_not_of("0123456789", at) - at);
  }

 private:
  static constexpr int patience_ms = 20'000;

  /// The payload of the MSG or HMSG that begins at `at`.
  std::string payload_at(std::size_t at) {
    const std::size_t line_end = wait_for("\r\n", at);
    const bool has_headers = at > 0 && heard_[at - 1] == 'H';
    const std::string line = heard_.substr(at, line_end - at);
    const std::size_t last = line.rfind(' ');
    const std::size_t size = std::stoul(line.substr(last + 1));
    std::size_t header = 0;
    if (has_headers) {
      header = std::stoul(line.substr(line.rfind(' ', last - 1) + 1));
    }
    while (heard_.size() < line_end + 2 + size + 2) REQUIRE(hear());
    return heard_.substr(line_end + 2 + header, size - header);
  }

  int socket_;
  int requests_ = 0;
  std::string heard_;
};

}  // namespace leafnats::test
