// SPDX-License-Identifier: Apache-2.0
//
// Reads the members of a JSON object into fields, for claims*.cpp. A member that is absent or null
// leaves the field as it was; the first member of a wrong type becomes the error of the whole, with
// its path ("nats.limits.conn"), and nothing after it matters.
#pragma once

#include "auth/claims.hpp"
#include "wire/json_value.hpp"

#include <leafnats/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::auth {

class ClaimsReader {
 public:
  /// Reads `object`, which may be null: then there is nothing to read. `problem` is shared by all
  /// readers of a token. Lifetime: both outlive it.
  ClaimsReader(const wire::JsonValue* object, std::string path, std::string& problem);

  void read(std::string_view key, std::string& field);
  void read(std::string_view key, std::int64_t& field);
  void read(std::string_view key, bool& field);
  void read(std::string_view key, std::vector<std::string>& field);
  void read(std::string_view key, Revocations& field);

  /// A reader of an object below; of nothing if there is none.
  [[nodiscard]] ClaimsReader object(std::string_view key);

  /// Calls `visit(reader)` for each element of an array of objects.
  template <class Visit>
  void each(std::string_view key, Visit&& visit) {
    each_value(key, [&](const wire::JsonValue& value, const std::string& path) {
      visit(ClaimsReader(&value, path, problem_));
    });
  }

  /// Calls `visit(value, path)` for each element of an array.
  template <class Visit>
  void each_value(std::string_view key, Visit&& visit) {
    const wire::JsonValue* const value = find(key);
    if (!value) return;
    const wire::JsonValue::Array* const array = value->array();
    if (!array) return wrong_type(key);
    for (std::size_t i = 0; i < array->size(); ++i) {
      visit((*array)[i], path_of(key) + "[" + std::to_string(i) + "]");
    }
  }

  /// The member, if it is there and not null.
  [[nodiscard]] const wire::JsonValue* find(std::string_view key) const noexcept;
  [[nodiscard]] bool exists() const noexcept { return object_ != nullptr; }
  [[nodiscard]] std::string path_of(std::string_view key) const;

  void wrong_type(std::string_view key) { fail(path_of(key), "has the wrong type"); }
  void fail(std::string_view path, std::string_view why);

 private:
  const wire::JsonValue* object_;
  std::string path_;
  std::string& problem_;
};

/// Fields that several tokens have.
void read_permissions(ClaimsReader& from, Permissions& permissions, bool& has_any);
/// `rights` holds the defaults: none in a user's claims, no limits in a scope.
void read_rights(ClaimsReader& from, UserRights& rights);
void read_kind(ClaimsReader& from, std::string_view key, std::optional<ShareKind>& kind);

[[nodiscard]] wire::JsonValue permissions_json(const Permissions& permissions);
void add_rights(wire::JsonValue& to, const UserRights& rights);
[[nodiscard]] wire::JsonValue revocations_json(const Revocations& revocations);
[[nodiscard]] std::string_view kind_text(ShareKind kind) noexcept;

/// The payload around a `nats` part.
[[nodiscard]] wire::JsonValue payload_of(const ClaimsData& claims, wire::JsonValue nats,
                                         std::string_view type);

/// What of a token is the same for all: its data, and a reader of its `nats` part.
/// Runs `read(claims, nats, token)` and gives its claims, or the problem that it found.
template <class Claims, class Read>
[[nodiscard]] Result<Claims> decode_claims(std::string_view text, TokenKind kind, Read&& read);

void read_data(const Token& token, ClaimsReader& top, ClaimsReader& nats, ClaimsData& data);
[[nodiscard]] Error wrong_kind();
[[nodiscard]] Error bad_claims(std::string problem);

template <class Claims, class Read>
Result<Claims> decode_claims(std::string_view text, TokenKind kind, Read&& read) {
  const Result<Token> token = decode_token(text);
  if (!token) return token.error();
  if (token->kind != kind) return wrong_kind();
  std::string problem;
  Claims claims;
  ClaimsReader top(&token->payload, {}, problem);
  ClaimsReader nats = top.object("nats");
  read_data(*token, top, nats, claims);
  read(claims, nats, top, token->version);
  if (!problem.empty()) return bad_claims(std::move(problem));
  return claims;
}

}  // namespace leafnats::auth
