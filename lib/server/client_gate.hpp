// SPDX-License-Identifier: Apache-2.0
//
// Lets a handle's destructor on a foreign thread be sure that its callback does not run: the
// shard announces which subscription it is calling, looks whether that has ended, and only then
// calls; the other side marks the end and then waits until the announcement is gone. With both
// sides sequentially consistent at least one of them sees the other.
//
// A mutex held during the call would do the same, but would make every destructor of a client
// wait for every callback of it.
#pragma once

#include "base/assert.hpp"

#include <atomic>
#include <cstdint>

namespace leafnats::server {

class CallbackGate {
 public:
  /// Thread: the shard's. Calls `call` unless `may_begin` says no. `sid` is not 0.
  template <class MayBegin, class Call>
  void pass(std::uint64_t sid, MayBegin&& may_begin, Call&& call) {
    LEAFNATS_ASSERT(running_.load(std::memory_order_relaxed) == 0);
    running_.store(sid);
    if (may_begin()) call();
    running_.store(0);
    running_.notify_all();
  }

  [[nodiscard]] bool is_running(std::uint64_t sid) const noexcept {
    const std::uint64_t now = running_.load();
    return now != 0 && (sid == 0 || now == sid);
  }

  /// Thread: any but the shard's. Returns when no call for `sid` is under way, or, with 0, none
  /// at all.
  void wait(std::uint64_t sid) const noexcept {
    for (std::uint64_t now = running_.load(); now != 0 && (sid == 0 || now == sid);
         now = running_.load()) {
      running_.wait(now);
    }
  }

 private:
  std::atomic<std::uint64_t> running_{0};
};

}  // namespace leafnats::server
