// SPDX-License-Identifier: Apache-2.0
//
// Who may connect. A session hands what the peer offered to an Authenticator and waits; the
// answer may come at once or much later, from a worker that asked a keystore, a slow hash or the
// host. Nothing else on the shard waits meanwhile.
#pragma once

#include "base/ids.hpp"
#include "wire/tls_peer.hpp"

#include <leafnats/options.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace leafnats::auth {

/// How the peer came in; each way has its own users, or shares them as the options say.
enum class Entrance : std::uint8_t { client, leaf, websocket, leaf_websocket };

[[nodiscard]] constexpr bool is_leaf(Entrance entrance) noexcept {
  return entrance == Entrance::leaf || entrance == Entrance::leaf_websocket;
}

/// Whether the logins of WebSocket clients are those of the listener's own options.
[[nodiscard]] bool has_own_logins(const WebSocketOptions& websocket) noexcept;

/// The user that a peer without credentials becomes at this entrance; empty: none.
[[nodiscard]] const std::string& default_user(const Options& options, Entrance entrance) noexcept;

/// What a peer offered in its CONNECT.
struct LoginRequest {
  base::ConnectionId connection;
  Entrance entrance = Entrance::client;
  std::string address;               ///< host:port of the peer
  std::string name;                  ///< what it calls itself; never a reason to let it in
  std::string lang;
  std::string version;
  int protocol = 0;
  std::string user;
  std::string password;
  std::string token;
  std::string jwt;
  std::string nkey;
  std::string signature;             ///< as sent, base64
  std::string nonce;                 ///< what the signature must sign
  std::shared_ptr<const wire::TlsPeer> tls;  ///< null: the connection has no TLS
};

/// The answer. The account and the permissions come from the verified credential and our own
/// configuration alone, never from a field of CONNECT.
struct Login {
  bool accepted = false;
  std::string user;                                 ///< for logs; never a secret
  std::string account;                              ///< empty: the default account
  std::shared_ptr<const Permissions> permissions;   ///< null: everything is allowed
  std::string refusal;                              ///< for logs, when not accepted

  /// Of this login beside those of its account; -1: no limit.
  std::int64_t max_subscriptions = -1;
  std::int64_t max_payload = -1;
  /// Seconds since 1970, when the connection is closed; 0: never.
  std::int64_t expires_at = 0;

  /// What a revocation, and events, need to know of a login by keys. Public keys.
  std::string user_key;
  std::string issuer_key;
  std::int64_t issued_at = 0;                       ///< seconds since 1970
  std::string user_name;                            ///< of a user JWT
  std::vector<std::string> tags;
  bool is_operator_mode = false;                    ///< came from a user JWT
  bool is_bearer = false;                           ///< that needed no signature
  std::size_t scope = 0;                            ///< TrustedAccount::scope_of() of the issuer
};

/// Thread: login() may be called from every shard at once; implementations share nothing mutable
/// or lock it themselves.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  /// Whether a peer at this entrance must offer credentials at all (INFO's auth_required).
  [[nodiscard]] virtual bool required(Entrance entrance) const = 0;

  /// Whether a peer may come in here without saying who it is: a client is then logged in by its
  /// first operation, with login() of an empty request.
  [[nodiscard]] virtual bool has_default_login(Entrance /*entrance*/) const { return false; }

  /// Whether INFO has to carry a nonce, because somebody may sign it.
  [[nodiscard]] virtual bool wants_nonce(Entrance /*entrance*/) const { return false; }

  /// Checks `request`. nullopt: the answer will come through Shard::finish_login(), on the shard
  /// of request.connection; the session parses nothing until then.
  virtual std::optional<Login> login(const LoginRequest& request) = 0;
};

/// Runs slow work off the shards. Thread: any.
class Worker {
 public:
  virtual ~Worker() = default;
  /// False: too many tasks wait already; this one will not run.
  virtual bool submit(std::function<void()> task) = 0;
};

/// Brings a late answer to the session that waits for it. Thread: any.
using LateAnswer = std::function<void(base::ConnectionId connection, const Login& login)>;

/// Tokens, users and keys of Options and its accounts. Plain ones are compared in constant time
/// and at once; bcrypt hashes are checked on `worker` and answered through `answer`.
/// Lifetime: keeps its own copy of the options it needs; `worker` must outlive it.
std::unique_ptr<Authenticator> make_option_authenticator(const Options& options, Worker& worker,
                                                         LateAnswer answer);

/// The host's callback, which decides about everybody on `worker`; `worker` must outlive it.
std::unique_ptr<Authenticator> make_host_authenticator(AuthenticationHandler handler,
                                                       Worker& worker, LateAnswer answer);

}  // namespace leafnats::auth
