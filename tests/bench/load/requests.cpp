// SPDX-License-Identifier: Apache-2.0
//
// The request and reply loop.
#include "requests.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

constexpr int stuck_ms_max = 5'000;
constexpr std::uint64_t responder_tag = ~std::uint64_t{0};
constexpr std::size_t stamp_bytes = 16;

std::string inbox_of(unsigned requester) { return "_INBOX.bench." + std::to_string(requester); }

}  // namespace

Requests::Requests(const LoadOptions& options)
    : responder_(options.subscribe_at), filler_(options.payload_bytes - stamp_bytes, 'r') {
    filler_ += "\r\n";
    responder_.socket().send_all("SUB bench.service 1\r\n");
    responder_.confirm();
    poller_.add(responder_.socket().fd(), EPOLLIN, responder_tag);
    for (unsigned i = 0; i < options.requesters; ++i) {
        Requester& requester = requesters_.emplace_back(options.publish_to);
        requester.client.socket().send_all("SUB " + inbox_of(i) + " 1\r\n");
        requester.client.confirm();
        requester.frame = "PUB bench.service " + inbox_of(i) + " " +
                          std::to_string(options.payload_bytes) + "\r\n";
        requester.payload_at = requester.frame.size();
        requester.frame += std::string(options.payload_bytes, 'q') + "\r\n";
        poller_.add(requester.client.socket().fd(), EPOLLIN, i);
    }
}

PhaseResult Requests::run(const PhaseLimits& limits) {
    result_ = {};
    const std::int64_t cpu_before_ns = process_cpu_ns();
    const std::int64_t begin_ns = steady_now_ns();
    deadline_ns_ = begin_ns + static_cast<std::int64_t>(limits.seconds * 1e9);
    asked_max_ = limits.messages_max != 0 ? limits.messages_max
                                          : std::numeric_limits<std::uint64_t>::max();
    try {
        for (Requester& requester : requesters_) ask(requester);
        while (outstanding_ != 0) {
            const auto events = poller_.wait(stuck_ms_max);
            if (events.empty()) throw LoadError("a reply stays away");
            for (const epoll_event& event : events) handle(event);
        }
    } catch (const LoadError& failure) {
        result_.error = failure.what();
    }
    result_.load_cpu_ns = process_cpu_ns() - cpu_before_ns;
    result_.seconds = static_cast<double>(last_receipt_ns_ - begin_ns) * 1e-9;
    result_.faults = faults_;
    result_.faults.lost += outstanding_;
    return std::move(result_);
}

void Requests::handle(const epoll_event& event) {
    if (event.data.u64 == responder_tag) {
        respond();
        return;
    }
    Requester& requester = requesters_[event.data.u64];
    requester.client.receive([&](const Message& reply) { take_reply(requester, reply); });
    requester.client.answer_pings();
}

void Requests::ask(Requester& requester) {
    if (result_.published == asked_max_) return;
    const std::int64_t now_ns = steady_now_ns();
    if (now_ns >= deadline_ns_) return;
    ++requester.sequence;
    char* payload = requester.frame.data() + requester.payload_at;
    std::memcpy(payload, &requester.sequence, sizeof requester.sequence);
    std::memcpy(payload + sizeof requester.sequence, &now_ns, sizeof now_ns);
    requester.client.socket().send_all(requester.frame);
    requester.outstanding = true;
    ++outstanding_;
    ++result_.published;
}

void Requests::take_reply(Requester& requester, const Message& message) {
    if (!requester.outstanding || message.sequence != requester.sequence) {
        ++(message.sequence <= requester.sequence ? faults_.duplicated : faults_.foreign);
        return;
    }
    last_receipt_ns_ = steady_now_ns();
    result_.latencies.record(last_receipt_ns_ - message.stamp_ns);
    ++result_.delivered;
    requester.outstanding = false;
    --outstanding_;
    ask(requester);
}

void Requests::respond() {
    const std::string size = " " + std::to_string(filler_.size() + stamp_bytes - 2) + "\r\n";
    replies_.clear();
    responder_.receive([&](const Message& request) {
        replies_.append("PUB ").append(request.reply).append(size);
        char words[stamp_bytes];
        std::memcpy(words, &request.sequence, sizeof request.sequence);
        std::memcpy(words + sizeof request.sequence, &request.stamp_ns, sizeof request.stamp_ns);
        replies_.append(words, sizeof words).append(filler_);
    });
    responder_.answer_pings();
    responder_.socket().send_all(replies_);
}

std::deque<Client*> Requests::clients() {
    std::deque<Client*> all{&responder_};
    for (Requester& requester : requesters_) all.push_back(&requester.client);
    return all;
}

}  // namespace leafnats::bench
