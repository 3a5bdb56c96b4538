// SPDX-License-Identifier: Apache-2.0
//
// JSON Web Tokens as NATS has them: header, payload and signature in base64, joined by dots, signed
// with an nkey that the payload itself names as issuer (`iss`). A token that decodes here is well
// formed and signed by its issuer; whether that issuer is to be trusted is the caller's question.
// Version 2 signs header and payload. Version 1, which old tools wrote, names its type beside and
// not inside `nats` and signs the payload alone; both are read, version 2 is written.
#pragma once

#include "auth/nkey.hpp"
#include "wire/json_value.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leafnats::auth {

/// What a token is about.
enum class TokenKind : std::uint8_t {
  operator_token,
  account,
  user,
  activation,
  authorization_request,
  authorization_response,
  generic,  ///< something else; never one of ours
};

struct Token {
  TokenKind kind = TokenKind::generic;
  int version = 2;
  PublicKey issuer;
  wire::JsonValue payload;  ///< an object
};

/// Errors: invalid_argument (what is wrong, never the token), not_supported without key operations.
/// The text may have blanks around it, as files do.
[[nodiscard]] Result<Token> decode_token(std::string_view text);

/// Signs a payload. Adds `iss`, and `jti` (a hash of the rest); the other fields are the caller's.
[[nodiscard]] Result<std::string> encode_token(wire::JsonValue payload, const KeyPair& issuer);

/// Without the blanks and line ends around it.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace leafnats::auth
