// SPDX-License-Identifier: Apache-2.0
//
// Accounts as their tokens describe them: limits, exports and imports, signing keys, revocations.

#include "auth/claims.hpp"
#include "auth/claims_reader.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace leafnats::auth {

using wire::JsonValue;

namespace {

void read_response_type(ClaimsReader& from, ResponseType& type) {
  std::string text;
  from.read("response_type", text);
  if (text == "Stream") {
    type = ResponseType::stream;
  } else if (text == "Chunked") {
    type = ResponseType::chunked;
  } else if (!text.empty() && text != "Singleton") {
    from.fail(from.path_of("response_type"), "is unknown");
  }
}

void read_latency(ClaimsReader from, std::optional<ServiceLatency>& latency) {
  if (!from.exists()) return;
  latency.emplace().sampling = 0;
  from.read("results", latency->subject);
  const JsonValue* const sampling = from.find("sampling");
  const std::string* const text = sampling ? sampling->text() : nullptr;
  if (text && (*text == "headers" || *text == "Headers" || *text == "HEADERS")) return;
  std::int64_t percent = 0;
  from.read("sampling", percent);
  if (percent < 0 || percent > 100) from.fail(from.path_of("sampling"), "is no percentage");
  latency->sampling = static_cast<int>(std::clamp<std::int64_t>(percent, 0, 100));
}

void read_export(ClaimsReader from, ClaimedExport& into) {
  AccountExport& exported = into.export_;
  std::optional<ShareKind> kind;
  read_kind(from, "type", kind);
  if (!kind) from.fail(from.path_of("type"), "is missing");
  exported.kind = kind.value_or(ShareKind::stream);
  from.read("name", into.name);
  from.read("subject", exported.subject);
  from.read("token_req", exported.token_required);
  from.read("revocations", into.revocations);
  read_response_type(from, exported.response_type);
  std::int64_t nanoseconds = 0;
  from.read("response_threshold", nanoseconds);
  if (nanoseconds < 0) from.fail(from.path_of("response_threshold"), "is negative");
  if (nanoseconds > 0) {
    exported.response_threshold = std::chrono::milliseconds((nanoseconds - 1) / 1'000'000 + 1);
  }
  std::int64_t position = 0;
  from.read("account_token_position", position);
  if (position < 0 || position > static_cast<std::int64_t>(limits::subject_tokens_max)) {
    return from.fail(from.path_of("account_token_position"), "is no position in a subject");
  }
  exported.account_token_position = static_cast<int>(position);
  read_latency(from.object("service_latency"), exported.latency);
}

void read_import(ClaimsReader from, ClaimedImport& into) {
  std::optional<ShareKind> kind;
  read_kind(from, "type", kind);
  if (!kind) from.fail(from.path_of("type"), "is missing");
  into.kind = kind.value_or(ShareKind::stream);
  from.read("name", into.name);
  from.read("subject", into.subject);
  from.read("account", into.account);
  from.read("token", into.token);
  from.read("to", into.to);
  from.read("local_subject", into.local_subject);
  from.read("share", into.share);
}

void read_limits(ClaimsReader from, AccountClaims& claims) {
  from.read("subs", claims.limits.subscriptions);
  from.read("data", claims.data_limit);
  from.read("payload", claims.limits.payload);
  from.read("imports", claims.imports_limit);
  from.read("exports", claims.exports_limit);
  from.read("wildcards", claims.wildcard_exports);
  from.read("disallow_bearer", claims.disallow_bearer);
  from.read("conn", claims.limits.connections);
  from.read("leaf", claims.limits.leafnodes);
}

/// A scope is an object, a plain key a text.
void read_signing_keys(ClaimsReader& from, AccountClaims& claims) {
  from.each_value("signing_keys", [&](const JsonValue& value, const std::string& path) {
    if (const std::string* const key = value.text()) {
      claims.signing_keys.insert_or_assign(*key, std::nullopt);
      return;
    }
    std::string problem;
    ClaimsReader scope(&value, path, problem);
    std::string kind;
    std::string key;
    SigningScope scoped;
    scoped.rights.subscriptions = scoped.rights.data = scoped.rights.payload = no_limit;
    scope.read("kind", kind);
    if (kind != "user_scope") scope.fail(scope.path_of("kind"), "is unknown");
    scope.read("key", key);
    scope.read("role", scoped.role);
    ClaimsReader rights = scope.object("template");
    read_rights(rights, scoped.rights);
    if (!problem.empty()) return from.fail(problem, "(signing key)");
    claims.signing_keys.insert_or_assign(std::move(key), std::move(scoped));
  });
}

void read_mappings(ClaimsReader& from, AccountClaims& claims) {
  const JsonValue* const mappings = from.find("mappings");
  if (!mappings) return;
  if (!mappings->object()) return from.wrong_type("mappings");
  ClaimsReader all = from.object("mappings");
  for (const auto& [source, unused] : *mappings->object()) {
    SubjectMapping& mapping = claims.mappings.emplace_back();
    mapping.source = source;
    all.each(source, [&](ClaimsReader way) {
      MappingDestination& destination = mapping.destinations.emplace_back();
      std::int64_t weight = 0;
      way.read("subject", destination.subject);
      way.read("weight", weight);
      way.read("cluster", destination.cluster);
      if (weight < 0 || weight > 255) way.fail(way.path_of("weight"), "is no percentage");
      // Absent or zero is all of it.
      constexpr std::int64_t whole = 100;
      destination.weight = static_cast<int>(weight == 0 ? whole : weight & 0xff);
    });
  }
}

JsonValue export_json(const ClaimedExport& from) {
  const AccountExport& exported = from.export_;
  JsonValue json;
  json.add_if("name", from.name).add_if("subject", exported.subject);
  json.add("type", kind_text(exported.kind)).add_if("token_req", exported.token_required);
  json.add_if("revocations", revocations_json(from.revocations));
  if (exported.response_type != ResponseType::singleton) {
    json.add("response_type",
             exported.response_type == ResponseType::stream ? "Stream" : "Chunked");
  }
  if (exported.response_threshold != AccountExport{}.response_threshold) {
    constexpr std::int64_t ms_max = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    const auto ms = std::min<std::int64_t>(exported.response_threshold.count(), ms_max);
    json.add("response_threshold", ms * 1'000'000);
  }
  json.add_if("account_token_position", exported.account_token_position);
  if (exported.latency) {
    JsonValue latency;
    latency.add("sampling", exported.latency->sampling == 0
                                ? JsonValue("headers")
                                : JsonValue(exported.latency->sampling));
    json.add("service_latency", latency.add("results", exported.latency->subject));
  }
  return json;
}

JsonValue import_json(const ClaimedImport& from) {
  JsonValue json;
  json.add_if("name", from.name).add_if("subject", from.subject).add_if("account", from.account);
  json.add_if("token", from.token).add_if("to", from.to);
  json.add_if("local_subject", from.local_subject).add("type", kind_text(from.kind));
  return json.add_if("share", from.share);
}

JsonValue limits_json(const AccountClaims& claims) {
  JsonValue json{JsonValue::Object()};
  json.add_if("subs", claims.limits.subscriptions).add_if("data", claims.data_limit);
  json.add_if("payload", claims.limits.payload).add_if("imports", claims.imports_limit);
  json.add_if("exports", claims.exports_limit).add_if("wildcards", claims.wildcard_exports);
  json.add_if("disallow_bearer", claims.disallow_bearer);
  return json.add_if("conn", claims.limits.connections).add_if("leaf", claims.limits.leafnodes);
}

JsonValue signing_keys_json(const AccountClaims& claims) {
  JsonValue json;
  for (const auto& [key, scope] : claims.signing_keys) {
    if (!scope) {
      json.push(key);
      continue;
    }
    JsonValue scoped;
    JsonValue rights;
    add_rights(rights, scope->rights);
    scoped.add("kind", "user_scope").add("key", key).add("role", scope->role);
    json.push(scoped.add("template", std::move(rights)));
  }
  return json;
}

JsonValue mappings_json(const std::vector<SubjectMapping>& mappings) {
  JsonValue json;
  for (const SubjectMapping& mapping : mappings) {
    JsonValue ways{JsonValue::Array()};
    for (const MappingDestination& destination : mapping.destinations) {
      JsonValue way;
      way.add("subject", destination.subject).add_if("weight", destination.weight);
      ways.push(way.add_if("cluster", destination.cluster));
    }
    json.add(mapping.source, std::move(ways));
  }
  return json;
}

}  // namespace

