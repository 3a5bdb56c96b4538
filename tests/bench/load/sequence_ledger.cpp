// SPDX-License-Identifier: Apache-2.0
//
// The ledger's uncommon cases, and the whole of a queue group.
#include "sequence_ledger.hpp"

#include <utility>

namespace leafnats::bench {

namespace {

// Limit: how far the quickest member of a queue group may be ahead of the slowest, in messages.
constexpr std::uint64_t queue_lead_max = 1U << 20U;

}  // namespace

SequenceLedger::SequenceLedger(std::vector<std::uint64_t> first, std::uint64_t stride)
    : next_(std::move(first)), stride_(stride) {}

SequenceLedger SequenceLedger::for_queue(std::size_t members, std::uint64_t under_way_max) {
    SequenceLedger ledger(std::vector<std::uint64_t>(members, 0), 1);
    ledger.seen_.resize(under_way_max + queue_lead_max);
    ledger.lead_max_ = queue_lead_max;
    return ledger;
}

bool SequenceLedger::accept_other(std::size_t stream, std::uint64_t sequence) {
    if (stream >= next_.size()) {
        ++faults_.foreign;
        return false;
    }
    if (!seen_.empty()) return accept_shared(stream, sequence);
    if (sequence < next_[stream]) return accept_late();
    const std::uint64_t jump = sequence - next_[stream];
    if (jump % stride_ != 0) {
        ++faults_.foreign;
        return false;
    }
    skipped_ += jump / stride_;
    next_[stream] = sequence + stride_;
    return true;
}

// A number below the expected one fills a gap if there is one, and is otherwise a repetition. With
// both faults in one run the two counts may blend; their sum is still right.
bool SequenceLedger::accept_late() {
    if (skipped_ == 0) {
        ++faults_.duplicated;
        return false;
    }
    --skipped_;
    ++faults_.reordered;
    return true;
}

bool SequenceLedger::accept_shared(std::size_t member, std::uint64_t sequence) {
    if (sequence >= all_before_ + seen_.size()) {
        ++faults_.foreign;
        return false;
    }
    if (sequence < all_before_ || seen_[sequence % seen_.size()]) {
        ++faults_.duplicated;
        return false;
    }
    if (sequence < next_[member]) {
        ++faults_.reordered;
    } else {
        next_[member] = sequence + 1;
    }
    seen_[sequence % seen_.size()] = true;
    while (seen_[all_before_ % seen_.size()]) {
        seen_[all_before_ % seen_.size()] = false;
        ++all_before_;
    }
    return true;
}

}  // namespace leafnats::bench
