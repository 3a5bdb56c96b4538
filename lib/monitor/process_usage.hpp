// SPDX-License-Identifier: Apache-2.0
//
// What the process takes of the machine. It is the whole process: a host that embeds a server is
// counted with it.
//
// Thread: one at a time.
#pragma once

#include <cstdint>

namespace leafnats::monitor {

class ProcessUsage {
 public:
  /// Percent of one core since the last call but at least `period`; 0 at first.
  [[nodiscard]] double cpu_percent();
  /// Bytes in memory; 0 where the system does not tell.
  [[nodiscard]] static std::int64_t resident_bytes();
  [[nodiscard]] static unsigned cores();

 private:
  std::int64_t wall_ns_ = 0;
  std::int64_t cpu_ns_ = 0;
  double percent_ = 0;
};

}  // namespace leafnats::monitor
