// SPDX-License-Identifier: Apache-2.0
//
// The table of flags and the walk over the arguments.

#include "flags.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace daemon_example {

using leafnats::Config;
using leafnats::Errc;
using leafnats::Error;
using leafnats::Result;

const char* const usage =
    R"(
Usage: leafnats-server [options]

Server Options:
    -a, --addr, --net <host>         Bind to host address (default: 0.0.0.0)
    -p, --port <port>                Use port for clients (default: 4222, -1: a free one)
    -n, --name, --server_name <name> Server name (default: auto)
    -P, --pid <file>                 File to store PID
    -m, --http_port <port>           Use port for http monitoring (not in this version)
    -c, --config <file>              Configuration file
    -t                               Test configuration and exit
        --client_advertise <string>  Client URL to advertise to other servers
        --ports_file_dir <dir>       Creates a ports file in the specified directory
        --shards <number>            Broker threads at most (default: one a core)
        --spread                     Spread connections over all of them at once, not by load

Logging Options:
    -l, --log <file>                 File to redirect log output
    -T, --logtime                    Timestamp log entries (default: true)
        --logtime_utc                Timestamps in UTC instead of local timezone
    -D, --debug                      Enable debugging output
    -V, --trace                      Trace the raw protocol
    -DV                              Debug and trace

Authorization Options:
        --user <user>                User required for connections
        --pass <password>            Password required for connections
        --auth <token>               Authorization token required for connections

TLS Options:
        --tls                        Enable TLS, do not verify clients (default: false)
        --tlscert <file>             Server certificate file
        --tlskey <file>              Private key for server certificate
        --tlsverify                  Enable TLS, verify client certificates
        --tlscacert <file>           Client certificate CA for verification

Common Options:
    -h, --help                       Show this message
    -v, --version                    Show version
)";

namespace {

/// "host" and "port" of a listen address are two flags: each keeps what the other gave.
void set_host(Config& config, const std::string& host) {
  std::string& listen = config.options.client_listen;
  const std::size_t colon = listen.rfind(':');
  const std::string bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
  listen = bracketed + (colon == std::string::npos ? ":4222" : listen.substr(colon));
}

void set_port(Config& config, int port) {
  std::string& listen = config.options.client_listen;
  const std::size_t colon = listen.rfind(':');
  const std::string host = colon == std::string::npos ? "0.0.0.0" : listen.substr(0, colon);
  listen = host + ":" + std::to_string(port < 0 ? 0 : port);
}

/// The flags change the block of the file, or make one.
leafnats::TlsOptions& tls_of(Config& config) {
  if (!config.options.tls) config.options.tls.emplace();
  return *config.options.tls;
}

struct Flag {
  enum class Takes { nothing, text, number };
  std::string_view names;              ///< separated by blanks
  Takes takes;
  /// Applies the flag; `text` is "true" or "false" for a flag that takes nothing.
  void (*apply)(Config& config, const std::string& text, int number);
};

const Flag flags[] = {
    {"a addr net", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { set_host(c, text); }},
    {"p port", Flag::Takes::number, [](Config& c, const std::string&, int n) { set_port(c, n); }},
    {"n name server_name", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.options.server_name = text; }},
    {"P pid", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.daemon.pid_file = text; }},
    {"m http_port ms https_port", Flag::Takes::number,
     [](Config& c, const std::string&, int) {
       c.warnings.emplace_back("-m: monitoring is not part of this version, the flag is ignored");
     }},
    {"client_advertise", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.options.client_advertise = text; }},
    {"ports_file_dir", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.daemon.ports_file_dir = text; }},
    {"shards", Flag::Takes::number,
     [](Config& c, const std::string&, int n) {
       c.options.shards = static_cast<unsigned>(n);
     }},
    {"spread", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) {
       c.options.shard_placement = text == "true" ? leafnats::ShardPlacement::round_robin
                                                  : leafnats::ShardPlacement::by_load;
     }},
    {"l log", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.daemon.log_file = text; }},
    {"T logtime", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) { c.daemon.logtime = text == "true"; }},
    {"logtime_utc", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) { c.daemon.logtime_utc = text == "true"; }},
    {"D debug", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) { c.daemon.debug = text == "true"; }},
    {"V trace VV", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) { c.daemon.trace = text == "true"; }},
    {"DV DVV", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) {
       c.daemon.debug = c.daemon.trace = text == "true";
     }},
    {"user", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.options.authorization.username = text; }},
    {"pass", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.options.authorization.password = text; }},
    {"auth", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { c.options.authorization.token = text; }},
    {"tls", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) {
       if (text == "true") tls_of(c);
     }},
    {"tlsverify", Flag::Takes::nothing,
     [](Config& c, const std::string& text, int) {
       if (text == "true") tls_of(c).verify = true;
     }},
    {"tlscert", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { tls_of(c).cert_file = text; }},
    {"tlskey", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { tls_of(c).key_file = text; }},
    {"tlscacert", Flag::Takes::text,
     [](Config& c, const std::string& text, int) { tls_of(c).ca_file = text; }},
};

