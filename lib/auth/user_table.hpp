// SPDX-License-Identifier: Apache-2.0
//
// The users of one listener, by name and by key, and the token that may stand in their place.
#pragma once

#include "auth/authenticator.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace leafnats::auth {

/// Immutable once filled. Thread: any.
class UserTable {
 public:
  UserTable() = default;
  /// The token, the single user and the users of this block.
  explicit UserTable(const Authorization& authorization);

  /// `defaults`: the permissions of a user that has none of its own.
  void add(const User& user, const std::string& account,
           const std::shared_ptr<const Permissions>& defaults);

  [[nodiscard]] bool has_users() const noexcept { return !users_.empty(); }
  [[nodiscard]] bool has_keys() const noexcept { return !keys_.empty(); }
  [[nodiscard]] bool required() const noexcept {
    return !token_.empty() || has_users() || has_keys();
  }

  /// A login that is accepted if `offered` is the secret behind `expected`.
  struct Candidate {
    std::string offered;
    std::string expected;
    Login login;               // the answer if it is
    std::string objection;     // not empty: refuse, whatever the comparison says
  };
  [[nodiscard]] Candidate candidate(const LoginRequest& request) const;

  /// The login of who signed the nonce with the key that it names.
  [[nodiscard]] Login log_in_by_key(const LoginRequest& request) const;

  /// The login of the user whom a certificate names; not accepted if it names none.
  [[nodiscard]] Login log_in_by_certificate(const LoginRequest& request, bool by_parts) const;

  /// The login of a user by name or key alone, for no_auth_user.
  [[nodiscard]] Login log_in(const std::string& name, Entrance entrance) const;

 private:
  struct Known {
    std::string password;
    std::string account;
    std::shared_ptr<const Permissions> permissions;
    std::vector<std::string> connection_types;
  };
  [[nodiscard]] static Login login_of(const std::string& name, const Known& known,
                                      Entrance entrance);

  std::string token_;
  std::string decoy_;  // a configured password, a hash if there is one: for unknown names
  std::unordered_map<std::string, Known> users_;
  std::unordered_map<std::string, Known> keys_;
};

/// Null if there are none.
[[nodiscard]] std::shared_ptr<const Permissions> share(
    const std::optional<Permissions>& permissions);

/// Whether the request's signature is one of its nonce by `key`, a public user key as text.
[[nodiscard]] bool signed_by(const std::string& key, const LoginRequest& request);

}  // namespace leafnats::auth
