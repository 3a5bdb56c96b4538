// SPDX-License-Identifier: Apache-2.0
//
// Claims: what is written is read again, tokens that are none are refused, checks hold. That Go's
// library agrees is tests/jwt's business.

#include "auth/authorization_claims.hpp"
#include "auth/claims.hpp"

#include "base/base64.hpp"
#include "support/catch.hpp"
#include "support/test_keys.hpp"

#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;
using namespace leafnats::test;

namespace {

using Texts = std::vector<std::string>;

std::string b64(std::string_view text) { return base::encode_base64url(text); }

/// A token with any header and payload, signed over both or over the payload alone.
std::string raw_token(const KeyPair& key, std::string_view payload, bool old_form = false,
                      std::string_view header = R"({"typ":"JWT","alg":"ed25519-nkey"})") {
  const std::string text = b64(header) + "." + b64(payload);
  const auto signature = key.sign(old_form ? b64(payload) : text);
  REQUIRE(signature);
  return text + "." + signature_text(*signature);
}

std::string problem(const Result<void>& result) {
  return result ? std::string() : result.error().context;
}

}  // namespace

TEST_CASE("claims: a user comes back as written", "[auth]") {
  if (!has_key_operations()) return;
  const KeyPair account = test_key(NkeyKind::account_key);
  UserClaims claims = user_claims(test_key(NkeyKind::user_key));
  claims.name = "joe <>&";
  claims.audience = "aud";
  claims.expires = test_now + 5;
  claims.not_before = test_now - 5;
  claims.tags = {"a:b", "c"};
  claims.issuer_account = test_key(NkeyKind::account_key, 2).public_key().text();
  claims.rights.permissions.publish = {{"a", "b.>"}, {"c"}};
  claims.rights.permissions.subscribe = {{"d q"}, {"e", "f"}};
  claims.rights.permissions.allow_responses = ResponsePermission{5, std::chrono::seconds(7)};
  claims.rights.sources = {"10.0.0.0/8"};
  claims.rights.times = {{"08:00:00", "16:00:00"}};
  claims.rights.time_zone = "Europe/Berlin";
  claims.rights.subscriptions = 9;
  claims.rights.payload = 1LL << 40;
  claims.rights.bearer_token = true;
  claims.rights.connection_types = {"STANDARD", "LEAFNODE"};
  const auto read = decode_user(signed_token(claims, account));
  REQUIRE(read);
  CHECK(read->name == claims.name);
  CHECK(read->issuer == account.public_key().text());
  CHECK(read->id.size() == 52);
  CHECK(read->expires == claims.expires);
  CHECK(read->tags == claims.tags);
  CHECK(read->account() == claims.issuer_account);
  CHECK(read->rights.has_permissions);
  CHECK(read->rights.permissions.publish.allow == Texts{"a", "b.>"});
  CHECK(read->rights.permissions.subscribe.deny == Texts{"e", "f"});
  CHECK(read->rights.permissions.allow_responses->max_messages == 5);
  CHECK(read->rights.permissions.allow_responses->expires == std::chrono::seconds(7));
  CHECK(read->rights.times.at(0).end == "16:00:00");
  CHECK(read->rights.payload == 1LL << 40);
  CHECK(read->rights.data == -1);
  CHECK(read->rights.connection_types == claims.rights.connection_types);
  CHECK(problem(check(*read, test_now)).empty());
}

