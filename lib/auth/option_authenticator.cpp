// SPDX-License-Identifier: Apache-2.0
//
// Logins that the options define: a token, one user, or users with passwords, keys or
// certificates, in accounts or not, for each entrance. The order is nats-server's.

#include "auth/all_users.hpp"
#include "auth/authenticator.hpp"
#include "auth/bcrypt.hpp"
#include "auth/crypto.hpp"
#include "auth/user_table.hpp"

#include <array>
#include <utility>

namespace leafnats::auth {
namespace {

/// The clients' logins: `own`, and the users of all accounts.
UserTable all_logins(const Options& options, const Authorization& own) {
  UserTable table(own);
  for (const AccountOptions& account : options.accounts) {
    const auto defaults = share(account.default_permissions);
    for (const User& user : account.users) table.add(user, account.name, defaults);
  }
  return table;
}

/// The logins of WebSocket clients: the listener's own, with the users that all share.
Authorization websocket_logins(const Options& options) {
  if (!options.websocket || !has_own_logins(*options.websocket)) return options.authorization;
  Authorization own = options.authorization;
  own.username = options.websocket->username;
  own.password = options.websocket->password;
  own.token = options.websocket->token;
  return own;
}

class OptionAuthenticator final : public Authenticator {
 public:
  OptionAuthenticator(const Options& options, Worker& worker, LateAnswer answer)
      : worker_(worker),
        answer_(std::move(answer)),
        client_(all_logins(options, options.authorization)),
        websocket_(all_logins(options, websocket_logins(options))),
        leaf_(options.leaf.authorization),
        leaf_account_(options.leaf.authorization.account),
        client_maps_(options.tls && options.tls->verify_and_map),
        websocket_maps_(options.websocket && options.websocket->tls &&
                        options.websocket->tls->verify_and_map),
        leaf_maps_(options.leaf.tls && options.leaf.tls->verify_and_map) {
    const bool strangers = only_system_has_users(options);
    for (const Entrance entrance : {Entrance::client, Entrance::leaf, Entrance::websocket,
                                    Entrance::leaf_websocket}) {
      const auto i = static_cast<std::size_t>(entrance);
      default_users_[i] = default_user(options, entrance);
      admits_strangers_[i] = strangers && default_users_[i].empty() &&
                             !(entrance == Entrance::websocket && options.websocket &&
                               has_own_logins(*options.websocket));
    }
  }

  [[nodiscard]] bool required(Entrance entrance) const override {
    // Without logins of its own the leaf listener asks for those of the clients (nats-server).
    if (is_leaf(entrance) && leaf_.required()) return true;
    return table(entrance).required();
  }

  [[nodiscard]] bool has_default_login(Entrance entrance) const override {
    const auto i = static_cast<std::size_t>(entrance);
    return admits_strangers_[i] || !default_users_[i].empty();
  }

  [[nodiscard]] bool wants_nonce(Entrance entrance) const override {
    return is_leaf(entrance) || table(entrance).has_keys();
  }

  std::optional<Login> login(const LoginRequest& request) override {
    if (is_leaf(request.entrance) && leaf_.required()) return log_in_leaf(request);
    if (!required(request.entrance)) {
      Login login;
      login.accepted = true;
      login.account = is_leaf(request.entrance) ? leaf_account_ : std::string();
      return login;
    }
    return log_in_client(request);
  }

 private:
  using Candidate = UserTable::Candidate;

  [[nodiscard]] const UserTable& table(Entrance entrance) const noexcept {
    return entrance == Entrance::websocket ? websocket_ : client_;
  }

  [[nodiscard]] bool maps(Entrance entrance) const noexcept {
    if (is_leaf(entrance)) return leaf_maps_;
    return entrance == Entrance::websocket ? websocket_maps_ : client_maps_;
  }

  /// Against the leaf listener's own logins.
  std::optional<Login> log_in_leaf(const LoginRequest& request) {
    if (request.tls && leaf_maps_ && leaf_.has_users()) {
      return leaf_.log_in_by_certificate(request, false);
    }
    if (leaf_.has_keys()) return leaf_.log_in_by_key(request);
    return check(leaf_.candidate(request), request.connection);
  }

  /// Against the clients' logins, which are the leafs' too where those have none.
  std::optional<Login> log_in_client(const LoginRequest& request) {
    const UserTable& users = table(request.entrance);
    const bool offers_none =
        request.user.empty() && request.password.empty() && request.token.empty();
    if (users.has_keys() && !request.nkey.empty()) return users.log_in_by_key(request);
    if (users.has_users() && request.tls && maps(request.entrance)) {
      return users.log_in_by_certificate(request, true);
    }
    if (offers_none) {
      const auto i = static_cast<std::size_t>(request.entrance);
      if (!default_users_[i].empty()) return users.log_in(default_users_[i], request.entrance);
      if (admits_strangers_[i]) {
        Login login;
        login.accepted = true;
        return login;
      }
    }
    return check(users.candidate(request), request.connection);
  }

  std::optional<Login> check(Candidate candidate, base::ConnectionId connection) {
    if (!is_bcrypt(candidate.expected)) {
      // A user configured without a password is nobody's: empty matches nothing.
      const bool matches = secret_equal(candidate.offered, candidate.expected) &&
                           !candidate.expected.empty();
      return verdict(std::move(candidate), matches);
    }
    const std::string user = candidate.login.user;
    const bool taken = worker_.submit([this, connection, candidate = std::move(candidate)] {
      const bool matches = bcrypt_matches(candidate.offered, candidate.expected);
      answer_(connection, verdict(candidate, matches));
    });
    if (taken) return std::nullopt;
    Login refused;
    refused.user = user;
    refused.refusal = "too many logins at once";
    return refused;
  }

  /// Who is refused gets nothing of what the login would have had.
  static Login verdict(Candidate candidate, bool matches) {
    if (matches && candidate.objection.empty()) {
      candidate.login.accepted = true;
      return std::move(candidate.login);
    }
    Login refused;
    refused.user = std::move(candidate.login.user);
    refused.refusal = candidate.objection.empty() ? "wrong secret" : candidate.objection;
    return refused;
  }

  Worker& worker_;
  const LateAnswer answer_;
  const UserTable client_;
  const UserTable websocket_;
  const UserTable leaf_;
  const std::string leaf_account_;
  // By entrance: the user that a peer without credentials becomes; and whether such a peer gets
  // into the default account without being any user.
  std::array<std::string, 4> default_users_;
  std::array<bool, 4> admits_strangers_{};
  const bool client_maps_;  // verify_and_map of the client listener
  const bool websocket_maps_;
  const bool leaf_maps_;
};

}  // namespace

bool has_own_logins(const WebSocketOptions& websocket) noexcept {
  return !websocket.username.empty() || !websocket.token.empty() ||
         !websocket.no_auth_user.empty();
}

const std::string& default_user(const Options& options, Entrance entrance) noexcept {
  const bool over_websocket = entrance == Entrance::websocket ||
                              entrance == Entrance::leaf_websocket;
  if (!over_websocket || !options.websocket) return options.no_auth_user;
  const std::string& own = options.websocket->no_auth_user;
  // A client's listener with logins of its own has no default user but its own; a leaf's has.
  const bool own_only = entrance == Entrance::websocket && has_own_logins(*options.websocket);
  return own_only || !own.empty() ? own : options.no_auth_user;
}

std::unique_ptr<Authenticator> make_option_authenticator(const Options& options, Worker& worker,
                                                         LateAnswer answer) {
  return std::make_unique<OptionAuthenticator>(options, worker, std::move(answer));
}

}  // namespace leafnats::auth
