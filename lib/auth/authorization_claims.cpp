// SPDX-License-Identifier: Apache-2.0
//
// Field names as in Go's JWT library 2.8. A text that is no UTF-8 loses what is not.

#include "auth/authorization_claims.hpp"

#include "auth/claims_reader.hpp"

#include <utility>

namespace leafnats::auth {

using wire::JsonValue;

namespace {

void read_server(ClaimsReader from, CalloutServer& server) {
  from.read("name", server.name);
  from.read("host", server.host);
  from.read("id", server.id);
  from.read("version", server.version);
  from.read("cluster", server.cluster);
  from.read("tags", server.tags);
  from.read("xkey", server.xkey);
}

void read_client(ClaimsReader from, CalloutClient& client) {
  from.read("host", client.host);
  if (const JsonValue* const id = from.find("id")) {
    if (const auto number = id->unsigned_integer()) {
      client.id = *number;
    } else {
      from.wrong_type("id");
    }
  }
  from.read("user", client.user);
  from.read("name", client.name);
  from.read("tags", client.tags);
  from.read("name_tag", client.name_tag);
  from.read("kind", client.kind);
  from.read("type", client.type);
  from.read("mqtt_id", client.mqtt_id);
  from.read("nonce", client.nonce);
}

void read_connect(ClaimsReader from, CalloutConnect& connect) {
  from.read("jwt", connect.jwt);
  from.read("nkey", connect.nkey);
  from.read("sig", connect.signature);
  from.read("auth_token", connect.token);
  from.read("user", connect.user);
  from.read("pass", connect.password);
  from.read("name", connect.name);
  from.read("lang", connect.language);
  from.read("version", connect.version);
  from.read("protocol", connect.protocol);
}

void read_tls(ClaimsReader from, std::optional<CalloutTls>& tls) {
  if (!from.exists()) return;
  tls.emplace();
  from.read("version", tls->version);
  from.read("cipher", tls->cipher);
  from.read("certs", tls->certificates);
  from.each_value("verified_chains", [&](const JsonValue& chain, const std::string& path) {
    if (!chain.array()) return from.fail(path, "has the wrong type");
    std::vector<std::string>& into = tls->verified_chains.emplace_back();
    for (const JsonValue& certificate : *chain.array()) {
      if (!certificate.text()) return from.fail(path, "has the wrong type");
      into.push_back(*certificate.text());
    }
  });
}

JsonValue server_json(const CalloutServer& server) {
  JsonValue json;
  json.add("name", server.name).add("host", server.host).add("id", server.id);
  json.add_if("version", server.version).add_if("cluster", server.cluster);
  return json.add_if("tags", server.tags).add_if("xkey", server.xkey);
}

JsonValue client_json(const CalloutClient& client) {
  JsonValue json{JsonValue::Object()};
  json.add_if("host", client.host).add_if("id", client.id).add_if("user", client.user);
  json.add_if("name", client.name).add_if("tags", client.tags);
  json.add_if("name_tag", client.name_tag).add_if("kind", client.kind);
  json.add_if("type", client.type).add_if("mqtt_id", client.mqtt_id);
  return json.add_if("nonce", client.nonce);
}

JsonValue connect_json(const CalloutConnect& connect) {
  JsonValue json;
  json.add_if("jwt", connect.jwt).add_if("nkey", connect.nkey);
  json.add_if("sig", connect.signature).add_if("auth_token", connect.token);
  json.add_if("user", connect.user).add_if("pass", connect.password);
  json.add_if("name", connect.name).add_if("lang", connect.language);
  return json.add_if("version", connect.version).add("protocol", connect.protocol);
}

JsonValue tls_json(const CalloutTls& tls) {
  JsonValue chains;
  for (const std::vector<std::string>& chain : tls.verified_chains) chains.push(chain);
  JsonValue json{JsonValue::Object()};
  json.add_if("version", tls.version).add_if("cipher", tls.cipher);
  return json.add_if("certs", tls.certificates).add_if("verified_chains", std::move(chains));
}

}  // namespace

Result<AuthorizationRequest> decode_authorization_request(std::string_view token) {
  return decode_claims<AuthorizationRequest>(
      token, TokenKind::authorization_request,
      [](AuthorizationRequest& claims, ClaimsReader& nats, ClaimsReader&, int) {
        read_server(nats.object("server_id"), claims.server);
        nats.read("user_nkey", claims.user_nkey);
        read_client(nats.object("client_info"), claims.client);
        read_connect(nats.object("connect_opts"), claims.connect);
        read_tls(nats.object("client_tls"), claims.tls);
        nats.read("request_nonce", claims.request_nonce);
      });
}

Result<std::string> encode(const AuthorizationRequest& claims, const KeyPair& server) {
  JsonValue nats;
  nats.add("server_id", server_json(claims.server)).add("user_nkey", claims.user_nkey);
  nats.add("client_info", client_json(claims.client));
  nats.add("connect_opts", connect_json(claims.connect));
  if (claims.tls) nats.add("client_tls", tls_json(*claims.tls));
  nats.add_if("request_nonce", claims.request_nonce);
  return encode_token(payload_of(claims, std::move(nats), "authorization_request"), server);
}

Result<AuthorizationResponse> decode_authorization_response(std::string_view token) {
  return decode_claims<AuthorizationResponse>(
      token, TokenKind::authorization_response,
      [](AuthorizationResponse& claims, ClaimsReader& nats, ClaimsReader&, int) {
        nats.read("jwt", claims.jwt);
        nats.read("error", claims.error);
        nats.read("issuer_account", claims.issuer_account);
      });
}

Result<std::string> encode(const AuthorizationResponse& claims, const KeyPair& issuer) {
  JsonValue nats;
  nats.add_if("jwt", claims.jwt).add_if("error", claims.error);
  nats.add_if("issuer_account", claims.issuer_account);
  return encode_token(payload_of(claims, std::move(nats), "authorization_response"), issuer);
}

Result<void> check(const AuthorizationResponse& claims, std::int64_t now) {
  const auto invalid = [](std::string why) {
    return Error{Errc::invalid_argument, "authorization response: " + std::move(why)};
  };
  if (auto checked = check_dates(claims, now); !checked) return invalid(checked.error().context);
  if (!is_public_key(claims.subject, NkeyKind::user_key)) return invalid("sub is no user key");
  if (!is_public_key(claims.audience, NkeyKind::server_key)) return invalid("aud is no server key");
  if (claims.jwt.empty() == claims.error.empty()) return invalid("needs a JWT or an error");
  if (!claims.issuer_account.empty() &&
      !is_public_key(claims.issuer_account, NkeyKind::account_key)) {
    return invalid("issuer_account is no account key");
  }
  return {};
}

}  // namespace leafnats::auth
