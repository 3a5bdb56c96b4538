// SPDX-License-Identifier: Apache-2.0
//
// Log lines in nats-server's format, to standard error or a file:
//   [1234] 2026/01/31 12:00:00.000000 [INF] Server is ready
#pragma once

#include <leafnats/config.hpp>
#include <leafnats/events.hpp>

#include <string>
#include <string_view>

namespace daemon_example {

/// Thread: any; a line is one write, so lines of different threads never mix.
class LogWriter {
 public:
  LogWriter() = default;
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;
  ~LogWriter();

  /// Opens the log file, if there is one; also after it was moved away.
  leafnats::Result<void> open(const leafnats::DaemonOptions& options);

  void write(leafnats::LogLevel level, std::string_view line) const;

 private:
  int descriptor_ = 2;
  bool with_time_ = true;
  bool utc_ = false;
};

}  // namespace daemon_example
