// SPDX-License-Identifier: Apache-2.0
//
// The publisher thread's loop.
#include "publisher.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <vector>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

// Limit: this long without room anywhere, and the phase ends; what is missing then counts as lost.
constexpr std::int64_t stuck_ns_max = 5'000'000'000;
constexpr int tick_ms = 100;

constexpr std::uint64_t room_tag = ~std::uint64_t{0};

// A single frame is repeated until it fills a batch, so that one send carries as much as it may.
std::vector<std::string> repeat_to_fill(std::span<const std::string> subjects,
                                        std::size_t frames) {
    std::vector<std::string> repeated(subjects.begin(), subjects.end());
    if (subjects.size() == 1) repeated.resize(frames, subjects.front());
    return repeated;
}

}  // namespace

Publisher::Publisher(const LoadOptions& options, std::span<const std::string> subjects,
                     Window& window)
    : window_(window) {
    // Several connections share the window: none of them may take all of it with one batch.
    const std::size_t share = options.window_bytes / (2 * std::size_t{options.publishers});
    const std::size_t batch_bytes = std::min(options.batch_bytes, share);
    batch_frames_ = std::max<std::size_t>(
        1, batch_bytes / FrameLoop::frame_bytes_of(subjects.front(), options.payload_bytes));
    const auto looped = repeat_to_fill(subjects, batch_frames_);
    poller_.add(window_.room_made().fd(), EPOLLIN, room_tag);
    for (unsigned i = 0; i < options.publishers; ++i) {
        Feed& feed = feeds_.emplace_back(options, looped, i);
        poller_.add(feed.client.socket().fd(), EPOLLIN | EPOLLOUT | EPOLLET, i);
    }
}

void Publisher::run(const PhaseLimits& limits) noexcept {
    try {
        publish(limits);
    } catch (const std::exception& failure) {
        error_ = failure.what();
    }
    finished_.store(true);
    ended_.raise();
}

void Publisher::abandon() {
    abandoned_.store(true);
    window_.room_made().raise();
}

void Publisher::publish(const PhaseLimits& limits) {
    idle_since_ns_ = steady_now_ns();
    deadline_ns_ = idle_since_ns_ + static_cast<std::int64_t>(limits.seconds * 1e9);
    published_end_ = limits.messages_max != 0 ? published_ + limits.messages_max
                                              : std::numeric_limits<std::uint64_t>::max();
    stopping_ = false;
    while (!abandoned_.load()) {
        bool sent = false;
        starved_ = false;
        for (Feed& feed : feeds_) sent |= push(feed);
        if (stopping_ && nothing_pending()) return;
        if (!sent) rest();
    }
}

bool Publisher::push(Feed& feed) {
    if (!feed.writable || (feed.pending.empty() && !refill(feed))) return false;
    const std::size_t sent =
        feed.client.socket().send_some(feed.pending.data(), feed.pending.size());
    feed.pending.remove_prefix(sent);
    feed.writable = sent != 0;
    if (sent != 0) idle_since_ns_ = 0;
    return sent != 0;
}

bool Publisher::refill(Feed& feed) {
    feed.client.answer_pings();
    const std::int64_t now_ns = steady_now_ns();
    stopping_ |= now_ns >= deadline_ns_ || published_ >= published_end_;
    if (stopping_) return false;
    const std::uint64_t left = published_end_ - published_;
    const std::uint64_t wanted =
        std::min({std::uint64_t{batch_frames_}, window_.messages_max() / 4, left});
    if (window_.room(published_) < wanted) {
        starved_ = true;
        return false;
    }
    feed.pending = feed.frames.next(std::max<std::size_t>(1, wanted), now_ns);
    published_ += feed.pending.size() / feed.frames.frame_bytes();
    return true;
}

void Publisher::rest() {
    if (starved_ && !window_.ask_for_room(published_)) return;
    const auto events = poller_.wait(tick_ms);
    for (const epoll_event& event : events) handle(event);
    const std::int64_t now_ns = steady_now_ns();
    if (!events.empty() || idle_since_ns_ == 0) {
        idle_since_ns_ = now_ns;
    } else if (now_ns - idle_since_ns_ > stuck_ns_max) {
        throw LoadError(starved_ ? "messages stay away and the window is shut"
                                 : "the server stopped reading");
    }
}

// Sockets are watched edge-triggered, so each event must be used up: `writable` remembers the one
// half, reading to the end does the other.
void Publisher::handle(const epoll_event& event) {
    if (event.data.u64 == room_tag) {
        window_.room_made().clear();
        return;
    }
    Feed& feed = feeds_[event.data.u64];
    if ((event.events & EPOLLOUT) != 0) feed.writable = true;
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) feed.client.drain();
}

bool Publisher::nothing_pending() const {
    return std::all_of(feeds_.begin(), feeds_.end(),
                       [](const Feed& feed) { return feed.pending.empty(); });
}

void Publisher::send_probe(std::string_view subject) {
    feeds_.front().client.socket().send_all(FrameLoop::probe(subject));
}

void Publisher::collect(std::deque<Client*>& clients) {
    for (Feed& feed : feeds_) clients.push_back(&feed.client);
}

}  // namespace leafnats::bench
