// SPDX-License-Identifier: Apache-2.0
//
// The rules are nats-server's, and a few more where it accepts what can never work: ports that do
// not exist, negative times, remotes without URL.
#include "config/validation.hpp"

#include "base/limits.hpp"
#include "config/account_validation.hpp"
#include "config/checker.hpp"
#include "config/endpoint.hpp"
#include "config/identity_validation.hpp"
#include "config/remote_url.hpp"
#include "config/websocket_validation.hpp"
#include "base/version.hpp"
#include "subject/prefix_renaming.hpp"
#include "wire/tls_context.hpp"
#include "wire/zstd_filter.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

namespace leafnats::config {

namespace {

using std::chrono::milliseconds;

/// nats-server keeps these in 32 bits, and a client that reads its INFO may do the same.
constexpr std::size_t size_max = std::numeric_limits<std::int32_t>::max();

/// A member function checks one kind of thing and takes the path of the field it was called for,
/// as listeners and TLS occur in several places.
class Rules final : public Checker {
 public:
  using Checker::Checker;

  void check_listen(const std::string& field, const std::string& listen);
  void check_advertise(const std::string& field, const std::string& advertise);
  void check_sizes(const Options& options);
  void check_times(const Options& options);
  void check_remote(const std::string& field, const RemoteLeafOpts& remote);
  void check_rtt_thresholds(const std::string& field, const std::vector<milliseconds>& thresholds);
  void check_compression(const std::string& field, const CompressionOptions& compression);
  void check_tls(const std::string& field, wire::TlsRole role,
                 const std::optional<TlsOptions>& tls);
  void check_leaf(const LeafOptions& leaf);
};

void Rules::check_listen(const std::string& field, const std::string& listen) {
  if (!listen.empty()) {
    const Result<Endpoint> endpoint = parse_endpoint(listen);
    require(endpoint.has_value(), field, endpoint ? "" : endpoint.error().context);
  }
}

/// The port does not matter here: without one it is the listener's, which may not be known yet.
void Rules::check_advertise(const std::string& field, const std::string& advertise) {
  if (!advertise.empty()) {
    const Result<Endpoint> endpoint = parse_advertise(advertise, 0);
    require(endpoint.has_value(), field, endpoint ? "" : endpoint.error().context);
  }
}

void Rules::check_sizes(const Options& options) {
  require(options.shards <= limits::shards_max, "shards",
          "must be at most " + std::to_string(limits::shards_max));
  require(options.max_payload >= 1 && options.max_payload <= size_max, "max_payload",
          "must be between 1 and " + std::to_string(size_max));
  require(options.max_control_line >= 1 && options.max_control_line <= size_max, "max_control_line",
          "must be between 1 and " + std::to_string(size_max));
  // Otherwise one legal message would make its reader a slow consumer.
  require(options.max_payload <= options.max_pending, "max_payload",
          "max_payload (" + std::to_string(options.max_payload) +
              ") cannot be higher than max_pending (" + std::to_string(options.max_pending) + ")");
  require(options.max_subscription_tokens >= 0 && options.max_subscription_tokens <= 255,
          "max_subscription_tokens", "must be between 0 and 255");
  require(options.ping_max >= 1, "ping_max", "must be at least 1");
}

void Rules::check_times(const Options& options) {
  const milliseconds zero(0);
  require(options.ping_interval > zero, "ping_interval", "must be positive");
  require(options.write_deadline > zero, "write_deadline", "must be positive");
  require(options.lame_duck_duration > zero, "lame_duck_duration", "must be positive");
  require(options.lame_duck_grace_period >= zero, "lame_duck_grace_period", "must not be negative");
  require(options.lame_duck_grace_period < options.lame_duck_duration, "lame_duck_grace_period",
          "lame duck grace period should be strictly lower than lame duck duration");
}

/// Hosts get the URLs' names resolved only when they are dialled, so this finds no wrong names.
void Rules::check_remote(const std::string& field, const RemoteLeafOpts& remote) {
  require(!remote.urls.empty(), field, "a remote leafnode needs at least one url");
  for (std::size_t i = 0; i < remote.urls.size(); ++i) {
    const Result<RemoteUrl> url = parse_remote_url(remote.urls[i]);
    const std::string here = element(field + ".urls", i);
    if (!url) {
      report(here, "error parsing leafnode url: " + url.error().context);
    } else if (const std::string_view missing = missing_transport(*url); !missing.empty()) {
      refuse(here, url->scheme + ":// URLs are not supported yet: " + std::string(missing) +
                       " is not part of this version");
    }
  }
  check_subjects(*this, field + ".deny_imports", remote.deny_imports, false);
  check_subjects(*this, field + ".deny_exports", remote.deny_exports, false);
  if (const auto fault = subject::PrefixRenaming::find_fault(remote.account_mappings)) {
    report(element(field + ".account_mappings", fault->index), fault->text);
  }
  require(remote.first_info_timeout > milliseconds(0), field + ".first_info_timeout",
          "must be positive");
  require(remote.dial_timeout >= milliseconds(0), field + ".dial_timeout", "must not be negative");
  check_compression(field + ".compression", remote.compression);
  require(remote.reconnect_interval >= milliseconds(0), field + ".reconnect_interval",
          "must not be negative");
  require(remote.failback_interval >= milliseconds(0), field + ".failback_interval",
          "must not be negative");
  require(remote.jetstream_leader_migrate_delay >= milliseconds(0),
          field + ".jetstream_leader_migrate_delay", "must not be negative");
  check_tls(field + ".tls", wire::TlsRole::client, remote.tls);
  check_ways(field, remote, findings());
}

/// Zeros mean that a level is not used; nats-server drops those at the end before it counts.
void Rules::check_rtt_thresholds(const std::string& field,
                                   const std::vector<milliseconds>& thresholds) {
  std::size_t used = thresholds.size();
  while (used > 0 && thresholds[used - 1] == milliseconds(0)) {
    --used;
  }
  require(thresholds.empty() || used > 0, field, "at least one must be more than 0");
  require(used <= 4, field, "there cannot be more than 4");
  milliseconds last(0);
  for (const milliseconds threshold : thresholds) {
    require(threshold == milliseconds(0) || threshold >= last, field, "must be in ascending order");
    last = std::max(last, threshold);
  }
}

/// As in nats-server thresholds matter, and can be wrong, with s2_auto only; a link of ours with
/// zstd falls back to it.
void Rules::check_compression(const std::string& field, const CompressionOptions& compression) {
  const bool is_zstd = compression.mode == CompressionMode::zstd;
  if (is_zstd || compression.mode == CompressionMode::s2_auto) {
    check_rtt_thresholds(field + ".rtt_thresholds", compression.rtt_thresholds);
  }
  if (is_zstd && !wire::has_zstd) {
    refuse(field + ".mode",
           "zstd is not part of this build: configure it with -Dcompression=enabled and libzstd");
  }
  const auto between = [&](int value, int low, int high, const std::string& name) {
    require(value >= low && value <= high, field + name,
            "must be between " + std::to_string(low) + " and " + std::to_string(high));
  };
  between(compression.zstd_level, limits::zstd_level_min, limits::zstd_level_max, ".zstd_level");
  between(compression.zstd_window_log, limits::zstd_window_log_min, limits::zstd_window_log_max,
          ".zstd_window_log");
  require(compression.zstd_dictionary.size() <= limits::zstd_dictionary_bytes_max,
          field + ".zstd_dictionary",
          "must be at most " + std::to_string(limits::zstd_dictionary_bytes_max) + " bytes");
  require(wire::is_zstd_dictionary(compression.zstd_dictionary), field + ".zstd_dictionary",
          "is a broken zstd dictionary");
  require(compression.zstd_dictionary.empty() || compression.zstd_dictionary_file.empty(),
          field + ".zstd_dictionary_file", "cannot stand beside zstd_dictionary");
}

/// The TLS library knows what it can do; its words begin with the key where there is one.
void Rules::check_tls(const std::string& field, wire::TlsRole role,
                        const std::optional<TlsOptions>& tls) {
  if (!tls) {
    return;
  }
  if (const Result<void> sound = wire::TlsContext::check(role, *tls); !sound) {
    std::string at = field;
    for (const std::string key : {"cipher_suites", "curve_preferences", "pinned_certs"}) {
      if (sound.error().context.starts_with(key) || sound.error().context.starts_with("'" + key)) {
        at += "." + key;
      }
    }
    add({at, sound.error().code, "error parsing tls config, " + sound.error().context});
  }
  require(tls->timeout >= milliseconds(0), field + ".timeout", "must not be negative");
  require(tls->handshake_first_fallback >= milliseconds(0), field + ".handshake_first",
          "must not be negative");
  require(tls->connection_rate_limit >= 0, field + ".connection_rate_limit",
          "must not be negative");
}

/// What tells remotes apart: two of the same name would be two links for the same messages.
std::string name_of(const RemoteLeafOpts& remote) {
  std::string name = remote.account == "$G" ? "" : remote.account;
  name += "\n" + remote.credentials + "\n" + remote.nkey;
  for (const std::string& url : remote.urls) {
    name += "\n" + url;
  }
  return name;
}

void Rules::check_leaf(const LeafOptions& leaf) {
  const milliseconds zero(0);
  check_listen("leaf.listen", leaf.listen);
  check_advertise("leaf.advertise", leaf.advertise);
  if (!leaf.min_version.empty()) {
    const std::optional<base::Version> version = base::parse_version(leaf.min_version);
    require(version && *version >= base::Version{2, 8, 0}, "leaf.min_version",
            version ? "the minimum version should be at least 2.8.0"
                    : "invalid leafnode's minimum version: it must look like 2.10.0");
  }
  require(leaf.reconnect > zero, "leaf.reconnect", "must be positive");
  require(leaf.reconnect_max > zero, "leaf.reconnect_max", "must be positive");
  require(leaf.dial_timeout > zero, "leaf.dial_timeout", "must be positive");
  require(leaf.write_deadline >= zero, "leaf.write_deadline", "must not be negative");
  require(leaf.link_queue_bytes >= limits::link_queue_bytes_min, "leaf.link_queue_bytes",
          "must be at least " + std::to_string(limits::link_queue_bytes_min));
  check_compression("leaf.compression", leaf.compression);
  // Without a listener the block may still hold what remotes inherit.
  check_tls("leaf.tls", leaf.listen.empty() ? wire::TlsRole::client : wire::TlsRole::server,
            leaf.tls);
  std::set<std::string> names;
  for (std::size_t i = 0; i < leaf.remotes.size(); ++i) {
    check_remote(element("leaf.remotes", i), leaf.remotes[i]);
    require(names.insert(name_of(leaf.remotes[i])).second, element("leaf.remotes", i),
            "duplicate remote: another has the same URLs and account");
  }
}

}  // namespace

std::vector<Finding> check(const Options& options) {
  std::vector<Finding> findings;
  Rules rules(findings);
  rules.require(options.server_name.find(' ') == std::string::npos, "server_name",
                "server name cannot contain spaces");
  rules.check_listen("client_listen", options.client_listen);
  rules.check_advertise("client_advertise", options.client_advertise);
  check_identity(options, rules);
  check_accounts(options, rules);
  rules.check_sizes(options);
  rules.check_tls("tls", wire::TlsRole::server, options.tls);
  rules.check_times(options);
  rules.check_leaf(options.leaf);
  if (options.websocket) {
    rules.check_tls("websocket.tls", wire::TlsRole::server, options.websocket->tls);
  }
  check_websocket(options, findings);
  return findings;
}

namespace {

Result<void> error_of(const std::vector<Finding>& findings) {
  if (findings.empty()) {
    return {};
  }
  Error error{Errc::not_supported, {}};
  for (const Finding& finding : findings) {
    error.code = finding.code == Errc::not_supported ? error.code : finding.code;
    error.context += (error.context.empty() ? "" : "\n") + finding.field + ": " + finding.text;
  }
  return error;
}

}  // namespace

Result<void> validate(const Options& options) { return error_of(check(options)); }

Result<void> validate(const RemoteCredentials& credentials) {
  std::vector<Finding> findings;
  Rules rules(findings);
  check_credentials(rules, credentials);
  rules.check_tls("tls", wire::TlsRole::client, credentials.tls);
  return error_of(findings);
}

}  // namespace leafnats::config