const std::string& exported_subject(const ClaimedImport& import) noexcept {
  const bool names_it = import.kind == ShareKind::service && !import.to.empty();
  return names_it ? import.to : import.subject;
}

AccountImport resolved_import(const ClaimedImport& import) {
  AccountImport resolved;
  resolved.kind = import.kind;
  resolved.account = import.account;
  resolved.subject = exported_subject(import);
  resolved.share = import.share;
  if (!import.local_subject.empty()) {
    resolved.to = import.local_subject;
  } else if (import.kind == ShareKind::stream) {
    resolved.prefix = import.to;
  } else if (!import.to.empty()) {
    resolved.to = import.subject;
  }
  return resolved;
}

Result<AccountClaims> decode_account(std::string_view token) {
  return decode_claims<AccountClaims>(
      token, TokenKind::account, [](AccountClaims& claims, ClaimsReader& nats, ClaimsReader&, int) {
        nats.each("exports", [&](ClaimsReader one) {
          read_export(one, claims.exports.emplace_back());
        });
        nats.each("imports", [&](ClaimsReader one) {
          read_import(one, claims.imports.emplace_back());
        });
        read_limits(nats.object("limits"), claims);
        read_signing_keys(nats, claims);
        nats.read("revocations", claims.revocations);
        ClaimsReader defaults = nats.object("default_permissions");
        read_permissions(defaults, claims.default_permissions, claims.has_default_permissions);
        read_mappings(nats, claims);
        ClaimsReader callout = nats.object("authorization");
        callout.read("auth_users", claims.auth_users);
        callout.read("allowed_accounts", claims.allowed_accounts);
        callout.read("xkey", claims.xkey);
        ClaimsReader trace = nats.object("trace");
        trace.read("dest", claims.trace_subject);
        trace.read("sampling", claims.trace_sampling);
      });
}

Result<std::string> encode(const AccountClaims& claims, const KeyPair& issuer) {
  JsonValue exports;
  for (const ClaimedExport& exported : claims.exports) exports.push(export_json(exported));
  JsonValue imports;
  for (const ClaimedImport& imported : claims.imports) imports.push(import_json(imported));
  JsonValue callout;
  callout.add_if("auth_users", claims.auth_users);
  callout.add_if("allowed_accounts", claims.allowed_accounts).add_if("xkey", claims.xkey);
  JsonValue trace;
  trace.add_if("dest", claims.trace_subject).add_if("sampling", claims.trace_sampling);

  JsonValue nats;
  nats.add_if("imports", std::move(imports)).add_if("exports", std::move(exports));
  nats.add("limits", limits_json(claims)).add_if("signing_keys", signing_keys_json(claims));
  nats.add_if("revocations", revocations_json(claims.revocations));
  nats.add("default_permissions", permissions_json(claims.default_permissions));
  nats.add_if("mappings", mappings_json(claims.mappings));
  nats.add_if("authorization", std::move(callout)).add_if("trace", std::move(trace));
  return encode_token(payload_of(claims, std::move(nats), "account"), issuer);
}

}  // namespace leafnats::auth