TEST_CASE("claims: an account comes back as written", "[auth]") {
  if (!has_key_operations()) return;
  const KeyPair op = test_key(NkeyKind::operator_key);
  const KeyPair exporter = test_key(NkeyKind::account_key, 2);
  AccountClaims claims = account_claims(test_key(NkeyKind::account_key));
  claims.limits = {5, 0, 7, 1LL << 33};
  ClaimedExport& service = claims.exports.emplace_back();
  service.export_.kind = ShareKind::service;
  service.export_.subject = "svc.*.x";
  service.export_.response_type = ResponseType::chunked;
  service.export_.response_threshold = std::chrono::milliseconds(1500);
  service.export_.account_token_position = 2;
  service.export_.latency = ServiceLatency{0, "lat"};
  service.export_.token_required = true;
  service.revocations = {{"*", 5}};
  ClaimedImport& stream = claims.imports.emplace_back();
  stream.account = exporter.public_key().text();
  stream.subject = "s.*";
  stream.local_subject = "in.$1";
  SigningScope scope;
  scope.role = "role";
  scope.rights.permissions.publish.allow = {"x.{{name()}}"};
  scope.rights.subscriptions = scope.rights.data = scope.rights.payload = -1;
  claims.signing_keys[exporter.public_key().text()] = scope;
  claims.signing_keys[claims.subject] = std::nullopt;
  claims.revocations = {{"*", 1}, {"U", 2}};
  claims.default_permissions.publish.deny = {"no.>"};
  claims.mappings = {{"m", {{"n", 40, ""}, {"o", 60, "c1"}}}};
  claims.disallow_bearer = true;
  claims.auth_users = {test_key(NkeyKind::user_key).public_key().text()};
  claims.allowed_accounts = {"*"};
  claims.xkey = test_key(NkeyKind::curve_key).public_key().text();
  claims.trace_subject = "trace.here";
  const auto read = decode_account(signed_token(claims, op));
  REQUIRE(read);
  CHECK(problem(check(*read, test_now)).empty());
  CHECK(read->limits.connections == 5);
  CHECK(read->limits.leafnodes == 0);
  CHECK(read->limits.payload == 1LL << 33);
  const AccountExport& exported = read->exports.at(0).export_;
  CHECK(exported.kind == ShareKind::service);
  CHECK(exported.response_type == ResponseType::chunked);
  CHECK(exported.response_threshold == std::chrono::milliseconds(1500));
  CHECK(exported.account_token_position == 2);
  CHECK(exported.latency->sampling == 0);
  CHECK(exported.token_required);
  CHECK(read->exports.at(0).revocations.at("*") == 5);
  CHECK(read->imports.at(0).local_subject == "in.$1");
  CHECK(read->signing_keys.at(exporter.public_key().text())->role == "role");
  CHECK_FALSE(read->signing_keys.at(claims.subject));
  CHECK(read->revocations == claims.revocations);
  CHECK(read->has_default_permissions);
  CHECK(read->mappings.at(0).destinations.at(1).cluster == "c1");
  CHECK(read->mappings.at(0).destinations.at(0).weight == 40);
  CHECK(read->disallow_bearer);
  CHECK(read->xkey == claims.xkey);
}

TEST_CASE("claims: operators, activations and callout tokens come back as written", "[auth]") {
  if (!has_key_operations()) return;
  const KeyPair op = test_key(NkeyKind::operator_key);
  const KeyPair account = test_key(NkeyKind::account_key);
  const KeyPair server = test_key(NkeyKind::server_key);
  OperatorClaims claims;
  claims.subject = op.public_key().text();
  claims.signing_keys = {test_key(NkeyKind::operator_key, 2).public_key().text()};
  claims.system_account = account.public_key().text();
  claims.strict_signing_keys = true;
  const auto read = decode_operator(signed_token(claims, op));
  REQUIRE(read);
  CHECK(read->signing_keys == claims.signing_keys);
  CHECK(read->strict_signing_keys);
  CHECK(problem(check(*read, test_now)).empty());

  ActivationClaims activation;
  activation.subject = test_key(NkeyKind::account_key, 2).public_key().text();
  activation.kind = ShareKind::service;
  activation.import_subject = "a.>";
  const auto active = decode_activation(signed_token(activation, account));
  REQUIRE(active);
  CHECK(active->kind == ShareKind::service);
  CHECK(problem(check(*active, test_now)).empty());

  AuthorizationRequest request;
  request.server.id = server.public_key().text();
  request.user_nkey = test_key(NkeyKind::user_key).public_key().text();
  request.client.id = 18446744073709551615U;
  request.client.host = "127.0.0.1";
  request.connect.password = "pa\xff\"ss";
  request.tls = CalloutTls{"1.3", "X", {"pem"}, {{"a", "b"}, {"c"}}};
  const auto asked = decode_authorization_request(signed_token(request, server));
  REQUIRE(asked);
  CHECK(asked->client.id == request.client.id);
  CHECK(asked->connect.password == "pa\xEF\xBF\xBD\"ss");
  CHECK(asked->tls->verified_chains.at(0) == Texts{"a", "b"});

  AuthorizationResponse answer;
  answer.subject = request.user_nkey;
  answer.audience = request.server.id;
  answer.error = "no";
  const auto answered = decode_authorization_response(signed_token(answer, account));
  REQUIRE(answered);
  CHECK(problem(check(*answered, test_now)).empty());
  answer.jwt = "also";
  CHECK_FALSE(check(answer, test_now));
  // A question is a server's, an answer an account's.
  CHECK_FALSE(decode_authorization_request(signed_token(request, account)));
  CHECK_FALSE(decode_authorization_response(signed_token(answer, server)));
}

