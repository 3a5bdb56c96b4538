// SPDX-License-Identifier: Apache-2.0
//
// Who decides about logins beside the users of the configuration: an operator whose JWTs are
// trusted, the host's own callback, or a service behind a subject (auth callout).
#pragma once

#include <leafnats/permissions.hpp>
#include <leafnats/result.hpp>
#include <leafnats/tls.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace leafnats {

/// Where account JWTs come from in operator mode.
struct ResolverOptions {
  enum class Kind : std::uint8_t {
    none,
    memory,  ///< `preload` alone
    url,     ///< HTTP GET of `url` + account key
    full,    ///< a directory with all of them, kept in step over $SYS
    cache,   ///< a directory with some of them, looked up over $SYS
  };
  Kind kind = Kind::none;
  std::string url;
  std::string directory;
  bool allow_delete = false;                        ///< full: delete requests over $SYS are obeyed
  std::int64_t limit = 0;                           ///< accounts kept; 0: no limit
  std::chrono::milliseconds interval{120'000};      ///< full: between comparisons with others
  std::chrono::milliseconds ttl{120'000};           ///< cache: how long one is good
  std::chrono::milliseconds timeout{2'000};         ///< of one look-up
  std::optional<TlsOptions> tls;                    ///< of https URLs

  /// Account JWTs known from the start, by public account key.
  struct Preloaded {
    std::string account;
    std::string jwt;
  };
  std::vector<Preloaded> preload;
};

/// Operator mode: on as soon as there is an operator or a trusted key.
struct OperatorOptions {
  std::vector<std::string> operators;               ///< operator JWTs, or paths of files with one
  std::vector<std::string> trusted_keys;            ///< public operator keys "O...", instead
  ResolverOptions resolver;
};

/// What a client or leaf offered, as the host's callback sees it. Lifetime: the call.
struct LoginOffer {
  enum class Kind : std::uint8_t { client, leaf, websocket_client, websocket_leaf };
  Kind kind = Kind::client;
  std::uint64_t connection_id = 0;
  std::string address;                              ///< host:port
  std::string name;                                 ///< what the peer calls itself
  std::string user;
  std::string password;
  std::string token;
  std::string nkey;                                 ///< public key "U..."
  std::string jwt;
  std::string nonce;                                ///< what the signature has to sign
  std::string signature;                            ///< as sent: base64, with or without padding
  bool signature_matches_nkey = false;              ///< checked already, if both are there
  bool has_tls = false;
  std::string certificate_subject;                  ///< of a verified client certificate; or empty
  std::vector<std::string> certificate_dns_names;
  std::vector<std::string> certificate_emails;
  std::vector<std::string> certificate_uris;
};

/// The host's answer to an offer that it accepts.
struct LoginVerdict {
  std::string user;                                 ///< for logs and events; never a secret
  std::string account;                              ///< empty: the default account, $G
  std::optional<Permissions> permissions;           ///< none: everything is allowed
  /// The connection is closed then. Zero: never.
  std::chrono::system_clock::time_point expires{};
};

/// Decides about a login instead of all that is configured: clients and leafs, over TCP and
/// WebSocket. Runs on a worker thread and may take its time: nothing but this login waits, until
/// Authorization::timeout of its listener ends it. Up to eight calls run at once; if 1024 more
/// wait, the next logins are refused. An error refuses; its text is a debug line of the log, the
/// peer hears nothing but "Authorization Violation". An account that is not there refuses too.
/// Server::stop() waits for calls that run. Must not throw.
using AuthenticationHandler = std::function<Result<LoginVerdict>(const LoginOffer& offer)>;

/// Auth callout: a service in an account decides. Source: nats-server 2.10, `auth_callout`.
struct AuthCalloutOptions {
  std::string issuer;                               ///< public account key that signs the answers
  std::string account;                              ///< where the service is; empty: $G
  std::vector<std::string> auth_users;              ///< users (or nkeys) that log in without it
  std::string xkey;                                 ///< public curve key "X..." to encrypt to
  /// Accounts whose configured users are put to the service as well; empty: of all accounts.
  std::vector<std::string> allowed_accounts;
};

}  // namespace leafnats
