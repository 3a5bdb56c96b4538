// SPDX-License-Identifier: Apache-2.0
//
// Reads nats-server's configuration language into Options. What only a daemon needs (log and pid
// files, verbosity) comes in a struct of its own, so that an embedder can ignore it.
#pragma once

#include <leafnats/options.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats {

/// What a configuration says to the process around the server. The library acts on none of it.
struct DaemonOptions {
  bool debug = false;
  bool trace = false;
  bool trace_verbose = false;
  bool logtime = true;
  bool logtime_utc = false;
  bool syslog = false;
  std::string log_file;
  std::string pid_file;
  std::string ports_file_dir;
  std::int64_t log_size_limit = 0;
};

/// A configuration that was read and checked.
struct Config {
  Options options;
  DaemonOptions daemon;
  std::vector<std::string> warnings;                ///< "file:line:column: what", not fatal
  bool is_doubtful = false;                         ///< nats-server warns too; its -t refuses it
};

/// Where `$NAME` is looked up when the file defines no such variable. The library itself never
/// reads the environment.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// Reads and checks the file at `path`, includes relative to the including file. Errors:
/// io_error, invalid_config, not_supported; the context starts with file:line:column where there
/// is one. Blocking; call from any thread.
LEAFNATS_EXPORT Result<Config> load_config(const std::string& path,
                                           const Environment& environment = {});

/// The same for a text in memory; `name` stands for the file in messages, and includes are
/// relative to the current directory.
LEAFNATS_EXPORT Result<Config> parse_config(std::string_view text, const std::string& name,
                                            const Environment& environment = {});

}  // namespace leafnats
