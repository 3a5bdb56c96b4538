// SPDX-License-Identifier: Apache-2.0
//
// Logins that the options define: a token, one user, or a list of users, for each entrance. It
// always answers at once.

#include "auth/authenticator.hpp"
#include "auth/crypto.hpp"

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
  }

  [[nodiscard]] bool required() const noexcept { return !token_.empty() || !users_.empty(); }

  [[nodiscard]] Login check(const LoginRequest& request) const {
    if (!users_.empty()) return check_user(request);
    Login login;
    // A remote leaf sends a token as its user as well, and 2.9 as nothing else.
    const std::string& offered = request.token.empty() ? request.user : request.token;
    const bool is_leaf = request.entrance == Entrance::leaf;
    login.accepted = secret_equal(is_leaf ? offered : request.token, token_);
    if (!login.accepted) login.refusal = "wrong token";
    return login;
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

  [[nodiscard]] Login check_user(const LoginRequest& request) const {
    const auto user = users_.find(request.user);
    // An unknown name costs a comparison too, so that the time does not tell names.
    const bool known = user != users_.end();
    const bool matches = secret_equal(request.password, known ? user->second.password : "");
    Login login;
    login.user = request.user;
    if (!known || !matches) {
      login.refusal = known ? "wrong password" : "unknown user";
      return login;
    }
    return log_in(request.user);
  }

  std::string token_;
  std::unordered_map<std::string, KnownUser> users_;
};

class OptionAuthenticator final : public Authenticator {
 public:
  explicit OptionAuthenticator(const Options& options)
      : client_(options.authorization),
        leaf_(options.leaf.authorization),
        leaf_account_(options.leaf.authorization.account),
        no_auth_user_(options.no_auth_user) {}

  [[nodiscard]] bool required(Entrance entrance) const override {
    // Without logins of its own the leaf listener asks for those of the clients (nats-server).
    if (entrance == Entrance::leaf && leaf_.required()) return true;
    if (entrance == Entrance::leaf && !leaf_account_.empty()) return false;
    return client_.required();
  }

  std::optional<Login> login(const LoginRequest& request) override {
    const bool leaf = request.entrance == Entrance::leaf;
    if (leaf && leaf_.required()) return leaf_.check(request);
    if (!required(request.entrance)) {
      Login login;
      login.accepted = true;
      login.account = leaf ? leaf_account_ : std::string();
      return login;
    }
    const bool anonymous = request.user.empty() && request.password.empty() &&
                           request.token.empty() && request.jwt.empty() && request.nkey.empty();
    if (anonymous && !no_auth_user_.empty()) return client_.log_in(no_auth_user_);
    return client_.check(request);
  }

 private:
  const Gate client_;
  const Gate leaf_;
  const std::string leaf_account_;
  const std::string no_auth_user_;
};

}  // namespace

std::unique_ptr<Authenticator> make_option_authenticator(const Options& options) {
  return std::make_unique<OptionAuthenticator>(options);
}

}  // namespace leafnats::auth
