// SPDX-License-Identifier: Apache-2.0
//
// What must arrive, and what came instead. Messages are numbered, and NATS keeps the order from one
// publisher to one subscription, so for each such pair (a stream) the next number is known in
// advance: equal is right, a jump means that something is missing or late, a smaller one that
// something came twice or late.
//
// In a queue group the members share the numbers and no one knows who gets which. There each
// member's numbers must rise, and a ring of bits shows which have been seen. One slow member lets
// the others run ahead of it, so the ring is much longer than the window, and progress_max() keeps
// the publisher within it. Thread: the subscriber thread during a phase.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace leafnats::bench {

struct Faults {
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t foreign = 0;  // belongs to no stream: a wrong subscription, or a damaged payload
};

class SequenceLedger {
public:
    // One entry for each stream: the first number it will carry. Its numbers are `stride` apart.
    SequenceLedger(std::vector<std::uint64_t> first, std::uint64_t stride);

    // A queue group: members share the numbers 0, 1, 2, ... and at most under_way_max are under
    // way.
    static SequenceLedger for_queue(std::size_t members, std::uint64_t under_way_max);

    // True if the message counts as received; false for one that came before or belongs nowhere.
    bool accept(std::size_t stream, std::uint64_t sequence) {
        if (seen_.empty() && stream < next_.size() && next_[stream] == sequence) [[likely]] {
            next_[stream] += stride_;
            return true;
        }
        return accept_other(stream, sequence);
    }

    // The publisher may be this much further than under_way_max, and no more.
    std::uint64_t progress_max() const { return all_before_ + lead_max_; }

    // Numbers that never came are known only in the end, by counting; hence `lost` is filled in
    // elsewhere.
    const Faults& faults() const { return faults_; }

private:
    bool accept_other(std::size_t stream, std::uint64_t sequence);
    bool accept_shared(std::size_t member, std::uint64_t sequence);
    bool accept_late();

    std::vector<std::uint64_t> next_;
    std::uint64_t stride_ = 1;
    std::uint64_t skipped_ = 0;  // jumped over and not seen since

    std::vector<bool> seen_;  // queue groups only; slot `sequence % size`
    std::uint64_t all_before_ = 0;
    std::uint64_t lead_max_ = 0;

    Faults faults_;
};

}  // namespace leafnats::bench
