// SPDX-License-Identifier: Apache-2.0
//
// Reading of members, and the parts that more than one kind of token has.

#include "auth/claims_reader.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace leafnats::auth {

using wire::JsonValue;

ClaimsReader::ClaimsReader(const JsonValue* object, std::string path, std::string& problem)
    : object_(object), path_(std::move(path)), problem_(problem) {
  if (object_ && !object_->object()) {
    fail(path_, "must be an object");
    object_ = nullptr;
  }
}

std::string ClaimsReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void ClaimsReader::fail(std::string_view path, std::string_view why) {
  if (problem_.empty()) problem_ = std::string(path) + " " + std::string(why);
}

const JsonValue* ClaimsReader::find(std::string_view key) const noexcept {
  return object_ ? object_->find(key) : nullptr;
}

ClaimsReader ClaimsReader::object(std::string_view key) {
  return {find(key), path_of(key), problem_};
}

void ClaimsReader::read(std::string_view key, std::string& field) {
  const JsonValue* const value = find(key);
  if (!value) return;
  if (!value->text()) return wrong_type(key);
  field = *value->text();
}

void ClaimsReader::read(std::string_view key, std::int64_t& field) {
  const JsonValue* const value = find(key);
  if (!value) return;
  const auto number = value->integer();
  if (!number) return wrong_type(key);
  field = *number;
}

void ClaimsReader::read(std::string_view key, bool& field) {
  const JsonValue* const value = find(key);
  if (!value) return;
  if (!value->boolean()) return wrong_type(key);
  field = *value->boolean();
}

void ClaimsReader::read(std::string_view key, std::vector<std::string>& field) {
  each_value(key, [&](const JsonValue& value, const std::string& path) {
    if (!value.text()) return fail(path, "has the wrong type");
    field.push_back(*value.text());
  });
}

void ClaimsReader::read(std::string_view key, Revocations& field) {
  const JsonValue* const value = find(key);
  if (!value) return;
  if (!value->object()) return wrong_type(key);
  for (const auto& [revoked, time] : *value->object()) {
    const auto seconds = time.integer();
    if (!seconds) return wrong_type(key);
    field.insert_or_assign(revoked, *seconds);
  }
}

void read_permissions(ClaimsReader& from, Permissions& permissions, bool& has_any) {
  ClaimsReader publish = from.object("pub");
  publish.read("allow", permissions.publish.allow);
  publish.read("deny", permissions.publish.deny);
  ClaimsReader subscribe = from.object("sub");
  subscribe.read("allow", permissions.subscribe.allow);
  subscribe.read("deny", permissions.subscribe.deny);
  ClaimsReader responses = from.object("resp");
  if (responses.exists()) {
    std::int64_t messages = 0;
    std::int64_t nanoseconds = 0;
    responses.read("max", messages);
    responses.read("ttl", nanoseconds);
    // As in a configuration: 0 leaves the default, anything negative is no limit.
    ResponsePermission& allowed = permissions.allow_responses.emplace();
    constexpr std::int64_t int_max = std::numeric_limits<int>::max();
    if (messages != 0) {
      allowed.max_messages = messages < 0 ? -1 : static_cast<int>(std::min(messages, int_max));
    }
    if (nanoseconds > 0) {
      allowed.expires = std::chrono::milliseconds((nanoseconds - 1) / 1'000'000 + 1);
    } else if (nanoseconds < 0) {
      allowed.expires = std::chrono::milliseconds(-1);
    }
  }
  has_any = permissions.allow_responses || !permissions.publish.allow.empty() ||
            !permissions.publish.deny.empty() || !permissions.subscribe.allow.empty() ||
            !permissions.subscribe.deny.empty();
}

