// SPDX-License-Identifier: Apache-2.0
//
// CVE-2020-26521: decoding claims is total. Each node of valid claims is replaced by each awkward
// value, signed and presented: never a crash, and either a refusal or the default.

#include "auth/authorization_claims.hpp"
#include "auth/claims.hpp"

#include "support/catch.hpp"
#include "support/test_keys.hpp"

#include <functional>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;
using namespace leafnats::test;
using wire::JsonValue;

namespace {

std::string deep(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

std::vector<JsonValue> awkward_values() {
  std::vector<JsonValue> values;
  for (const std::string& text :
       {std::string("null"), std::string("\"\""), std::string("0"), std::string("[]"),
        std::string("{}"), deep(50), std::string("9223372036854775807"),
        std::string("18446744073709551615"), std::string("-9223372036854775808"),
        std::string("1e300"), std::string("[null]"), std::string("[{}]"), std::string("true"),
        std::string("{\"\":null}"), std::string("\"\\u0000\"")}) {
    const auto value = JsonValue::parse(text);
    REQUIRE(value);
    values.push_back(*value);
  }
  return values;
}

/// Calls `visit` with a document for each node of `root` and each value in its place.
void replace_each(const JsonValue& node, const std::vector<JsonValue>& values,
                  const std::function<void(const JsonValue&)>& visit) {
  for (const JsonValue& value : values) visit(value);
  if (const auto* object = node.object()) {
    for (std::size_t i = 0; i < object->size(); ++i) {
      replace_each((*object)[i].value, values, [&](const JsonValue& inner) {
        JsonValue::Object copy = *object;
        copy[i].value = inner;
        visit(JsonValue(std::move(copy)));
      });
    }
  } else if (const auto* array = node.array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      replace_each((*array)[i], values, [&](const JsonValue& inner) {
        JsonValue::Array copy = *array;
        copy[i] = inner;
        visit(JsonValue(std::move(copy)));
      });
    }
  }
}

std::size_t present_all(const std::string& token, const KeyPair& key) {
  const auto decoded = decode_token(token);
  REQUIRE(decoded);
  std::size_t accepted = 0;
  replace_each(decoded->payload, awkward_values(), [&](const JsonValue& payload) {
    if (!payload.object()) return;
    const auto again = encode_token(payload, key);  // the last `iss` counts
    REQUIRE(again);
    const auto user = decode_user(*again);
    const auto account = decode_account(*again);
    const auto activation = decode_activation(*again);
    const auto op = decode_operator(*again);
    const auto request = decode_authorization_request(*again);
    const auto response = decode_authorization_response(*again);
    if (user && check(*user, test_now)) ++accepted;
    if (account && check(*account, test_now)) ++accepted;
    if (activation && check(*activation, test_now)) ++accepted;
    if (op && check(*op, test_now)) ++accepted;
    if (request) ++accepted;
    if (response && check(*response, test_now)) ++accepted;
    // What was read can be written.
    if (account) CHECK(encode(*account, key));
    if (user) CHECK(encode(*user, key));
  });
  return accepted;
}

}  // namespace

TEST_CASE("CVE-2020-26521: every node replaced by every awkward value", "[auth][advisory]") {
  if (!has_key_operations()) return;
  const KeyPair op = test_key(NkeyKind::operator_key);
  const KeyPair account = test_key(NkeyKind::account_key);
  const KeyPair other = test_key(NkeyKind::account_key, 2);

  UserClaims user = user_claims(test_key(NkeyKind::user_key));
  user.rights.permissions.publish.allow = {"a"};
  user.rights.permissions.allow_responses = ResponsePermission{};
  user.rights.times = {{"08:00:00", "09:00:00"}};
  user.rights.sources = {"10.0.0.0/8"};
  user.rights.connection_types = {"STANDARD"};
  user.tags = {"a"};
  CHECK(present_all(signed_token(user, account), account) > 10);

  ActivationClaims activation;
  activation.subject = account.public_key().text();
  activation.kind = ShareKind::stream;
  activation.import_subject = "x";
  const std::string activation_token = signed_token(activation, other);
  CHECK(present_all(activation_token, other) > 10);

  AccountClaims claims = account_claims(account);
  claims.exports.emplace_back().export_.subject = "e";
  claims.exports[0].export_.latency = std::nullopt;
  claims.exports[0].revocations = {{"*", 1}};
  claims.imports.emplace_back().account = other.public_key().text();
  claims.imports[0].subject = "x";
  claims.imports[0].token = activation_token;
  claims.signing_keys[other.public_key().text()] = SigningScope{"r", user.rights};
  claims.mappings = {{"m", {{"n", 40, "c"}}}};
  claims.revocations = {{"*", 1}};
  claims.default_permissions.publish.allow = {"a"};
  claims.auth_users = {user.subject};
  claims.trace_subject = "t";
  CHECK(present_all(signed_token(claims, op), op) > 10);

  OperatorClaims root;
  root.subject = op.public_key().text();
  root.signing_keys = {op.public_key().text()};
  root.system_account = account.public_key().text();
  CHECK(present_all(signed_token(root, op), op) > 10);

  const KeyPair server = test_key(NkeyKind::server_key);
  AuthorizationRequest request;
  request.tls = CalloutTls{"1.3", "X", {"pem"}, {{"a"}}};
  request.server.tags = {"t"};
  CHECK(present_all(signed_token(request, server), server) > 10);
  AuthorizationResponse answer;
  answer.subject = user.subject;
  answer.audience = server.public_key().text();
  answer.jwt = "x";
  CHECK(present_all(signed_token(answer, account), account) > 10);
}
