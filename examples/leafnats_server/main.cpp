// SPDX-License-Identifier: Apache-2.0
//
// leafnats-server: nats-server's flags, configuration files, log lines and signals around one
// leafnats::Server. Everything that a broker does is in the library; this is what a process adds.

#include "flags.hpp"
#include "log_writer.hpp"
#include "runtime_files.hpp"

#include <leafnats/config.hpp>
#include <leafnats/server.hpp>
#include <leafnats/version.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace {

using namespace daemon_example;
using leafnats::LogLevel;
using leafnats::Result;

int fail(const std::string& line) {
  std::fprintf(stderr, "leafnats-server: %s\n", line.c_str());
  return EXIT_FAILURE;
}

std::optional<std::string> from_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

/// -t: what nats-server itself warns of is worth a non-zero status, as it has it; what only we
/// lack is not.
int report_check(const leafnats::Config& config, const std::string& path) {
  for (const std::string& warning : config.warnings) fail(warning);
  if (config.is_doubtful) return EXIT_FAILURE;
  std::fprintf(stderr, "leafnats-server: configuration file %s is valid\n", path.c_str());
  return EXIT_SUCCESS;
}

Result<leafnats::Config> configure(const Flags& flags) {
  Result<leafnats::Config> config = leafnats::Config{};
  config->options.client_listen = "0.0.0.0:4222";
  if (!flags.config_file.empty()) {
    config = leafnats::load_config(flags.config_file, from_environment);
  }
  if (!config) return config;
  for (const auto& apply : flags.overrides) apply(*config);
  return config;
}

LogLevel log_level(const leafnats::DaemonOptions& options) {
  if (options.trace) return LogLevel::trace;
  return options.debug ? LogLevel::debug : LogLevel::info;
}

/// Signals are taken by sigwait() on the main thread alone; the server's threads inherit the mask.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

/// Waits for signals until one of them ends the server; returns the exit status.
int serve(leafnats::Server& server, LogWriter& log, const leafnats::Config& config,
          const sigset_t& signals) {
  for (;;) {
    int number = 0;
    sigwait(&signals, &number);
    switch (number) {
      case SIGHUP:
        log.write(LogLevel::warning, "Reload is not part of this version: restart to reconfigure");
        break;
      case SIGUSR1:
        if (auto opened = log.open(config.daemon); !opened) {
          log.write(LogLevel::error, opened.error().message());
        }
        break;
      case SIGUSR2:
        if (auto drained = server.drain(config.options.lame_duck_duration); !drained) {
          log.write(LogLevel::warning, drained.error().message());
        }
        return EXIT_SUCCESS;
      default:
        server.stop();
        return EXIT_SUCCESS;
    }
  }
}

int run(leafnats::Config config) {
  LogWriter log;
  if (auto opened = log.open(config.daemon); !opened) return fail(opened.error().message());
  config.options.log = [&log, debug = config.daemon.debug](LogLevel level, std::string_view line) {
    // Tracing alone shows the protocol, not the server's own remarks.
    if (level != LogLevel::debug || debug) log.write(level, line);
  };
  config.options.log_level = log_level(config.daemon);
  for (const std::string& warning : config.warnings) log.write(LogLevel::warning, warning);

  const sigset_t signals = block_signals();
  leafnats::Server server(config.options);
  if (auto started = server.start(); !started) {
    log.write(LogLevel::fatal, started.error().message());
    return EXIT_FAILURE;
  }
  RuntimeFiles files;
  if (auto written = files.write(config.daemon, config.options, server); !written) {
    log.write(LogLevel::fatal, written.error().message());
    return EXIT_FAILURE;
  }
  return serve(server, log, config, signals);
}

}  // namespace

int main(int argc, char** argv) {
  const Result<Flags> flags = parse_flags({argv + 1, argv + argc});
  if (!flags) return fail(flags.error().message() + usage);
  if (flags->help) return std::fputs(usage, stdout), EXIT_SUCCESS;
  if (flags->version) {
    // The form that clients' test suites read, with the version they may rely on.
    std::printf("nats-server: v%s\n", leafnats::protocol_version().data());
    return EXIT_SUCCESS;
  }
  if (flags->check_only && flags->config_file.empty()) {
    return fail("must specify [-c, --config] option with -t");
  }
  Result<leafnats::Config> config = configure(*flags);
  if (!config) return fail(config.error().message());
  if (flags->check_only) {
    return report_check(*config, flags->config_file);
  }
  return run(std::move(*config));
}
