// SPDX-License-Identifier: Apache-2.0
//
// Operators, whose keys sign accounts, and activations, by which an account lets another import.

#include "auth/claims.hpp"
#include "auth/claims_reader.hpp"
#include "subject/grammar.hpp"

#include <utility>

namespace leafnats::auth {

using wire::JsonValue;

namespace {

Error invalid(std::string why) { return {Errc::invalid_argument, std::move(why)}; }

}  // namespace

Result<ActivationClaims> decode_activation(std::string_view token) {
  return decode_claims<ActivationClaims>(
      token, TokenKind::activation,
      [](ActivationClaims& claims, ClaimsReader& nats, ClaimsReader& top, int version) {
        nats.read("subject", claims.import_subject);
        read_kind(nats, version == 1 ? "type" : "kind", claims.kind);
        (version == 1 ? top : nats).read("issuer_account", claims.issuer_account);
      });
}

Result<std::string> encode(const ActivationClaims& claims, const KeyPair& issuer) {
  JsonValue nats;
  nats.add_if("subject", claims.import_subject);
  if (claims.kind) nats.add("kind", kind_text(*claims.kind));
  nats.add_if("issuer_account", claims.issuer_account);
  return encode_token(payload_of(claims, std::move(nats), "activation"), issuer);
}

Result<void> check(const ActivationClaims& claims, std::int64_t now) {
  if (auto checked = check_dates(claims, now); !checked) return checked;
  // At the very second of its expiry a user still gets in; an import does not (nats-server).
  if (claims.expires > 0 && claims.expires <= now) return invalid("expired");
  if (!claims.kind) return invalid("kind: missing");
  if (!subject::is_valid_subject(claims.import_subject)) return invalid("subject: no subject");
  if (!is_public_key(claims.subject, NkeyKind::account_key)) return invalid("sub: no account key");
  if (!claims.issuer_account.empty() &&
      !is_public_key(claims.issuer_account, NkeyKind::account_key)) {
    return invalid("issuer_account: no account key");
  }
  return {};
}

Result<OperatorClaims> decode_operator(std::string_view token) {
  return decode_claims<OperatorClaims>(
      token, TokenKind::operator_token,
      [](OperatorClaims& claims, ClaimsReader& nats, ClaimsReader&, int) {
        nats.read("signing_keys", claims.signing_keys);
        nats.read("account_server_url", claims.account_server_url);
        nats.read("operator_service_urls", claims.service_urls);
        nats.read("system_account", claims.system_account);
        nats.read("assert_server_version", claims.assert_server_version);
        nats.read("strict_signing_key_usage", claims.strict_signing_keys);
      });
}

Result<std::string> encode(const OperatorClaims& claims, const KeyPair& issuer) {
  JsonValue nats;
  nats.add_if("signing_keys", claims.signing_keys)
      .add_if("account_server_url", claims.account_server_url)
      .add_if("operator_service_urls", claims.service_urls)
      .add_if("system_account", claims.system_account)
      .add_if("assert_server_version", claims.assert_server_version)
      .add_if("strict_signing_key_usage", claims.strict_signing_keys);
  return encode_token(payload_of(claims, std::move(nats), "operator"), issuer);
}

Result<void> check(const OperatorClaims& claims, std::int64_t now) {
  if (auto checked = check_dates(claims, now); !checked) return checked;
  if (!is_public_key(claims.subject, NkeyKind::operator_key)) {
    return invalid("sub: no operator key");
  }
  for (const std::string& key : claims.signing_keys) {
    if (!is_public_key(key, NkeyKind::operator_key)) {
      return invalid("signing_keys: no operator key");
    }
  }
  if (!claims.system_account.empty() &&
      !is_public_key(claims.system_account, NkeyKind::account_key)) {
    return invalid("system_account: no account key");
  }
  return {};
}

}  // namespace leafnats::auth
