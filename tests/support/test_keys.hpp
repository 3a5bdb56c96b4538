// SPDX-License-Identifier: Apache-2.0
//
// Keys and tokens for tests, the same in every run.
#pragma once

#include "auth/claims.hpp"
#include "auth/nkey.hpp"
#include "support/catch.hpp"
#include "support/seeded_entropy.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace leafnats::test {

inline constexpr std::int64_t test_now = 1'700'000'000;

/// Key number `number` of a kind.
inline auth::KeyPair test_key(auth::NkeyKind kind, std::uint64_t number = 1) {
  SeededEntropy entropy(number * 256 + static_cast<std::uint64_t>(kind));
  Result<auth::KeyPair> pair = auth::KeyPair::generate(kind, entropy);
  REQUIRE(pair);
  return std::move(*pair);
}

/// Claims about a key, without limits, issued a minute ago.
inline auth::UserClaims user_claims(const auth::KeyPair& user) {
  auth::UserClaims claims;
  claims.subject = user.public_key().text();
  claims.issued_at = test_now - 60;
  claims.rights.subscriptions = claims.rights.data = claims.rights.payload = auth::no_limit;
  return claims;
}

inline auth::AccountClaims account_claims(const auth::KeyPair& account) {
  auth::AccountClaims claims;
  claims.subject = account.public_key().text();
  claims.issued_at = test_now - 60;
  claims.limits = {};
  claims.data_limit = claims.imports_limit = claims.exports_limit = auth::no_limit;
  claims.wildcard_exports = true;
  return claims;
}

template <class Claims>
std::string signed_token(const Claims& claims, const auth::KeyPair& issuer) {
  Result<std::string> token = auth::encode(claims, issuer);
  REQUIRE(token);
  return std::move(*token);
}

}  // namespace leafnats::test
