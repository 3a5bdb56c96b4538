// SPDX-License-Identifier: Apache-2.0
//
// A minimal blocking NATS client on one plain TCP socket. Every wait has a deadline; every failure,
// the server's -ERR included, is a Failure that names the server. One thread, no reconnecting.
#pragma once

#include "arguments.hpp"

#include <deque>

namespace cli {

using Clock = std::chrono::steady_clock;

struct Failure : std::runtime_error {
    using runtime_error::runtime_error;
};

struct Message {
    std::string subject, reply;
    std::string headers;  // the whole block, from "NATS/1.0" to its empty line, or nothing
    std::string payload;
};

// What ends a wait: INFO, MSG or HMSG, PONG, the deadline, or the descriptor given to stop_on().
enum class Event { info, message, pong, timeout, stopped };

class Connection {
public:
    // Tries each address of the host, logs in, and returns when the server has agreed.
    Connection(const Endpoint& server, std::string_view client_name);
    ~Connection();
    Connection(const Connection&) = delete;

    // These queue; flush() and all that waits send.
    void publish(const Message& message);
    void subscribe(const std::string& subject, const std::string& queue, std::uint64_t max);
    void unsubscribe_all();
    void ping() { output_ += "PING\r\n"; }
    void flush();

    // Waits until the server has processed all that was sent, or throws what it has against it.
    // Messages that arrive meanwhile are kept for next().
    void confirm();

    // Answers the server's PINGs by the way, so everyone who stays calls it now and then.
    Event next(Message& message, Clock::time_point deadline);
    void stop_on(int fd) { stop_fd_ = fd; }  // -1: on none

    [[noreturn]] void fail(const std::string& why) const { throw Failure(url_ + ": " + why); }

private:
    Connection(const std::string& url, int fd) : url_(url), fd_(fd) {}
    Event wait(Message& message, Clock::time_point deadline);
    void receive();
    std::optional<Event> take_event(Message& message);
    bool take_message(std::string_view line, std::string_view rest, Message& message);

    const std::string url_;
    const int fd_;
    int stop_fd_ = -1, last_sid_ = 0;
    bool headers_ = false;           // from INFO, like
    std::uint64_t max_payload_ = 0;  // where 0 means that the server named none
    std::string input_, output_;
    std::size_t consumed_ = 0;      // of input_
    bool write_failed_ = false;     // the peer is gone; its reason may still wait to be read
    std::deque<Message> early_;     // came during confirm()
};

}  // namespace cli
