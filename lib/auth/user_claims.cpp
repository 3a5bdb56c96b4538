// SPDX-License-Identifier: Apache-2.0
//
// Users and their rights, and what claims have in common.

#include "auth/address_range.hpp"
#include "auth/claims.hpp"
#include "auth/claims_reader.hpp"
#include "auth/login_times.hpp"
#include "subject/grammar.hpp"
#include "subject/permissions.hpp"

#include <utility>

namespace leafnats::auth {

using wire::JsonValue;

namespace {

Error invalid(std::string why) { return {Errc::invalid_argument, std::move(why)}; }

bool is_revoked_by(const Revocations& revocations, std::string_view entry,
                   std::int64_t issued_at) noexcept {
  const auto found = revocations.find(entry);
  return found != revocations.end() && found->second >= issued_at;
}

Result<void> check_permissions(const Permissions& permissions) {
  for (const auto* list : {&permissions.publish.allow, &permissions.publish.deny}) {
    for (const std::string& entry : *list) {
      if (!subject::is_valid_subject(entry)) return invalid("permissions: no subject");
    }
  }
  for (const auto* list : {&permissions.subscribe.allow, &permissions.subscribe.deny}) {
    for (const std::string& entry : *list) {
      if (!subject::is_valid_subscribe_entry(entry)) return invalid("permissions: no subject");
    }
  }
  return {};
}

}  // namespace

bool is_revoked(const Revocations& revocations, std::string_view key,
                std::int64_t issued_at) noexcept {
  return is_revoked_by(revocations, key, issued_at) || is_revoked_by(revocations, "*", issued_at);
}

bool UserRights::are_empty() const noexcept {
  return !has_permissions && sources.empty() && times.empty() && time_zone.empty() &&
         subscriptions == 0 && data == 0 && payload == 0 && !bearer_token && !proxy_required &&
         connection_types.empty();
}

Result<UserClaims> decode_user(std::string_view token) {
  return decode_claims<UserClaims>(
      token, TokenKind::user,
      [](UserClaims& claims, ClaimsReader& nats, ClaimsReader& top, int version) {
        if (version == 1) {
          claims.rights.subscriptions = claims.rights.data = claims.rights.payload = no_limit;
        }
        read_rights(nats, claims.rights);
        (version == 1 ? top : nats).read("issuer_account", claims.issuer_account);
      });
}

Result<std::string> encode(const UserClaims& claims, const KeyPair& issuer) {
  JsonValue nats;
  add_rights(nats, claims.rights);
  nats.add_if("issuer_account", claims.issuer_account);
  return encode_token(payload_of(claims, std::move(nats), "user"), issuer);
}

Result<void> check_dates(const ClaimsData& claims, std::int64_t now) {
  if (claims.expires > 0 && now > claims.expires) return invalid("expired");
  if (claims.not_before > 0 && claims.not_before > now) return invalid("not yet valid");
  return {};
}

Result<void> check(const UserRights& rights) {
  if (auto checked = check_permissions(rights.permissions); !checked) return checked;
  for (const std::string& source : rights.sources) {
    if (!AddressRange::parse(source)) return invalid("src: no network");
  }
  for (const TimeRange& range : rights.times) {
    if (!seconds_of_day(range.start) || !seconds_of_day(range.end)) {
      return invalid("times: no time of day");
    }
  }
  return {};
}

Result<void> check(const UserClaims& claims, std::int64_t now) {
  if (auto checked = check_dates(claims, now); !checked) return checked;
  if (!is_public_key(claims.subject, NkeyKind::user_key)) return invalid("sub: no user key");
  if (!claims.issuer_account.empty() &&
      !is_public_key(claims.issuer_account, NkeyKind::account_key)) {
    return invalid("issuer_account: no account key");
  }
  return check(claims.rights);
}

}  // namespace leafnats::auth
