// SPDX-License-Identifier: Apache-2.0
//
// The files by which others find a running daemon: its process id, and the ports it got.
#pragma once

#include <leafnats/config.hpp>
#include <leafnats/server.hpp>

#include <string>
#include <vector>

namespace daemon_example {

/// Removes on destruction what it wrote.
class RuntimeFiles {
 public:
  RuntimeFiles() = default;
  RuntimeFiles(const RuntimeFiles&) = delete;
  RuntimeFiles& operator=(const RuntimeFiles&) = delete;
  ~RuntimeFiles();

  leafnats::Result<void> write(const leafnats::DaemonOptions& daemon,
                               const leafnats::Options& options, const leafnats::Server& server);

 private:
  leafnats::Result<void> write_file(const std::string& path, const std::string& text);
  std::vector<std::string> written_;
};

}  // namespace daemon_example
