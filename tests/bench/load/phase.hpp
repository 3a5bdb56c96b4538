// SPDX-License-Identifier: Apache-2.0
//
// One stretch of load, warm-up or measured: when it ends and what came of it. Also the two clocks
// used for it.
#pragma once

#include <cstdint>
#include <string>

#include "latency_histogram.hpp"
#include "sequence_ledger.hpp"

namespace leafnats::bench {

struct PhaseLimits {
    double seconds = 0;
    std::uint64_t messages_max = 0;  // 0: time alone
};

struct PhaseResult {
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;  // each copy of a fan-out counts; a request with its reply is one
    double seconds = 0;           // from the first send to the last receipt
    std::int64_t load_cpu_ns = 0;
    Faults faults;  // since the start, so that those of the warm-up are not forgotten
    LatencyHistogram latencies;
    std::string error;  // empty: the phase ran to its end

    bool failed() const {
        return !error.empty() || faults.lost + faults.duplicated + faults.reordered != 0 ||
               faults.foreign != 0;
    }
};

std::int64_t steady_now_ns();
std::int64_t process_cpu_ns();

// One line of JSON.
std::string to_json(const PhaseResult& result);

}  // namespace leafnats::bench
