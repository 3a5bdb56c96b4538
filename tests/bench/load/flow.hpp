// SPDX-License-Identifier: Apache-2.0
//
// A flow of messages from publishers to subscribers: one to one, fan-out, fan-in, queue group, many
// subjects, or across a leaf link. They differ only in who subscribes to what and in what the
// ledger expects.
#pragma once

#include <deque>
#include <string>

#include "client.hpp"
#include "options.hpp"
#include "phase.hpp"
#include "publisher.hpp"
#include "subscriber.hpp"
#include "window.hpp"

namespace leafnats::bench {

class Flow {
public:
    // Connects, subscribes, and returns once the servers have confirmed it.
    explicit Flow(const LoadOptions& options);

    // Publishes until a probe comes through, where publisher and subscriber are at different
    // servers and a PONG promises nothing about the way between them.
    void open_way();

    PhaseResult run(const PhaseLimits& limits);

    // All connections, for answering PINGs while no phase runs.
    std::deque<Client*> clients();

private:
    struct Plan;

    Flow(const LoadOptions& options, Plan plan);

    const bool crosses_leaf_;
    const std::string probe_subject_;
    Window window_;
    Subscriber subscriber_;
    Publisher publisher_;
};

}  // namespace leafnats::bench
