// SPDX-License-Identifier: Apache-2.0
//
// Lays out who subscribes to what, and runs the two sides of a phase: the publisher on a thread of
// its own, the subscriber on this one.
#include "flow.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

constexpr const char* flow_subject = "bench.flow";
constexpr std::int64_t way_ns_max = 10'000'000'000;
constexpr std::uint64_t window_messages_min = 4;

// Fixed width, so that all frames are of one length.
std::string subject_at(std::size_t index) {
    char text[32];
    std::snprintf(text, sizeof text, "bench.unit.%07zu", index);
    return text;
}

std::uint64_t window_messages(const LoadOptions& options) {
    const std::string subject = options.subjects != 0 ? subject_at(0) : flow_subject;
    return std::max<std::uint64_t>(
        options.window_bytes / FrameLoop::frame_bytes_of(subject, options.payload_bytes),
        window_messages_min);
}

}  // namespace

struct Flow::Plan {
    std::vector<std::string> subjects;  // in the order they are published
    Subscriptions subscriptions;
    SequenceLedger ledger;

    static Plan on_one_subject(const LoadOptions& options);
    static Plan on_distinct_subjects(const LoadOptions& options);
};

Flow::Plan Flow::Plan::on_one_subject(const LoadOptions& options) {
    Subscriptions subscriptions;
    subscriptions.each_gets_all = !options.queue;
    const std::string group = options.queue ? " workers" : "";
    for (unsigned i = 0; i < options.subscribers; ++i) {
        subscriptions.lines.push_back(std::string("SUB ") + flow_subject + group + " 1\r\n");
        subscriptions.first_stream.push_back(options.queue ? i : i * options.publishers);
    }
    const std::size_t streams = std::size_t{options.subscribers} * options.publishers;
    SequenceLedger ledger =
        options.queue ? SequenceLedger::for_queue(options.subscribers, window_messages(options))
                      : SequenceLedger(std::vector<std::uint64_t>(streams, 0), 1);
    return {{flow_subject}, std::move(subscriptions), std::move(ledger)};
}

// The subjects are published in a shuffled order, each once a turn: no server's cache of recent
// subjects helps, and neither does the order in which they were subscribed.
Flow::Plan Flow::Plan::on_distinct_subjects(const LoadOptions& options) {
    std::vector<std::size_t> order(options.subjects);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937_64(options.subjects));

    std::vector<std::string> subjects;
    std::vector<std::uint64_t> first(options.subjects);
    for (std::size_t turn = 0; turn < order.size(); ++turn) {
        subjects.push_back(subject_at(order[turn]));
        first[order[turn]] = turn;
    }
    Subscriptions subscriptions;
    subscriptions.stream_by_sid = true;
    const std::size_t share = (options.subjects + options.subscribers - 1) / options.subscribers;
    for (std::size_t from = 0; from < options.subjects; from += share) {
        std::string lines;
        const std::size_t end = std::min(from + share, options.subjects);
        for (std::size_t i = from; i < end; ++i) {
            lines += "SUB " + subject_at(i) + " " + std::to_string(i - from + 1) + "\r\n";
        }
        subscriptions.lines.push_back(std::move(lines));
        subscriptions.first_stream.push_back(from);
    }
    return {std::move(subjects), std::move(subscriptions),
            SequenceLedger(std::move(first), options.subjects)};
}

Flow::Flow(const LoadOptions& options)
    : Flow(options, options.subjects != 0 ? Plan::on_distinct_subjects(options)
                                          : Plan::on_one_subject(options)) {}

Flow::Flow(const LoadOptions& options, Plan plan)
    : crosses_leaf_(options.publish_to.port != options.subscribe_at.port),
      probe_subject_(plan.subjects.front()),
      window_(window_messages(options)),
      subscriber_(options, plan.subscriptions, std::move(plan.ledger), window_),
      publisher_(options, plan.subjects, window_) {
    subscriber_.watch(publisher_);
}

void Flow::open_way() {
    if (!crosses_leaf_) return;
    const std::int64_t give_up_ns = steady_now_ns() + way_ns_max;
    do {
        if (steady_now_ns() > give_up_ns) throw LoadError("nothing comes across the leaf link");
        publisher_.send_probe(probe_subject_);
    } while (!subscriber_.probed(2));
}

PhaseResult Flow::run(const PhaseLimits& limits) {
    PhaseResult result;
    const std::uint64_t published_before = publisher_.published();
    const std::uint64_t delivered_before = subscriber_.delivered();
    subscriber_.reset_latencies();
    const std::int64_t cpu_before_ns = process_cpu_ns();
    const std::int64_t begin_ns = steady_now_ns();
    publisher_.begin();
    std::thread publishing([&] { publisher_.run(limits); });
    try {
        subscriber_.run(publisher_);
    } catch (const LoadError& failure) {
        result.error = failure.what();
        publisher_.abandon();
    }
    publishing.join();
    if (result.error.empty()) result.error = publisher_.error();
    result.load_cpu_ns = process_cpu_ns() - cpu_before_ns;
    result.seconds = static_cast<double>(subscriber_.last_receipt_ns() - begin_ns) * 1e-9;
    result.published = publisher_.published() - published_before;
    result.delivered = subscriber_.delivered() - delivered_before;
    result.faults = subscriber_.faults();
    const std::uint64_t expected = publisher_.published() * subscriber_.copies();
    const std::uint64_t here = std::min(expected, subscriber_.delivered());
    result.faults.lost = expected - here;
    result.latencies = subscriber_.latencies();
    return result;
}

std::deque<Client*> Flow::clients() {
    std::deque<Client*> all;
    subscriber_.collect(all);
    publisher_.collect(all);
    return all;
}

}  // namespace leafnats::bench
