// SPDX-License-Identifier: Apache-2.0

#include "monitor/process_usage.hpp"

#include "net/reactor.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

namespace leafnats::monitor {
namespace {

// A share measured over less says more of chance than of load.
constexpr std::int64_t period_ns_min = 1'000'000'000;

std::int64_t process_cpu_ns() {
  timespec time{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return 0;
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

double ProcessUsage::cpu_percent() {
  const std::int64_t wall = net::now_ns();
  if (wall_ns_ != 0 && wall - wall_ns_ < period_ns_min) return percent_;
  const std::int64_t cpu = process_cpu_ns();
  if (wall_ns_ != 0) {
    const double share = static_cast<double>(cpu - cpu_ns_) / static_cast<double>(wall - wall_ns_);
    percent_ = std::round(share * 1000.0) / 10.0;
  }
  wall_ns_ = wall;
  cpu_ns_ = cpu;
  return percent_;
}

std::int64_t ProcessUsage::resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total_pages = 0;
  std::int64_t resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) return 0;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

unsigned ProcessUsage::cores() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace leafnats::monitor
