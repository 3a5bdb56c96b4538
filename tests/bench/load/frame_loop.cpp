// SPDX-License-Identifier: Apache-2.0
//
// Lays out and numbers the frames. Payloads are filled with letters that differ from frame to
// frame, so that a compressing link is not flattered.
#include "frame_loop.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <random>

namespace leafnats::bench {

namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

FrameLoop::FrameLoop(std::span<const std::string> subjects, std::size_t payload_bytes,
                     unsigned publisher)
    : frames_(subjects.size()), sequence_(std::uint64_t{publisher} << publisher_shift) {
    const std::string size = " " + std::to_string(payload_bytes) + "\r\n";
    header_bytes_ = 4 + subjects.front().size() + size.size();
    frame_bytes_ = header_bytes_ + payload_bytes + 2;
    bytes_.reserve(frames_ * frame_bytes_);
    std::minstd_rand random(publisher + 1);
    for (const std::string& subject : subjects) {
        assert(subject.size() == subjects.front().size());
        const std::string header = "PUB " + subject + size;
        bytes_.insert(bytes_.end(), header.begin(), header.end());
        for (std::size_t i = 0; i < payload_bytes; ++i) {
            bytes_.push_back(letters[(random() >> 8U) % letters.size()]);
        }
        bytes_.push_back('\r');
        bytes_.push_back('\n');
    }
}

std::string_view FrameLoop::next(std::size_t frames_max, std::int64_t now_ns) {
    const std::size_t count = std::min(frames_max, frames_ - at_);
    char* first = bytes_.data() + at_ * frame_bytes_;
    char* payload = first + header_bytes_;
    for (std::size_t i = 0; i < count; ++i, payload += frame_bytes_) {
        std::memcpy(payload, &sequence_, sizeof sequence_);
        std::memcpy(payload + sizeof sequence_, &now_ns, sizeof now_ns);
        ++sequence_;
    }
    at_ = (at_ + count) % frames_;
    return {first, count * frame_bytes_};
}

std::size_t FrameLoop::frame_bytes_of(std::string_view subject, std::size_t payload_bytes) {
    return sizeof("PUB ") - 1 + subject.size() + 1 + std::to_string(payload_bytes).size() + 2 +
           payload_bytes + 2;
}

std::string FrameLoop::probe(std::string_view subject) {
    std::string frame = "PUB " + std::string(subject) + " 16\r\n";
    frame.append(16, '\xff');
    return frame + "\r\n";
}

}  // namespace leafnats::bench
