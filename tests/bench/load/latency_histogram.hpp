// SPDX-License-Identifier: Apache-2.0
//
// Latencies in nanoseconds, in buckets whose width is 1/32 of their power of two: 3 % exact over
// the whole range, a fixed 16 KiB, and recording is an addition.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace leafnats::bench {

class LatencyHistogram {
public:
    void record(std::int64_t latency_ns) {
        ++buckets_[bucket_of(latency_ns > 0 ? static_cast<std::uint64_t>(latency_ns) : 0)];
        ++count_;
    }

    std::uint64_t count() const { return count_; }

    // The middle of the bucket in which the given share (0.5, 0.99, ...) of all records is reached.
    std::uint64_t percentile_ns(double share) const {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            sum += buckets_[i];
            if (sum > wanted) return middle_of(i);
        }
        return 0;
    }

private:
    static constexpr unsigned sub_bits = 5;
    static constexpr std::uint64_t subs = 1U << sub_bits;

    // Values below 32 have a bucket each; above, the five bits after the leading one choose it.
    static std::size_t bucket_of(std::uint64_t value) {
        if (value < subs) return value;
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
        return (shift + 1) * subs + ((value >> shift) - subs);
    }

    static std::uint64_t middle_of(std::size_t bucket) {
        if (bucket < subs) return bucket;
        const std::uint64_t shift = bucket / subs - 1;
        return ((bucket % subs + subs) << shift) + ((std::uint64_t{1} << shift) >> 1U);
    }

    std::array<std::uint64_t, (64 - sub_bits + 1) * subs> buckets_{};
    std::uint64_t count_ = 0;
};

}  // namespace leafnats::bench
