// SPDX-License-Identifier: Apache-2.0
//
// Logins by user JWT: the one place that decides whether a user of an account gets in, and with
// what. All that it looks at is handed in, the clock included.
#pragma once

#include "auth/authenticator.hpp"
#include "auth/claims.hpp"
#include "auth/login_times.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace leafnats::auth {

/// An account as it is in force: its claims were checked, and whoever signed them is trusted.
struct TrustedAccount {
  AccountClaims claims;
  std::string token;
  bool strict_signing_keys = false;  ///< the operator's rule: only signing keys issue users

  /// A number that stands for what the scope of a signing key says; 0: it has none. A login under
  /// a scope that says something else now is none any more.
  [[nodiscard]] std::size_t scope_of(std::string_view key) const;
};

/// Whether `key` may issue users and activations for the account.
[[nodiscard]] bool may_issue(const TrustedAccount& account, std::string_view key) noexcept;

/// Judges a user whose token was decoded. The refusal, if it is one, is for logs.
[[nodiscard]] Login judge_user(const UserClaims& user, const TrustedAccount& account,
                               const LoginRequest& request, std::int64_t now,
                               const TimeZones& zones);

/// Why a login that was accepted is none any more.
enum class LoginEnd : std::uint8_t { expired, revoked };

/// Whether the account, as it is now, would still have this login.
[[nodiscard]] std::optional<LoginEnd> review_login(const Login& login,
                                                   const TrustedAccount& account,
                                                   std::int64_t now);

}  // namespace leafnats::auth
