// SPDX-License-Identifier: Apache-2.0
//
// Logins that the options define: a token, one user, or a list of users, for each entrance.

#include "auth/authenticator.hpp"
#include "auth/bcrypt.hpp"
#include "auth/certificate_user.hpp"
#include "auth/crypto.hpp"

#include <array>
#include <unordered_map>
#include <utility>

namespace leafnats::auth {
namespace {

struct KnownUser {
  std::string password;
  std::string account;
  std::shared_ptr<const Permissions> permissions;
};

/// The logins of one listener.
class Gate {
 public:
  Gate() = default;
  explicit Gate(const Authorization& authorization) : token_(authorization.token) {
    const auto defaults = share(authorization.default_permissions);
    if (!authorization.username.empty()) {
      users_[authorization.username] = {authorization.password, authorization.account, defaults};
    }
    for (const User& user : authorization.users) {
      users_[user.username] = {user.password, user.account,
                               user.permissions ? share(user.permissions) : defaults};
    }
    for (const auto& [name, user] : users_) {
      if (decoy_.empty() || is_bcrypt(user.password)) decoy_ = user.password;
    }
  }

  [[nodiscard]] bool has_users() const noexcept { return !users_.empty(); }
  [[nodiscard]] bool required() const noexcept { return !token_.empty() || !users_.empty(); }

  /// A login that is accepted if `offered` is the secret behind `expected`.
  struct Candidate {
    std::string offered;
    std::string expected;
    Login login;               // the answer if it is
    bool known = true;         // false: refuse, whatever the comparison says
  };

  [[nodiscard]] Candidate candidate(const LoginRequest& request) const {
    if (users_.empty()) {
      // A remote of nats-server 2.9 sends a token as its user and nothing else.
      const bool leaf = is_leaf(request.entrance) && request.token.empty();
      return {leaf ? request.user : request.token, token_, {}, true};
    }
    const auto user = users_.find(request.user);
    const bool known = user != users_.end();
    // An unknown name costs as much as a wrong password, so that the time does not tell names.
    Candidate found{request.password, known ? user->second.password : decoy_, {}, known};
    found.login.user = request.user;
    if (known) {
      found.login.account = user->second.account;
      found.login.permissions = user->second.permissions;
    }
    return found;
  }

  /// The login of the user whom a certificate names; not accepted if it names none.
  [[nodiscard]] Login log_in_by(const wire::TlsPeer& peer, bool by_parts) const {
    const auto name = find_user_of(peer, by_parts, [this](const auto& visit) {
      for (const auto& [user, known] : users_) {
        if (visit(user)) return;
      }
    });
    if (name) return log_in(*name);
    Login refused;
    refused.user = peer.subject;
    refused.refusal = peer.has_certificate ? "no user for this certificate" : "no certificate";
    return refused;
  }

  /// The login of a user by name alone, for no_auth_user.
  [[nodiscard]] Login log_in(const std::string& name) const {
    Login login;
    const auto user = users_.find(name);
    login.accepted = user != users_.end();
    if (!login.accepted) return login;
    login.user = name;
    login.account = user->second.account;
    login.permissions = user->second.permissions;
    return login;
  }

 private:
  static std::shared_ptr<const Permissions> share(const std::optional<Permissions>& permissions) {
    return permissions ? std::make_shared<const Permissions>(*permissions) : nullptr;
  }

  std::string token_;
  std::string decoy_;  // a configured password, a hash if there is one: for unknown names
  std::unordered_map<std::string, KnownUser> users_;
};

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
        client_(options.authorization),
        websocket_(websocket_logins(options)),
        leaf_(options.leaf.authorization),
        leaf_account_(options.leaf.authorization.account),
        client_maps_(options.tls && options.tls->verify_and_map),
        websocket_maps_(options.websocket && options.websocket->tls &&
                        options.websocket->tls->verify_and_map),
        leaf_maps_(options.leaf.tls && options.leaf.tls->verify_and_map) {
    for (const Entrance entrance : {Entrance::client, Entrance::leaf, Entrance::websocket,
                                    Entrance::leaf_websocket}) {
      default_users_[static_cast<std::size_t>(entrance)] = default_user(options, entrance);
    }
  }

  [[nodiscard]] bool required(Entrance entrance) const override {
    // Without logins of its own the leaf listener asks for those of the clients (nats-server).
    if (is_leaf(entrance) && leaf_.required()) return true;
    if (is_leaf(entrance) && !leaf_account_.empty()) return false;
    return gate(entrance).required();
  }

  std::optional<Login> login(const LoginRequest& request) override {
    const bool leaf = is_leaf(request.entrance);
    if (request.tls && leaf && leaf_maps_ && leaf_.has_users()) {
      return leaf_.log_in_by(*request.tls, false);
    }
    const bool maps = request.entrance == Entrance::websocket ? websocket_maps_ : client_maps_;
    if (request.tls && (leaf ? leaf_maps_ && !leaf_.required() : maps) && client_.has_users()) {
      return client_.log_in_by(*request.tls, true);
    }
    if (leaf && leaf_.required()) return check(leaf_.candidate(request), request.connection);
    if (!required(request.entrance)) {
      Login login;
      login.accepted = true;
      login.account = leaf ? leaf_account_ : std::string();
      return login;
    }
    const bool anonymous = request.user.empty() && request.password.empty() &&
                           request.token.empty() && request.jwt.empty() && request.nkey.empty();
    const std::string& user = default_users_[static_cast<std::size_t>(request.entrance)];
    if (anonymous && !user.empty()) return gate(request.entrance).log_in(user);
    return check(gate(request.entrance).candidate(request), request.connection);
  }

 private:
  using Candidate = Gate::Candidate;

  [[nodiscard]] const Gate& gate(Entrance entrance) const noexcept {
    return entrance == Entrance::websocket ? websocket_ : client_;
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

  static Login verdict(Candidate candidate, bool matches) {
    Login login = std::move(candidate.login);
    login.accepted = candidate.known && matches;
    if (!login.accepted) login.refusal = candidate.known ? "wrong secret" : "unknown user";
    return login;
  }

  Worker& worker_;
  const LateAnswer answer_;
  const Gate client_;
  const Gate websocket_;
  const Gate leaf_;
  const std::string leaf_account_;
  std::array<std::string, 4> default_users_;  // by entrance
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
