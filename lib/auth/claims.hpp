// SPDX-License-Identifier: Apache-2.0
//
// What tokens say. Decoding is total: what is absent or null has its default, another type than the
// field's refuses the token with the field's name, numbers are never cut. `check()` is what may be
// read but not relied on: dates, subjects, networks, keys. A token that fails it is no good; there
// are no warnings. Times are seconds since 1970, handed in and handed out.
#pragma once

#include "auth/jwt.hpp"

#include <leafnats/accounts.hpp>
#include <leafnats/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::auth {

/// A limit that is not set. Anything else below zero allows nothing.
inline constexpr std::int64_t no_limit = -1;

/// What every token has.
struct ClaimsData {
  std::string audience;
  std::string id;
  std::string issuer;                               ///< public key; verified against the signature
  std::string name;
  std::string subject;                              ///< public key that the token is about
  std::int64_t issued_at = 0;
  std::int64_t not_before = 0;                      ///< 0: from the beginning
  std::int64_t expires = 0;                         ///< 0: never
  std::vector<std::string> tags;
};

/// Issue times up to which tokens of a key are not good, by public key, or by "*" for all.
using Revocations = std::map<std::string, std::int64_t, std::less<>>;

/// Whether a token of `key` is revoked: one that was issued at the very time of the revocation is.
[[nodiscard]] bool is_revoked(const Revocations& revocations, std::string_view key,
                              std::int64_t issued_at) noexcept;

/// A daily window, "15:04:05" each. With an end before its start it goes across midnight.
struct TimeRange {
  std::string start;
  std::string end;
};

/// What a user may: its own, or those that a scoped signing key gives all its users.
struct UserRights {
  Permissions permissions;
  bool has_permissions = false;                     ///< some subject or responses are named
  std::vector<std::string> sources;                 ///< networks ("10.0.0.0/8"); empty: any
  std::vector<TimeRange> times;                     ///< empty: always
  std::string time_zone;                            ///< of `times`; empty: the server's own
  std::int64_t subscriptions = 0;
  std::int64_t data = 0;
  std::int64_t payload = 0;
  bool bearer_token = false;                        ///< needs no signature
  bool proxy_required = false;
  std::vector<std::string> connection_types;        ///< empty: any

  /// As a user of a scoped signing key must be: nothing is set.
  [[nodiscard]] bool are_empty() const noexcept;
};

struct UserClaims : ClaimsData {
  UserRights rights;
  std::string issuer_account;                       ///< set if a signing key issued it
  [[nodiscard]] const std::string& account() const noexcept {
    return issuer_account.empty() ? issuer : issuer_account;
  }
};

struct ClaimedExport {
  AccountExport export_;
  std::string name;
  Revocations revocations;                          ///< of activations, by importing account
};

struct ClaimedImport {
  std::string name;
  ShareKind kind = ShareKind::stream;
  std::string account;
  std::string subject;
  std::string to;                                   ///< old form; see resolved_import()
  std::string local_subject;
  std::string token;                                ///< activation
  bool share = false;
};

/// The import with subjects as the core wants them, whichever form the claim has.
[[nodiscard]] AccountImport resolved_import(const ClaimedImport& import);
/// The subject in the exporting account.
[[nodiscard]] const std::string& exported_subject(const ClaimedImport& import) noexcept;

struct SigningScope {
  std::string role;
  UserRights rights;                                ///< permissions may be templates: scope.hpp
};

struct AccountClaims : ClaimsData {
  std::vector<ClaimedExport> exports;
  std::vector<ClaimedImport> imports;
  AccountLimits limits{0, 0, 0, 0};                 ///< absent ones allow nothing, as in Go
  std::int64_t data_limit = 0;
  std::int64_t imports_limit = 0;
  std::int64_t exports_limit = 0;
  bool wildcard_exports = false;
  bool disallow_bearer = false;
  /// Keys that may issue users; with a scope, those have what it says.
  std::map<std::string, std::optional<SigningScope>, std::less<>> signing_keys;
  Revocations revocations;                          ///< of users
  Permissions default_permissions;
  bool has_default_permissions = false;
  std::vector<SubjectMapping> mappings;
  std::vector<std::string> auth_users;              ///< auth callout: who need it not; empty: off
  std::vector<std::string> allowed_accounts;
  std::string xkey;
  std::string trace_subject;
  std::int64_t trace_sampling = 0;
};

struct ActivationClaims : ClaimsData {
  std::optional<ShareKind> kind;
  std::string import_subject;
  std::string issuer_account;
};

struct OperatorClaims : ClaimsData {
  std::vector<std::string> signing_keys;
  std::string account_server_url;
  std::vector<std::string> service_urls;
  std::string system_account;
  std::string assert_server_version;
  bool strict_signing_keys = false;                 ///< the operator's own key signs no accounts
};

/// Errors name the field. The token's signature and the kind of its issuer are checked.
[[nodiscard]] Result<UserClaims> decode_user(std::string_view token);
[[nodiscard]] Result<AccountClaims> decode_account(std::string_view token);
[[nodiscard]] Result<ActivationClaims> decode_activation(std::string_view token);
[[nodiscard]] Result<OperatorClaims> decode_operator(std::string_view token);

/// Signs; `issued_at` must be set, `issuer` and `id` are filled in.
[[nodiscard]] Result<std::string> encode(const UserClaims& claims, const KeyPair& issuer);
[[nodiscard]] Result<std::string> encode(const AccountClaims& claims, const KeyPair& issuer);
[[nodiscard]] Result<std::string> encode(const ActivationClaims& claims, const KeyPair& issuer);
[[nodiscard]] Result<std::string> encode(const OperatorClaims& claims, const KeyPair& issuer);

/// Whether the token is in date at `now`.
[[nodiscard]] Result<void> check_dates(const ClaimsData& claims, std::int64_t now);

/// Subjects and queues of permissions, networks and times.
[[nodiscard]] Result<void> check(const UserRights& rights);
/// Dates, rights, and keys of the right kind.
[[nodiscard]] Result<void> check(const UserClaims& claims, std::int64_t now);
/// Dates, keys, subjects, and the claim's own limits of imports and exports.
[[nodiscard]] Result<void> check(const AccountClaims& claims, std::int64_t now);
[[nodiscard]] Result<void> check(const ActivationClaims& claims, std::int64_t now);
[[nodiscard]] Result<void> check(const OperatorClaims& claims, std::int64_t now);

}  // namespace leafnats::auth
