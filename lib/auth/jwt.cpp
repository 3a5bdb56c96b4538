// SPDX-License-Identifier: Apache-2.0
//
// Facts by Go's JWT library 2.8: which headers are taken, how a token's version is told, what each
// version signs, and which kind of key may issue which kind of token.

#include "auth/jwt.hpp"

#include "base/base32.hpp"
#include "base/base64.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

namespace leafnats::auth {

using wire::JsonValue;

namespace {

constexpr std::string_view header_text = R"({"typ":"JWT","alg":"ed25519-nkey"})";

Error refused(std::string_view why) {
  return {Errc::invalid_argument, "JWT: " + std::string(why)};
}

bool same_letters(std::string_view left, std::string_view right) noexcept {
  const auto lower = [](char c) noexcept { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [lower](char a, char b) noexcept { return lower(a) == lower(b); });
}

std::string_view text_of(const JsonValue& object, std::string_view key) noexcept {
  const JsonValue* const value = object.find(key);
  const std::string* const text = value ? value->text() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

/// The parts between the dots; nothing unless there are three.
std::optional<std::array<std::string_view, 3>> split(std::string_view text) noexcept {
  const std::size_t first = text.find('.');
  const std::size_t second = first == text.npos ? text.npos : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) return std::nullopt;
  return std::array{text.substr(0, first), text.substr(first + 1, second - first - 1),
                    text.substr(second + 1)};
}

Result<JsonValue> decode_part(std::string_view part) {
  const std::optional<std::string> json = base::decode_base64url(part);
  if (!json) return refused("not base64");
  return JsonValue::parse(*json);
}

bool is_known_header(const JsonValue& header) noexcept {
  const std::string_view algorithm = text_of(header, "alg");
  return same_letters(text_of(header, "typ"), "JWT") &&
         (same_letters(algorithm, "ed25519-nkey") || same_letters(algorithm, "ed25519"));
}

struct Shape {
  TokenKind kind = TokenKind::generic;
  int version = 0;
};

TokenKind kind_of(std::string_view type) noexcept {
  if (type == "operator") return TokenKind::operator_token;
  if (type == "account") return TokenKind::account;
  if (type == "user") return TokenKind::user;
  if (type == "activation") return TokenKind::activation;
  if (type == "authorization_request") return TokenKind::authorization_request;
  if (type == "authorization_response") return TokenKind::authorization_response;
  return TokenKind::generic;
}

/// A type beside `nats` makes it version 1, whatever version it says.
Result<Shape> shape_of(const JsonValue& payload) {
  if (const std::string_view type = text_of(payload, "type"); !type.empty()) {
    return Shape{kind_of(type), 1};
  }
  const JsonValue* const nats = payload.find("nats");
  if (!nats) return Shape{};
  Shape shape{kind_of(text_of(*nats, "type")), 0};
  if (const JsonValue* const version = nats->find("version")) {
    const auto number = version->integer();
    if (!number || *number < 0 || *number > 2) return refused("unknown version");
    shape.version = static_cast<int>(*number);
  }
  // Callout tokens have no older form; of the others nothing was ever without a version.
  const bool callout = shape.kind == TokenKind::authorization_request ||
                       shape.kind == TokenKind::authorization_response;
  if (shape.version == 0 && !callout && shape.kind != TokenKind::generic) {
    return refused("no version");
  }
  return shape;
}

bool may_issue(NkeyKind issuer, TokenKind kind) noexcept {
  const auto one_of = [issuer](std::initializer_list<NkeyKind> kinds) noexcept {
    return std::find(kinds.begin(), kinds.end(), issuer) != kinds.end();
  };
  switch (kind) {
    case TokenKind::operator_token: return one_of({NkeyKind::operator_key});
    case TokenKind::account:
    case TokenKind::activation: return one_of({NkeyKind::account_key, NkeyKind::operator_key});
    case TokenKind::user:
    case TokenKind::authorization_response: return one_of({NkeyKind::account_key});
    case TokenKind::authorization_request: return one_of({NkeyKind::server_key});
    case TokenKind::generic: return issuer != NkeyKind::curve_key;
  }
  return false;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Result<Token> decode_token(std::string_view text) {
  text = trim(text);
  if (!has_key_operations()) {
    return Error{Errc::not_supported, "JWT: this build has no key operations (tls=disabled)"};
  }
  if (text.size() > limits::jwt_bytes_max) return refused("too long");
  const auto parts = split(text);
  if (!parts) return refused("not three parts");
  const Result<JsonValue> header = decode_part((*parts)[0]);
  if (!header) return header.error();
  if (!is_known_header(*header)) return refused("unknown type or algorithm");
  Result<JsonValue> payload = decode_part((*parts)[1]);
  if (!payload) return std::move(payload).error();
  if (!payload->object()) return refused("the payload is no object");
  const auto issuer = PublicKey::parse(text_of(*payload, "iss"));
  if (!issuer) return refused("the issuer is no key");
  const Result<Shape> shape = shape_of(*payload);
  if (!shape) return shape.error();
  const auto signature = parse_signature((*parts)[2]);
  const std::size_t head_and_claims = (*parts)[0].size() + 1 + (*parts)[1].size();
  const std::string_view is_signed =
      shape->version <= 1 ? (*parts)[1] : text.substr(0, head_and_claims);
  if (!signature || !issuer->verifies(is_signed, *signature)) return refused("wrong signature");
  if (!may_issue(issuer->kind(), shape->kind)) return refused("issued by the wrong kind of key");
  return Token{shape->kind, shape->version, *issuer, std::move(*payload)};
}

Result<std::string> encode_token(JsonValue payload, const KeyPair& issuer) {
  payload.add("iss", issuer.public_key().text());
  KeyBytes digest{};
  if (!sha256(payload.format(), digest)) {
    return Error{Errc::not_supported, "JWT: this build has no key operations (tls=disabled)"};
  }
  payload.add("jti", base::encode_base32(digest));
  std::string text = base::encode_base64url(header_text) + "." +
                     base::encode_base64url(payload.format());
  const Result<Signature> signature = issuer.sign(text);
  if (!signature) return signature.error();
  return text + "." + signature_text(*signature);
}

}  // namespace leafnats::auth