/// Known to nats-server, not to this version: refused by name rather than as a typing error.
constexpr std::string_view not_supported_yet =
    " js jetstream sd store_dir cluster cluster_name cluster_listen cluster_advertise routes "
    "connect_retries no_advertise profile sl signal s "
    "syslog r remote_syslog log_size_limit max_traced_msg_len help_tls ";

bool has_name(std::string_view names, std::string_view name) {
  const std::string padded = " " + std::string(names) + " ";
  return padded.find(" " + std::string(name) + " ") != std::string::npos;
}

const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : flags) {
    if (has_name(flag.names, name)) return &flag;
  }
  return nullptr;
}

/// Walks the arguments; a flag's value is behind `=` or in the next argument.
class Walk {
 public:
  explicit Walk(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  Result<Flags> run() {
    while (at_ < arguments_.size()) {
      if (auto taken = take(arguments_[at_++]); !taken) return taken.error();
    }
    return std::move(result_);
  }

 private:
  Result<void> take(const std::string& argument) {
    const std::size_t dashes = argument.find_first_not_of('-');
    if (dashes == 0 || dashes == std::string::npos || dashes > 2) {
      return Error{Errc::invalid_argument, "unrecognized command: \"" + argument + "\""};
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(dashes, equals - dashes);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = argument.substr(equals + 1);
    if (has_name("h help", name)) return mark(result_.help);
    if (has_name("v version", name)) return mark(result_.version);
    if (name == "t") return mark(result_.check_only);
    if (has_name("c config", name)) {
      const Result<std::string> path = text_of(name, value);
      if (!path) return path.error();
      result_.config_file = *path;
      return {};
    }
    return apply(name, value);
  }

  static Result<void> mark(bool& flag) {
    flag = true;
    return {};
  }

  Result<void> apply(const std::string& name, const std::optional<std::string>& value) {
    const Flag* flag = find_flag(name);
    if (flag == nullptr) {
      if (has_name(not_supported_yet, name)) {
        return Error{Errc::not_supported,
                     "-" + name + " is a flag of nats-server that this version does not support"};
      }
      return Error{Errc::invalid_argument, "flag provided but not defined: -" + name};
    }
    std::string text = value.value_or("true");
    int number = 0;
    if (flag->takes != Flag::Takes::nothing) {
      const Result<std::string> given = text_of(name, value);
      if (!given) return given.error();
      text = *given;
    }
    if (flag->takes == Flag::Takes::number) {
      const auto end = text.data() + text.size();
      if (std::from_chars(text.data(), end, number).ptr != end || number < -1 || number > 65535) {
        return Error{Errc::invalid_argument, "invalid value \"" + text + "\" for flag -" + name};
      }
    }
    result_.overrides.emplace_back(
        [flag, text, number](Config& config) { flag->apply(config, text, number); });
    return {};
  }

  Result<std::string> text_of(const std::string& name, const std::optional<std::string>& value) {
    if (value) return *value;
    if (at_ < arguments_.size()) return arguments_[at_++];
    return Error{Errc::invalid_argument, "flag needs an argument: -" + name};
  }

  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
  Flags result_;
};

}  // namespace

Result<Flags> parse_flags(const std::vector<std::string>& arguments) {
  return Walk(arguments).run();
}

}  // namespace daemon_example
