// SPDX-License-Identifier: Apache-2.0
//
// The smallest reader of what a server sends to a client:
//
//   MSG <subject> <sid> [reply] <#bytes>\r\n<payload>\r\n
//   PING\r\n   PONG\r\n   INFO {...}\r\n   +OK\r\n   -ERR '...'\r\n
//
// A bench receives millions of messages whose header line is byte for byte the one before, so the
// last header is kept and compared as a whole; only a different line is parsed. Payloads are
// stepped over: the first 16 bytes are read (sequence number, send time), the rest is not touched.
// A slip in the framing still shows, because the next line would then be none of the above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace leafnats::bench {

// Lifetime: `reply` is good until the callback that received the message returns.
struct Message {
    std::uint64_t sid = 0;
    std::string_view reply;
    std::uint64_t sequence = 0;
    std::int64_t stamp_ns = 0;
};

// Invariant: a scanner stays where it was made, for message_.reply points into its own header_.
class MessageScanner {
public:
    MessageScanner() = default;
    MessageScanner(const MessageScanner&) = delete;
    MessageScanner& operator=(const MessageScanner&) = delete;

    // Payloads from here on are left in the kernel instead of being copied out; see
    // Socket::discard_some.
    static constexpr std::size_t discard_bytes_min = 16U << 10U;

    // Calls on_message for every complete message and returns how many bytes are used up. What
    // remains is the start of something incomplete and must be passed again with more behind it.
    // When a large payload runs past the end, its message is kept and discard_bytes() says how much
    // the caller has to drop first.
    template <class OnMessage>
    std::size_t scan(const char* data, std::size_t size, OnMessage&& on_message);

    std::size_t discard_bytes() const { return discard_bytes_; }

    template <class OnMessage>
    void discarded(std::size_t bytes, OnMessage&& on_message) {
        discard_bytes_ -= bytes;
        if (discard_bytes_ == 0) on_message(kept_);
    }

    bool expects_large() const { return payload_bytes_ >= discard_bytes_min; }

    // What is left of the message under way, or the length of the next one if it is like the last.
    std::size_t bytes_to_message() const {
        return discard_bytes_ != 0 ? discard_bytes_ : header_.size() + payload_bytes_ + 2;
    }

    std::uint64_t pongs() const { return pongs_; }
    bool informed() const { return informed_; }

    // True once for each PING that came: the owner of the connection answers when it may write.
    bool take_ping();

private:
    static constexpr std::size_t stamp_bytes = 16;

    // Parses one line without its \r\n; true if a payload follows. Throws LoadError on -ERR or
    // rubbish.
    bool parse_line(std::string_view line);
    void parse_message_line(std::string_view line);

    bool same_header(const char* data, std::size_t size) const {
        return !header_.empty() && size >= header_.size() &&
               equal(data, header_.data(), header_.size());
    }

    // No MSG line is shorter than 8 bytes, so words of 8 cover it, the last one overlapping.
    // Calling memcmp for each message showed at 16 B.
    static bool equal(const char* a, const char* b, std::size_t size) {
        std::uint64_t different = 0;
        for (std::size_t at = 0; at + 8 < size; at += 8) different |= word(a + at) ^ word(b + at);
        return (different | (word(a + size - 8) ^ word(b + size - 8))) == 0;
    }

    static std::uint64_t word(const char* at) {
        std::uint64_t value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }

    std::string header_;  // the last MSG line with its \r\n
    Message message_;
    Message kept_;
    std::size_t payload_bytes_ = 0;
    std::size_t discard_bytes_ = 0;
    std::uint64_t pongs_ = 0;
    std::uint64_t pings_ = 0;
    bool informed_ = false;
};

template <class OnMessage>
std::size_t MessageScanner::scan(const char* data, std::size_t size, OnMessage&& on_message) {
    std::size_t at = 0;
    while (at < size) {
        const char* start = data + at;
        const std::size_t left = size - at;
        if (!same_header(start, left)) {
            const auto* end = static_cast<const char*>(std::memchr(start, '\n', left));
            if (end == nullptr) break;
            if (!parse_line({start, static_cast<std::size_t>(end - start)})) {
                at += static_cast<std::size_t>(end - start) + 1;
                continue;
            }
        }
        const std::size_t frame_bytes = header_.size() + payload_bytes_ + 2;
        const bool complete = left >= frame_bytes;
        if (!complete && (!expects_large() || left < header_.size() + stamp_bytes)) break;
        std::memcpy(&message_.sequence, start + header_.size(), sizeof message_.sequence);
        std::memcpy(&message_.stamp_ns, start + header_.size() + 8, sizeof message_.stamp_ns);
        if (!complete) {
            kept_ = message_;
            discard_bytes_ = frame_bytes - left;
            return size;
        }
        on_message(message_);
        at += frame_bytes;
    }
    return at;
}

}  // namespace leafnats::bench