TEST_CASE("claims: a token that is changed, cut or another's is refused", "[auth]") {
  if (!has_key_operations()) return;
  const KeyPair account = test_key(NkeyKind::account_key);
  const std::string token = signed_token(user_claims(test_key(NkeyKind::user_key)), account);
  REQUIRE(decode_user(token));
  CHECK(decode_user("\n" + token + "\r\n"));
  for (std::size_t i = 0; i < token.size(); i += 3) {
    std::string other = token;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    if (other != token) CHECK_FALSE(decode_user(other));
    CHECK_FALSE(decode_user(token.substr(0, i)));
  }
  for (const std::string& text : {token + ".", "." + token, token + "A", token + "=",
                                  std::string(2'000'000, 'a'), std::string(), std::string("..")}) {
    CHECK_FALSE(decode_user(text));
  }
  CHECK_FALSE(decode_account(token));
  // A user is issued by an account, whatever else has keys.
  for (const NkeyKind kind : {NkeyKind::operator_key, NkeyKind::user_key, NkeyKind::server_key,
                              NkeyKind::cluster_key}) {
    const KeyPair other = test_key(kind);
    CHECK_FALSE(decode_user(signed_token(user_claims(test_key(NkeyKind::user_key)), other)));
  }
}

TEST_CASE("claims: headers and versions", "[auth]") {
  if (!has_key_operations()) return;
  const KeyPair key = test_key(NkeyKind::account_key);
  const std::string ids = R"("iss":")" + key.public_key().text() + R"(","sub":")" +
                          test_key(NkeyKind::user_key).public_key().text() + R"(",)";
  const std::string current = "{" + ids + R"("nats":{"type":"user","version":2,"subs":3}})";
  const std::string old = "{" + ids + R"("type":"user","tags":["t"],"nats":{"max":1}})";
  CHECK(decode_user(raw_token(key, current)));
  CHECK_FALSE(decode_user(raw_token(key, current, true)));
  const auto first = decode_user(raw_token(key, old, true));
  REQUIRE(first);
  CHECK(first->rights.subscriptions == -1);  // the first version had no limits by default
  CHECK(first->tags == Texts{"t"});
  CHECK_FALSE(decode_user(raw_token(key, old)));
  CHECK(decode_user(raw_token(key, current, false, R"({"typ":"jwt","alg":"ED25519"})")));
  for (const char* header : {"{}", "null", "[]", "", R"({"typ":"JWT"})",
                             R"({"typ":"JWT","alg":"none"})", R"({"typ":"JWT","alg":"HS256"})",
                             R"({"typ":"X","alg":"ed25519"})",
                             R"({"typ":1,"alg":"ed25519"})"}) {
    CAPTURE(header);
    CHECK_FALSE(decode_user(raw_token(key, current, false, header)));
  }
  for (const char* nats : {R"({"type":"user","version":3})", R"({"type":"user","version":-1})",
                           R"({"type":"user"})", R"({"version":2})", "null", "5"}) {
    CAPTURE(nats);
    CHECK_FALSE(decode_user(raw_token(key, "{" + ids + R"("nats":)" + nats + "}")));
  }
}

TEST_CASE("GHSA-g33f-6538-grxh: an issuer of another length reaches no verification",
          "[auth][advisory]") {
  if (!has_key_operations()) return;
  const KeyPair key = test_key(NkeyKind::account_key);
  const std::string good = key.public_key().text();
  for (std::size_t size = 0; size <= good.size() + 8; ++size) {
    const std::string issuer = size <= good.size() ? good.substr(0, size)
                                                   : good + std::string(size - good.size(), 'A');
    const std::string payload = R"({"iss":")" + issuer +
                                R"(","nats":{"type":"user","version":2}})";
    CHECK(decode_user(raw_token(key, payload)).has_value() == (issuer == good));
  }
}

TEST_CASE("claims: dates", "[auth]") {
  ClaimsData data;
  CHECK(check_dates(data, test_now));
  data.expires = test_now;
  CHECK(check_dates(data, test_now));
  CHECK_FALSE(check_dates(data, test_now + 1));
  data.expires = 0;
  data.not_before = test_now;
  CHECK(check_dates(data, test_now));
  CHECK_FALSE(check_dates(data, test_now - 1));
}

TEST_CASE("CVE-2020-26892: a token issued up to the revocation is revoked", "[auth][advisory]") {
  const Revocations revocations{{"U", 100}, {"*", 50}};
  CHECK(is_revoked(revocations, "U", 99));
  CHECK(is_revoked(revocations, "U", 100));
  CHECK_FALSE(is_revoked(revocations, "U", 101));
  CHECK(is_revoked(revocations, "V", 49));
  CHECK(is_revoked(revocations, "V", 50));
  CHECK_FALSE(is_revoked(revocations, "V", 51));
  CHECK_FALSE(is_revoked({}, "V", 0));
}

