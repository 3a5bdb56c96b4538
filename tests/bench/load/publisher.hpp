// SPDX-License-Identifier: Apache-2.0
//
// The publishing side of a flow: one thread that keeps one or more connections filled, as far as
// the window allows. It sends prepared batches and sleeps when neither the window nor any socket
// has room. Thread: built and destroyed by the main thread, which calls run() from the publisher
// thread; finished(), ended() and abandon() are for the subscriber thread, and the rest may be read
// once finished() is true.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "client.hpp"
#include "frame_loop.hpp"
#include "options.hpp"
#include "phase.hpp"
#include "poller.hpp"
#include "wakeup.hpp"
#include "window.hpp"

namespace leafnats::bench {

class Publisher {
public:
    Publisher(const LoadOptions& options, std::span<const std::string> subjects, Window& window);

    // One phase; numbering goes on where the last one stopped. What goes wrong is told by error().
    void run(const PhaseLimits& limits) noexcept;

    bool finished() const { return finished_.load(); }
    const Wakeup& ended() const { return ended_; }
    void begin() { finished_.store(false); }
    void abandon();

    std::uint64_t published() const { return published_; }
    const std::string& error() const { return error_; }

    // Main thread, between phases.
    void send_probe(std::string_view subject);
    void collect(std::deque<Client*>& clients);

private:
    struct Feed {
        Feed(const LoadOptions& options, std::span<const std::string> subjects, unsigned publisher)
            : client(options.publish_to, Client::idle_buffer_bytes),
              frames(subjects, options.payload_bytes, publisher) {}

        Client client;
        FrameLoop frames;
        std::string_view pending;  // numbered and not yet sent
        bool writable = true;
    };

    void publish(const PhaseLimits& limits);
    bool push(Feed& feed);
    bool refill(Feed& feed);
    void rest();
    void handle(const epoll_event& event);
    bool nothing_pending() const;

    Window& window_;
    std::deque<Feed> feeds_;
    Poller poller_;
    std::size_t batch_frames_ = 1;

    // Publisher thread, during a phase.
    std::uint64_t published_ = 0;
    std::uint64_t published_end_ = 0;
    std::int64_t deadline_ns_ = 0;
    std::int64_t idle_since_ns_ = 0;
    bool stopping_ = false;
    bool starved_ = false;  // a connection could send, but the window is shut
    std::string error_;

    std::atomic<bool> finished_{true};
    std::atomic<bool> abandoned_{false};
    Wakeup ended_;
};

}  // namespace leafnats::bench
