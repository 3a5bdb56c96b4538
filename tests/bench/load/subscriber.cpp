// SPDX-License-Identifier: Apache-2.0
//
// The subscriber thread's loop.
#include "subscriber.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::bench {

namespace {

// Limit: this long after the last message nothing more is expected, and what is missing counts as
// lost.
constexpr std::int64_t quiet_ns_max = 2'000'000'000;
constexpr int tick_ms = 100;

constexpr std::uint64_t ended_tag = ~std::uint64_t{0};

// One in 16 is timed where messages are so small that a clock value would be looked up for little.
constexpr std::uint64_t sampled_mask = 15;
constexpr std::size_t timed_all_bytes_min = 4096;

}  // namespace

Subscriber::Subscriber(const LoadOptions& options, const Subscriptions& subscriptions,
                       SequenceLedger ledger, Window& window)
    : window_(window),
      ledger_(std::move(ledger)),
      stream_by_sid_(subscriptions.stream_by_sid),
      each_gets_all_(subscriptions.each_gets_all),
      shared_(options.queue),
      latency_mask_(options.payload_bytes < timed_all_bytes_min ? sampled_mask : 0) {
    for (std::size_t i = 0; i < subscriptions.lines.size(); ++i) {
        Member& member = members_.emplace_back(options.subscribe_at);
        member.first_stream = subscriptions.first_stream[i];
        member.client.socket().send_all(subscriptions.lines[i]);
        member.client.confirm();
        poller_.add(member.client.socket().fd(), EPOLLIN, i);
    }
}

void Subscriber::watch(const Publisher& publisher) {
    poller_.add(publisher.ended().fd(), EPOLLIN, ended_tag);
}

void Subscriber::run(const Publisher& publisher) {
    last_receipt_ns_ = steady_now_ns();
    for (;;) {
        const bool finished = publisher.finished();
        if (finished && delivered() >= publisher.published() * copies()) return;
        const auto events = poller_.wait(finished ? tick_ms : 10 * tick_ms);
        for (const epoll_event& event : events) {
            if (event.data.u64 == ended_tag) {
                publisher.ended().clear();
            } else {
                receive(members_[event.data.u64]);
            }
        }
        window_.advance(progress());
        if (finished && steady_now_ns() - last_receipt_ns_ > quiet_ns_max) return;
    }
}

bool Subscriber::probed(int timeout_ms) {
    for (const epoll_event& event : poller_.wait(timeout_ms)) {
        if (event.data.u64 != ended_tag) receive(members_[event.data.u64]);
    }
    return probe_seen_;
}

void Subscriber::receive(Member& member) {
    read_at_ns_ = 0;
    member.client.receive([&](const Message& message) { enter(member, message); });
    last_receipt_ns_ = steady_now_ns();
    member.client.answer_pings();
}

void Subscriber::enter(Member& member, const Message& message) {
    if (message.sequence == probe_sequence) {
        probe_seen_ = true;
        return;
    }
    const std::size_t within =
        stream_by_sid_ ? message.sid - 1 : message.sequence >> publisher_shift;
    const std::uint64_t sequence = message.sequence & sequence_mask;
    if (!ledger_.accept(member.first_stream + within, sequence)) return;
    ++member.received;
    if ((sequence & latency_mask_) != 0) return;
    // One clock value for all that one read brought: they became visible to us together.
    if (read_at_ns_ == 0) read_at_ns_ = steady_now_ns();
    latencies_.record(read_at_ns_ - message.stamp_ns);
}

std::uint64_t Subscriber::progress() const {
    if (shared_) return std::min(delivered(), ledger_.progress_max());
    if (!each_gets_all_) return delivered();
    const auto slowest = std::min_element(
        members_.begin(), members_.end(),
        [](const Member& a, const Member& b) { return a.received < b.received; });
    return slowest->received;
}

std::uint64_t Subscriber::delivered() const {
    std::uint64_t sum = 0;
    for (const Member& member : members_) sum += member.received;
    return sum;
}

void Subscriber::collect(std::deque<Client*>& clients) {
    for (Member& member : members_) clients.push_back(&member.client);
}

}  // namespace leafnats::bench
