// SPDX-License-Identifier: Apache-2.0
//
// Formatting and writing of log lines.

#include "log_writer.hpp"

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace daemon_example {
namespace {

const char* tag(leafnats::LogLevel level) {
  switch (level) {
    case leafnats::LogLevel::fatal: return "[FTL]";
    case leafnats::LogLevel::error: return "[ERR]";
    case leafnats::LogLevel::warning: return "[WRN]";
    case leafnats::LogLevel::info: return "[INF]";
    case leafnats::LogLevel::debug: return "[DBG]";
    case leafnats::LogLevel::trace: return "[TRC]";
  }
  return "[???]";
}

std::string timestamp(bool utc) {
  timeval now{};
  gettimeofday(&now, nullptr);
  tm parts{};
  utc ? gmtime_r(&now.tv_sec, &parts) : localtime_r(&now.tv_sec, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%06ld ", static_cast<long>(now.tv_usec));
  return text;
}

}  // namespace

LogWriter::~LogWriter() {
  if (descriptor_ != 2) close(descriptor_);
}

leafnats::Result<void> LogWriter::open(const leafnats::DaemonOptions& options) {
  with_time_ = options.logtime;
  utc_ = options.logtime_utc;
  if (options.log_file.empty()) return {};
  const int opened = ::open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                            0640);
  if (opened < 0) {
    return leafnats::Error{leafnats::Errc::io_error,
                           "log file " + options.log_file + ": " + std::strerror(errno)};
  }
  if (descriptor_ != 2) close(descriptor_);
  descriptor_ = opened;
  return {};
}

void LogWriter::write(leafnats::LogLevel level, std::string_view line) const {
  std::string text = "[" + std::to_string(getpid()) + "] ";
  if (with_time_) text += timestamp(utc_);
  text.append(tag(level)).append(" ").append(line).append("\n");
  // A log that cannot be written has nowhere to say so.
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, text.data(), text.size());
}

}  // namespace daemon_example
