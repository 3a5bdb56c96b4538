// SPDX-License-Identifier: Apache-2.0
//
// PUB frames laid out end to end once and sent again and again: publishing costs one write of 16
// bytes a message and one send() a batch. All frames have the same length. The first 16 bytes of
// each payload are
//
//   u64  publisher in the top 16 bits, sequence number below      i64  send time, steady clock, ns
//
// in the machine's own byte order, for the receiver is the same process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::bench {

constexpr unsigned publisher_shift = 48;
constexpr std::uint64_t sequence_mask = (std::uint64_t{1} << publisher_shift) - 1;

// Publisher numbers stay below 1000, so this one marks a message that only asks whether anybody
// listens.
constexpr std::uint64_t probe_sequence = ~std::uint64_t{0};

class FrameLoop {
public:
    // One frame for each subject, in this order; the loop over them starts at sequence number 0.
    FrameLoop(std::span<const std::string> subjects, std::size_t payload_bytes, unsigned publisher);

    // Numbers and stamps the next frames, at most frames_max of them, fewer where the loop ends.
    // Lifetime: good until the next call; so everything must be sent before it.
    std::string_view next(std::size_t frames_max, std::int64_t now_ns);

    std::size_t frame_bytes() const { return frame_bytes_; }

    // What one frame of this shape takes on the wire.
    static std::size_t frame_bytes_of(std::string_view subject, std::size_t payload_bytes);

    static std::string probe(std::string_view subject);

private:
    std::vector<char> bytes_;
    std::size_t frame_bytes_ = 0;
    std::size_t header_bytes_ = 0;
    std::size_t frames_ = 0;
    std::size_t at_ = 0;        // the frame to be sent next
    std::uint64_t sequence_;    // and its number
};

}  // namespace leafnats::bench
