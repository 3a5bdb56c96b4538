// SPDX-License-Identifier: Apache-2.0
//
// Clocks, and the result as the driver reads it.
#include "phase.hpp"

#include <ctime>
#include <sstream>

namespace leafnats::bench {

namespace {

std::int64_t clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// What servers say ends up in errors, so nothing can be assumed about it.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c >= ' ' && c <= '~') {
            out += c;
        } else {
            out += '?';
        }
    }
    return out + '"';
}

}  // namespace

std::int64_t steady_now_ns() { return clock_ns(CLOCK_MONOTONIC); }
std::int64_t process_cpu_ns() { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

std::string to_json(const PhaseResult& result) {
    std::ostringstream out;
    out << "{\"published\":" << result.published << ",\"delivered\":" << result.delivered
        << ",\"seconds\":" << result.seconds << ",\"load_cpu_ns\":" << result.load_cpu_ns
        << ",\"lost\":" << result.faults.lost << ",\"duplicated\":" << result.faults.duplicated
        << ",\"reordered\":" << result.faults.reordered
        << ",\"foreign\":" << result.faults.foreign
        << ",\"latency_ns\":{\"count\":" << result.latencies.count()
        << ",\"p50\":" << result.latencies.percentile_ns(0.5)
        << ",\"p99\":" << result.latencies.percentile_ns(0.99)
        << ",\"p999\":" << result.latencies.percentile_ns(0.999)
        << "},\"error\":" << quoted(result.error) << "}";
    return out.str();
}

}  // namespace leafnats::bench
