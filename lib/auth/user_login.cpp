// SPDX-License-Identifier: Apache-2.0
//
// The order of the checks is nats-server's: a scope is applied before anything that it may set is
// looked at.

#include "auth/user_login.hpp"

#include "auth/address_range.hpp"
#include "auth/claims_reader.hpp"
#include "auth/connection_type.hpp"
#include "auth/scope.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace leafnats::auth {
namespace {

bool is_signed(const UserClaims& user, const LoginRequest& request) {
  const auto key = PublicKey::parse(user.subject, NkeyKind::user_key);
  const auto signature = parse_signature(request.signature);
  return key && signature && !request.nonce.empty() && key->verifies(request.nonce, *signature);
}

bool comes_from(const std::vector<std::string>& sources, std::string_view address) {
  if (sources.empty()) return true;
  const std::string_view host = host_of(address);
  return std::any_of(sources.begin(), sources.end(), [host](const std::string& source) {
    const auto range = AddressRange::parse(source);
    return range && range->contains(host);
  });
}

/// The earlier of two moments, 0 being never.
std::int64_t earlier(std::int64_t left, std::int64_t right) noexcept {
  if (left == 0 || right == 0) return left + right;
  return std::min(left, right);
}

/// Below the mark of no limit nothing is allowed.
std::int64_t limit_of(std::int64_t claimed) noexcept {
  return claimed < no_limit ? 0 : claimed;
}

/// The rights in force; an error if the token does not come from this account.
Result<UserRights> rights_of(const UserClaims& user, const TrustedAccount& account) {
  if (!may_issue(account, user.issuer)) {
    return Error{Errc::authorization, "user JWT issuer is not known"};
  }
  const auto scoped = account.claims.signing_keys.find(user.issuer);
  if (scoped == account.claims.signing_keys.end() || !scoped->second) return user.rights;
  // A scoped user names its account: templates may want it, and its token says whose it is.
  if (user.issuer_account.empty()) {
    return Error{Errc::authorization, "a scoped user without an issuer account"};
  }
  Result<UserRights> rights = apply_scope(
      *scoped->second, user, {account.claims.name, account.claims.subject, account.claims.tags});
  if (!rights) return rights;
  if (auto checked = check(*rights); !checked) return checked.error();
  return rights;
}

/// Why the user may not enter now and here; empty if it may.
std::string objection(const UserClaims& user, const UserRights& rights,
                      const TrustedAccount& account, const LoginRequest& request,
                      std::int64_t now) {
  if (account.claims.expires > 0 && account.claims.expires <= now) return "account JWT has expired";
  if (rights.bearer_token && account.claims.disallow_bearer) {
    return "account does not allow bearer tokens";
  }
  if (rights.proxy_required) return "a proxy is required, and none is trusted";
  if (!may_enter(request.entrance, rights.connection_types)) return "connection type not allowed";
  if (!rights.bearer_token && !is_signed(user, request)) return "signature not verified";
  if (is_revoked(account.claims.revocations, user.subject, user.issued_at)) {
    return "user authentication revoked";
  }
  if (!comes_from(rights.sources, request.address)) return "source address not allowed";
  const auto& bypass = account.claims.auth_users;
  if (!bypass.empty() && std::find(bypass.begin(), bypass.end(), user.subject) == bypass.end()) {
    return "the account leaves logins to a service (auth callout in its JWT), which this version "
           "does not ask";
  }
  return {};
}

std::shared_ptr<const Permissions> permissions_of(UserRights rights,
                                                  const TrustedAccount& account) {
  if (rights.has_permissions) {
    return std::make_shared<const Permissions>(std::move(rights.permissions));
  }
  if (!account.claims.has_default_permissions) return nullptr;
  return std::make_shared<const Permissions>(account.claims.default_permissions);
}

}  // namespace

std::size_t TrustedAccount::scope_of(std::string_view key) const {
  const auto found = claims.signing_keys.find(key);
  if (found == claims.signing_keys.end() || !found->second) return 0;
  wire::JsonValue rights;
  add_rights(rights, found->second->rights);
  return std::max<std::size_t>(std::hash<std::string>()(rights.format()), 1);
}

bool may_issue(const TrustedAccount& account, std::string_view key) noexcept {
  if (account.claims.signing_keys.find(key) != account.claims.signing_keys.end()) return true;
  return key == account.claims.subject && !account.strict_signing_keys;
}

Login judge_user(const UserClaims& user, const TrustedAccount& account,
                 const LoginRequest& request, std::int64_t now, const TimeZones& zones) {
  Login login;
  login.user = user.subject;
  login.account = account.claims.subject;
  login.user_key = user.subject;
  login.issuer_key = user.issuer;
  login.issued_at = user.issued_at;
  login.user_name = user.name;
  login.tags = user.tags;
  login.is_operator_mode = true;

  if (user.account() != account.claims.subject) {
    login.refusal = "user of another account";
    return login;
  }
  if (auto checked = check(user, now); !checked) {
    login.refusal = "user JWT: " + checked.error().context;
    return login;
  }
  Result<UserRights> rights = rights_of(user, account);
  login.refusal = rights ? objection(user, *rights, account, request, now)
                         : rights.error().context;
  if (!login.refusal.empty()) return login;
  const auto stay = open_until(rights->times, rights->time_zone, now, zones);
  if (!stay) {
    login.refusal = "outside connect times";
    return login;
  }
  login.expires_at = earlier(earlier(user.expires, account.claims.expires), *stay);
  login.max_subscriptions = limit_of(rights->subscriptions);
  login.max_payload = limit_of(rights->payload);
  login.is_bearer = rights->bearer_token;
  login.scope = account.scope_of(user.issuer);
  login.permissions = permissions_of(std::move(*rights), account);
  login.accepted = true;
  return login;
}

std::optional<LoginEnd> review_login(const Login& login, const TrustedAccount& account,
                                     std::int64_t now) {
  if (!login.is_operator_mode) return std::nullopt;
  const AccountClaims& claims = account.claims;
  if (claims.expires > 0 && claims.expires <= now) return LoginEnd::expired;
  if (is_revoked(claims.revocations, login.user_key, login.issued_at)) return LoginEnd::revoked;
  if (login.is_bearer && claims.disallow_bearer) return LoginEnd::revoked;
  if (!may_issue(account, login.issuer_key)) return LoginEnd::revoked;
  if (account.scope_of(login.issuer_key) != login.scope) return LoginEnd::revoked;
  return std::nullopt;
}

}  // namespace leafnats::auth
