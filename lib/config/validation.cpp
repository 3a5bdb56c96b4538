// SPDX-License-Identifier: Apache-2.0
//
// The rules are nats-server's, and a few more where it accepts what can never work: ports that do
// not exist, negative times, remotes without URL.
#include "config/validation.hpp"

#include "base/limits.hpp"
#include "config/endpoint.hpp"
#include "config/remote_url.hpp"
#include "config/websocket_validation.hpp"
#include "base/version.hpp"
#include "subject/grammar.hpp"
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

/// Goes through the fields and collects. A member function checks one kind of thing and takes the
/// path of the field it was called for, as users, listeners and permissions occur in two places.
class Checker {
 public:
  std::vector<Finding> findings;

  void report(std::string field, std::string text) {
    findings.push_back({std::move(field), Errc::invalid_config, std::move(text)});
  }
  void refuse(std::string field, std::string text) {
    findings.push_back({std::move(field), Errc::not_supported, std::move(text)});
  }
  void require(bool holds, std::string field, std::string text) {
    if (!holds) {
      report(std::move(field), std::move(text));
    }
  }

  void check_listen(const std::string& field, const std::string& listen);
  void check_advertise(const std::string& field, const std::string& advertise);
  void check_subjects(const std::string& field, const std::vector<std::string>& subjects,
                      bool may_have_queue);
  void check_permissions(const std::string& field, const Permissions& permissions);
  void check_users(const std::string& field, const std::vector<User>& users);
  void check_authorization(const std::string& field, const Authorization& authorization);
  void check_no_auth_user(const Options& options);
  void check_sizes(const Options& options);
  void check_times(const Options& options);
  void check_remote(const std::string& field, const RemoteLeafOpts& remote);
  void check_identity(const std::string& field, const RemoteLeafOpts& remote);
  void check_rtt_thresholds(const std::string& field, const std::vector<milliseconds>& thresholds);
  void check_compression(const std::string& field, const CompressionOptions& compression);
  void check_tls(const std::string& field, wire::TlsRole role,
                 const std::optional<TlsOptions>& tls);
  void check_leaf(const LeafOptions& leaf);
};

std::string element(const std::string& field, std::size_t index) {
  return field + "[" + std::to_string(index) + "]";
}

void Checker::check_listen(const std::string& field, const std::string& listen) {
  if (!listen.empty()) {
    const Result<Endpoint> endpoint = parse_endpoint(listen);
    require(endpoint.has_value(), field, endpoint ? "" : endpoint.error().context);
  }
}

/// The port does not matter here: without one it is the listener's, which may not be known yet.
void Checker::check_advertise(const std::string& field, const std::string& advertise) {
  if (!advertise.empty()) {
    const Result<Endpoint> endpoint = parse_advertise(advertise, 0);
    require(endpoint.has_value(), field, endpoint ? "" : endpoint.error().context);
  }
}

/// "subject queue", with any white space between, as nats-server has it for subscriptions. Both
/// may have wildcards.
bool is_subject_with_queue(std::string_view text) {
  constexpr std::string_view space = " \t\n\v\f\r";
  const std::size_t end = text.find_first_of(space);
  if (end == text.npos) {
    return false;
  }
  std::string_view queue = text.substr(end);
  queue.remove_prefix(std::min(queue.find_first_not_of(space), queue.size()));
  queue = queue.substr(0, queue.find_last_not_of(space) + 1);
  return subject::is_valid_subject(text.substr(0, end)) && subject::is_valid_subject(queue);
}

void Checker::check_subjects(const std::string& field, const std::vector<std::string>& subjects,
                             bool may_have_queue) {
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    require(subject::is_valid_subject(subjects[i]) ||
                (may_have_queue && is_subject_with_queue(subjects[i])),
            element(field, i), "subject \"" + subjects[i] + "\" is not a valid subject");
  }
}

void Checker::check_permissions(const std::string& field, const Permissions& permissions) {
  check_subjects(field + ".publish.allow", permissions.publish.allow, false);
  check_subjects(field + ".publish.deny", permissions.publish.deny, false);
  check_subjects(field + ".subscribe.allow", permissions.subscribe.allow, true);
  check_subjects(field + ".subscribe.deny", permissions.subscribe.deny, true);
}

/// Names must differ because a login is looked up by name alone. A double one is blamed on the
/// whole authorization, where nats-server looks for it: the users may be a variable's.
void Checker::check_users(const std::string& field, const std::vector<User>& users) {
  const bool is_leaf = field.starts_with("leaf.");
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < users.size(); ++i) {
    const User& user = users[i];
    const std::string here = element(field + ".users", i);
    require(!user.username.empty(), here, "User entry requires a user");
    require(user.username.empty() || names.insert(user.username).second, field,
            is_leaf ? "duplicate user \"" + user.username + "\" detected in leafnode authorization"
                    : "Duplicate user \"" + user.username + "\" detected");
    if (user.permissions) {
      check_permissions(here + ".permissions", *user.permissions);
    }
  }
}

