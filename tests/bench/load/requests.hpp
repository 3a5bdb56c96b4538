// SPDX-License-Identifier: Apache-2.0
//
// Request and reply: some requesters with one request outstanding each, and one responder. All of
// them live on one thread, so that a two-core machine has a core left for the server and the round
// trip is the server's, not the scheduler's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "client.hpp"
#include "options.hpp"
#include "phase.hpp"
#include "poller.hpp"

namespace leafnats::bench {

class Requests {
public:
    explicit Requests(const LoadOptions& options);

    PhaseResult run(const PhaseLimits& limits);

    std::deque<Client*> clients();

private:
    struct Requester {
        explicit Requester(const Endpoint& endpoint)
            : client(endpoint, Client::idle_buffer_bytes) {}

        Client client;
        std::string frame;  // PUB with its reply subject; number and time are written into it
        std::size_t payload_at = 0;
        std::uint64_t sequence = 0;
        bool outstanding = false;
    };

    void ask(Requester& requester);
    void take_reply(Requester& requester, const Message& message);
    void respond();
    void handle(const epoll_event& event);

    std::deque<Requester> requesters_;
    Client responder_;
    std::string replies_;  // collected over one read, sent at once
    std::string filler_;   // what follows number and time in a reply
    Poller poller_;

    // One phase.
    PhaseResult result_;
    std::uint64_t asked_max_ = 0;
    std::int64_t deadline_ns_ = 0;
    std::int64_t last_receipt_ns_ = 0;
    std::size_t outstanding_ = 0;
    Faults faults_;
};

}  // namespace leafnats::bench