namespace {

/// A list, or the older text with commas.
void read_sources(ClaimsReader& from, std::vector<std::string>& sources) {
  const JsonValue* const value = from.find("src");
  const std::string* const text = value ? value->text() : nullptr;
  if (!text) return from.read("src", sources);
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view source = trim(rest.substr(0, comma));
    if (!source.empty()) sources.emplace_back(source);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

}  // namespace

void read_rights(ClaimsReader& from, UserRights& rights) {
  read_permissions(from, rights.permissions, rights.has_permissions);
  read_sources(from, rights.sources);
  from.each("times", [&](ClaimsReader range) {
    TimeRange& time = rights.times.emplace_back();
    range.read("start", time.start);
    range.read("end", time.end);
  });
  from.read("times_location", rights.time_zone);
  from.read("subs", rights.subscriptions);
  from.read("data", rights.data);
  from.read("payload", rights.payload);
  from.read("bearer_token", rights.bearer_token);
  from.read("proxy_required", rights.proxy_required);
  from.read("allowed_connection_types", rights.connection_types);
}

void read_kind(ClaimsReader& from, std::string_view key, std::optional<ShareKind>& kind) {
  std::string text;
  from.read(key, text);
  if (text == "stream") {
    kind = ShareKind::stream;
  } else if (text == "service") {
    kind = ShareKind::service;
  } else if (from.find(key)) {
    from.fail(from.path_of(key), "must be \"stream\" or \"service\"");
  }
}

std::string_view kind_text(ShareKind kind) noexcept {
  return kind == ShareKind::stream ? "stream" : "service";
}

JsonValue permissions_json(const Permissions& permissions) {
  const auto direction = [](const SubjectPermissions& subjects) {
    JsonValue json{JsonValue::Object()};
    json.add_if("allow", subjects.allow).add_if("deny", subjects.deny);
    return json;
  };
  JsonValue json;
  json.add("pub", direction(permissions.publish)).add("sub", direction(permissions.subscribe));
  if (const auto& responses = permissions.allow_responses) {
    // What would overflow is longer than anybody lives.
    constexpr std::int64_t ms_max = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    JsonValue resp;
    resp.add("max", responses->max_messages)
        .add("ttl", std::min<std::int64_t>(responses->expires.count(), ms_max) * 1'000'000);
    json.add("resp", std::move(resp));
  }
  return json;
}

void add_rights(JsonValue& to, const UserRights& rights) {
  JsonValue permissions = permissions_json(rights.permissions);
  for (const JsonValue::Member& member : *permissions.object()) to.add(member.key, member.value);
  to.add_if("src", rights.sources);
  JsonValue times;
  for (const TimeRange& range : rights.times) {
    JsonValue json;
    times.push(json.add("start", range.start).add("end", range.end));
  }
  to.add_if("times", std::move(times))
      .add_if("times_location", rights.time_zone)
      .add_if("subs", rights.subscriptions)
      .add_if("data", rights.data)
      .add_if("payload", rights.payload)
      .add_if("bearer_token", rights.bearer_token)
      .add_if("proxy_required", rights.proxy_required)
      .add_if("allowed_connection_types", rights.connection_types);
}

JsonValue revocations_json(const Revocations& revocations) {
  JsonValue json;
  for (const auto& [key, time] : revocations) json.add(key, time);
  return json;
}

JsonValue payload_of(const ClaimsData& claims, JsonValue nats, std::string_view type) {
  nats.add_if("tags", claims.tags).add("type", type).add("version", 2);
  JsonValue payload;
  payload.add_if("aud", claims.audience)
      .add_if("exp", claims.expires)
      .add_if("iat", claims.issued_at)
      .add_if("name", claims.name)
      .add_if("nbf", claims.not_before)
      .add_if("sub", claims.subject)
      .add("nats", std::move(nats));
  return payload;
}

void read_data(const Token& token, ClaimsReader& top, ClaimsReader& nats, ClaimsData& data) {
  top.read("aud", data.audience);
  top.read("jti", data.id);
  top.read("name", data.name);
  top.read("sub", data.subject);
  top.read("iat", data.issued_at);
  top.read("nbf", data.not_before);
  top.read("exp", data.expires);
  (token.version == 1 ? top : nats).read("tags", data.tags);
  data.issuer = token.issuer.text();
}

Error wrong_kind() { return {Errc::invalid_argument, "JWT: of another kind"}; }

Error bad_claims(std::string problem) {
  return {Errc::invalid_argument, "JWT: " + std::move(problem)};
}

}  // namespace leafnats::auth