/// A single user, a token and a list of users exclude each other: nobody could say which of them
/// a login without a name meant.
void Checker::check_authorization(const std::string& field, const Authorization& authorization) {
  const bool is_single = !authorization.username.empty() || !authorization.password.empty();
  const bool has_token = !authorization.token.empty();
  const std::string can_not = field.starts_with("leaf.") ? "can not" : "Can not";
  require(!is_single || !has_token, field, "Cannot have a user/pass and token");
  require(authorization.users.empty() || authorization.username.empty(), field,
          can_not + " have a single user/pass and a users array");
  require(authorization.users.empty() || !has_token, field,
          can_not + " have a token and a users array");
  check_users(field, authorization.users);
  if (authorization.default_permissions) {
    check_permissions(field + ".default_permissions", *authorization.default_permissions);
  }
  require(authorization.timeout > milliseconds(0), field + ".timeout", "must be positive");
}

/// Only the list counts, as in nats-server: a single user is no candidate.
void Checker::check_no_auth_user(const Options& options) {
  const auto& users = options.authorization.users;
  require(options.no_auth_user.empty() ||
              std::any_of(users.begin(), users.end(),
                          [&](const User& user) { return user.username == options.no_auth_user; }),
          "no_auth_user",
          "\"" + options.no_auth_user + "\" not present as user in authorization block");
}

void Checker::check_sizes(const Options& options) {
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

void Checker::check_times(const Options& options) {
  const milliseconds zero(0);
  require(options.ping_interval > zero, "ping_interval", "must be positive");
  require(options.write_deadline > zero, "write_deadline", "must be positive");
  require(options.lame_duck_duration > zero, "lame_duck_duration", "must be positive");
  require(options.lame_duck_grace_period >= zero, "lame_duck_grace_period", "must not be negative");
  require(options.lame_duck_grace_period < options.lame_duck_duration, "lame_duck_grace_period",
          "lame duck grace period should be strictly lower than lame duck duration");
}

/// Hosts get the URLs' names resolved only when they are dialled, so this finds no wrong names.
void Checker::check_remote(const std::string& field, const RemoteLeafOpts& remote) {
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
  check_subjects(field + ".deny_imports", remote.deny_imports, false);
  check_subjects(field + ".deny_exports", remote.deny_exports, false);
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
  check_identity(field, remote);
  check_tls(field + ".tls", wire::TlsRole::client, remote.tls);
  check_ways(field, remote, findings);
}

/// The shape only: whether the checksum is right is seen when the seed is used.
bool looks_like_user_seed(std::string_view seed) {
  constexpr std::size_t length = 58;  // 2 prefix bytes, 32 of the key, 2 of the checksum in base32
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return seed.size() == length && seed.starts_with("SU") &&
         seed.find_first_not_of(alphabet) == seed.npos;
}

/// Messages never quote a seed.
void Checker::check_identity(const std::string& field, const RemoteLeafOpts& remote) {
  if (!remote.account.empty() && remote.account != "$G") {
    refuse(field + ".account", "there is no account but the default one, $G");
  }
  require(remote.nkey.empty() || looks_like_user_seed(remote.nkey), field + ".nkey",
          "Remote leafnode nkey is not a valid seed: a user's begins with SU");
  require(remote.nkey.empty() || remote.credentials.empty(), field,
          "Remote leafnode can not have both creds and nkey defined");
  constexpr std::string_view not_yet =
      " is not supported yet: this version has logins by password and token only";
  if (!remote.credentials.empty()) {
    refuse(field + ".credentials", "\"credentials\"" + std::string(not_yet));
  }
  if (!remote.nkey.empty()) {
    refuse(field + ".nkey", "\"nkey\"" + std::string(not_yet));
  }
}

/// Zeros mean that a level is not used; nats-server drops those at the end before it counts.
void Checker::check_rtt_thresholds(const std::string& field,
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
void Checker::check_compression(const std::string& field, const CompressionOptions& compression) {
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
void Checker::check_tls(const std::string& field, wire::TlsRole role,
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
    findings.push_back({at, sound.error().code, "error parsing tls config, " +
                                                    sound.error().context});
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

void Checker::check_leaf(const LeafOptions& leaf) {
  const milliseconds zero(0);
  check_listen("leaf.listen", leaf.listen);
  check_advertise("leaf.advertise", leaf.advertise);
  check_authorization("leaf.authorization", leaf.authorization);
  // nats-server has no such key; a leaf's token is compared with the clients' one.
  require(leaf.authorization.token.empty(), "leaf.authorization.token",
          "leafs have no token of their own; use authorization.token");
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
  Checker checker;
  checker.require(options.server_name.find(' ') == std::string::npos, "server_name",
                  "server name cannot contain spaces");
  checker.check_listen("client_listen", options.client_listen);
  checker.check_advertise("client_advertise", options.client_advertise);
  checker.check_authorization("authorization", options.authorization);
  checker.check_no_auth_user(options);
  checker.check_sizes(options);
  checker.check_tls("tls", wire::TlsRole::server, options.tls);
  checker.check_times(options);
  checker.check_leaf(options.leaf);
  if (options.websocket) {
    checker.check_tls("websocket.tls", wire::TlsRole::server, options.websocket->tls);
  }
  check_websocket(options, checker.findings);
  return std::move(checker.findings);
}

Result<void> validate(const Options& options) {
  const std::vector<Finding> findings = check(options);
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

}  // namespace leafnats::config
