// SPDX-License-Identifier: Apache-2.0
//
// The receiving side of a flow: reads all subscribed connections on the main thread, enters every
// message in the ledger, samples latencies and moves the window on. Thread: the main thread
// throughout.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "client.hpp"
#include "latency_histogram.hpp"
#include "options.hpp"
#include "poller.hpp"
#include "publisher.hpp"
#include "sequence_ledger.hpp"
#include "window.hpp"

namespace leafnats::bench {

// How the subscriptions are dealt: member i holds sids 1, 2, ... and its streams start at
// first_stream[i].
struct Subscriptions {
    std::vector<std::string> lines;          // what each member sends to subscribe
    std::vector<std::size_t> first_stream;   // of each member
    bool stream_by_sid = false;              // else by publisher
    bool each_gets_all = false;              // a fan-out: each member receives every message
};

class Subscriber {
public:
    Subscriber(const LoadOptions& options, const Subscriptions& subscriptions,
               SequenceLedger ledger, Window& window);

    // The publisher's end of a phase wakes run(). Once, before the first phase.
    void watch(const Publisher& publisher);

    // Receives until the publisher has finished and everything is here, or nothing comes any more.
    void run(const Publisher& publisher);

    // Reads for a moment; true once a probe came through. Whatever else comes is a fault.
    bool probed(int timeout_ms);

    void reset_latencies() { latencies_ = {}; }

    std::uint64_t delivered() const;
    std::uint64_t copies() const { return each_gets_all_ ? members_.size() : 1; }
    std::int64_t last_receipt_ns() const { return last_receipt_ns_; }
    const Faults& faults() const { return ledger_.faults(); }
    const LatencyHistogram& latencies() const { return latencies_; }

    void collect(std::deque<Client*>& clients);

private:
    struct Member {
        explicit Member(const Endpoint& endpoint) : client(endpoint) {}

        Client client;
        std::size_t first_stream = 0;
        std::uint64_t received = 0;
    };

    void receive(Member& member);
    void enter(Member& member, const Message& message);

    // How many published messages have come through everywhere: the measure of the window.
    std::uint64_t progress() const;

    Window& window_;
    std::deque<Member> members_;
    SequenceLedger ledger_;
    Poller poller_;
    const bool stream_by_sid_;
    const bool each_gets_all_;
    const bool shared_;  // a queue group
    const std::uint64_t latency_mask_;  // which sequence numbers are timed

    std::int64_t last_receipt_ns_ = 0;
    std::int64_t read_at_ns_ = 0;  // of the read being scanned; 0: not looked up yet
    bool probe_seen_ = false;
    LatencyHistogram latencies_;
};

}  // namespace leafnats::bench