TEST_CASE("claims: rights that cannot be relied on", "[auth]") {
  const auto broken = [](auto change) {
    UserRights rights;
    change(rights);
    return !check(rights).has_value();
  };
  CHECK_FALSE(broken([](UserRights&) {}));
  for (const char* text : {"", " ", "a..b", "a b", ".a", "a.", "\t"}) {
    CAPTURE(text);
    CHECK(broken([&](UserRights& r) { r.permissions.publish.allow = {"ok", text}; }));
    CHECK(broken([&](UserRights& r) { r.permissions.publish.deny = {text}; }));
  }
  CHECK_FALSE(broken([](UserRights& r) { r.permissions.subscribe.allow = {"a b"}; }));
  CHECK(broken([](UserRights& r) { r.permissions.subscribe.deny = {"a b c"}; }));
  CHECK(broken([](UserRights& r) { r.sources = {"10.0.0.1"}; }));
  CHECK(broken([](UserRights& r) { r.times = {{"08:00:00", ""}}; }));
}

TEST_CASE("claims: accounts that cannot be relied on", "[auth]") {
  const std::string exporter = PublicKey(NkeyKind::account_key, KeyBytes{1}).text();
  const auto broken = [&](auto change) {
    AccountClaims claims;
    claims.subject = PublicKey(NkeyKind::account_key, KeyBytes{2}).text();
    claims.exports_limit = claims.imports_limit = -1;
    ClaimedExport& exported = claims.exports.emplace_back();
    exported.export_.subject = "a.*.b";
    ClaimedImport& imported = claims.imports.emplace_back();
    imported.account = exporter;
    imported.subject = "x.*";
    imported.kind = ShareKind::service;
    change(claims);
    return !check(claims, test_now).has_value();
  };
  CHECK_FALSE(broken([](AccountClaims&) {}));
  CHECK(broken([](AccountClaims& c) { c.subject = "A"; }));
  CHECK(broken([](AccountClaims& c) { c.exports[0].export_.subject = ""; }));
  CHECK_FALSE(broken([](AccountClaims& c) { c.exports[0].export_.account_token_position = 2; }));
  CHECK(broken([](AccountClaims& c) { c.exports[0].export_.account_token_position = 1; }));
  CHECK(broken([](AccountClaims& c) { c.exports[0].export_.account_token_position = 4; }));
  CHECK(broken([](AccountClaims& c) { c.exports.push_back(c.exports[0]); }));
  CHECK(broken([](AccountClaims& c) { c.exports_limit = 0; }));
  CHECK(broken([](AccountClaims& c) { c.exports_limit = 1; }));  // wildcards are not allowed
  CHECK_FALSE(broken([](AccountClaims& c) { c.exports_limit = 1, c.wildcard_exports = true; }));
  CHECK(broken([](AccountClaims& c) { c.imports_limit = 0; }));
  CHECK(broken([](AccountClaims& c) { c.imports[0].account = "X"; }));
  CHECK(broken([](AccountClaims& c) { c.imports[0].token = "x.y.z"; }));
  CHECK(broken([](AccountClaims& c) { c.imports.push_back(c.imports[0]); }));
  CHECK(broken([](AccountClaims& c) { c.imports[0].local_subject = "y"; }));
  CHECK(broken([](AccountClaims& c) { c.imports[0].local_subject = "y.$2"; }));
  CHECK(broken([](AccountClaims& c) { c.imports[0].local_subject = "y.>"; }));
  CHECK_FALSE(broken([](AccountClaims& c) { c.imports[0].local_subject = "y.$1"; }));
  CHECK_FALSE(broken([](AccountClaims& c) { c.imports[0].local_subject = "*.y"; }));
  CHECK(broken([](AccountClaims& c) { c.signing_keys["A"] = std::nullopt; }));
  CHECK(broken([](AccountClaims& c) { c.mappings = {{"m", {{"n", 60, ""}, {"o", 41, ""}}}}; }));
  CHECK(broken([](AccountClaims& c) { c.allowed_accounts = {"*"}; }));
  CHECK(broken([](AccountClaims& c) { c.trace_subject = "a.*"; }));
  CHECK(broken([](AccountClaims& c) { c.expires = test_now - 1; }));
}

TEST_CASE("claims: imports in their old and new forms", "[auth]") {
  ClaimedImport import;
  import.account = "A";
  import.subject = "s";
  CHECK(resolved_import(import).subject == "s");
  import.to = "p";
  CHECK(resolved_import(import).prefix == "p");  // a stream's `to` is a prefix
  import.kind = ShareKind::service;              // a service's is the exporter's subject
  CHECK(resolved_import(import).subject == "p");
  CHECK(resolved_import(import).to == "s");
  import.to.clear();
  import.local_subject = "l";
  CHECK(resolved_import(import).subject == "s");
  CHECK(resolved_import(import).to == "l");
}
