// SPDX-License-Identifier: Apache-2.0
//
// nkeys: keys with a text form that says what they are for. A public key is a prefix byte, exactly
// 32 bytes and a checksum, in base32: 56 characters, the first of which is the kind ("A...",
// "U..."). A seed is the secret of such a key, 58 characters that begin with S and the kind
// ("SU..."). Signing keys are Ed25519, curve keys X25519.
// What holds here: nothing but what we would write ourselves is read, so a text is a key of 32
// bytes in its one spelling or no key at all; and what verifies a signature takes arrays of fixed
// size only.
#pragma once

#include "auth/crypto.hpp"
#include "auth/secret.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::base {
class Entropy;
}

namespace leafnats::auth {

/// What a key is for. The values are the prefix bytes of nkeys.
enum class NkeyKind : std::uint8_t {
  account_key = 0,         ///< A
  cluster_key = 2 << 3,    ///< C
  server_key = 13 << 3,    ///< N
  operator_key = 14 << 3,  ///< O
  user_key = 20 << 3,      ///< U
  curve_key = 23 << 3,     ///< X
};

/// "account", "user"...
[[nodiscard]] std::string_view kind_name(NkeyKind kind) noexcept;

class PublicKey {
 public:
  /// Nothing if `text` is no public key.
  [[nodiscard]] static std::optional<PublicKey> parse(std::string_view text) noexcept;
  /// Nothing if `text` is no public key of this kind.
  [[nodiscard]] static std::optional<PublicKey> parse(std::string_view text,
                                                      NkeyKind kind) noexcept;

  PublicKey(NkeyKind kind, const KeyBytes& bytes) noexcept : kind_(kind), bytes_(bytes) {}

  [[nodiscard]] NkeyKind kind() const noexcept { return kind_; }
  [[nodiscard]] const KeyBytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string text() const;

  /// Whether `signature` is this key's of `message`. False for curve keys, and in a build without
  /// key operations.
  [[nodiscard]] bool verifies(std::string_view message, const Signature& signature) const noexcept;

  bool operator==(const PublicKey&) const = default;

 private:
  NkeyKind kind_;
  KeyBytes bytes_;
};

/// Whether `text` is a public key of this kind.
[[nodiscard]] bool is_public_key(std::string_view text, NkeyKind kind) noexcept;

/// A signature as clients send it: base64, either alphabet (nats-server takes both). Nothing if it
/// is no base64 of 64 bytes.
[[nodiscard]] std::optional<Signature> parse_signature(std::string_view base64);
/// The form of tokens and of CONNECT: the URL alphabet without padding.
[[nodiscard]] std::string signature_text(const Signature& signature);

/// A public key with its secret, which is wiped in the end.
/// Thread: any, its operations change nothing.
class KeyPair {
 public:
  /// Reads a seed. Errors: invalid_argument (never with the text), not_supported in a build
  /// without key operations.
  static Result<KeyPair> from_seed(std::string_view text);
  /// Makes a new key.
  static Result<KeyPair> generate(NkeyKind kind, base::Entropy& entropy);

  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  KeyPair(KeyPair&& other) noexcept;
  KeyPair& operator=(KeyPair&& other) noexcept;
  ~KeyPair();

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_; }
  [[nodiscard]] NkeyKind kind() const noexcept { return public_.kind(); }

  /// Error: a curve key cannot sign.
  [[nodiscard]] Result<Signature> sign(std::string_view message) const;

  /// The seed's text form.
  [[nodiscard]] Secret seed() const;

  /// The bare secret, for key exchange. Lifetime: the pair's.
  [[nodiscard]] const KeyBytes& reveal() const noexcept { return secret_; }

 private:
  KeyPair(PublicKey public_key, const KeyBytes& secret) noexcept
      : public_(public_key), secret_(secret) {}
  static Result<KeyPair> from_secret(NkeyKind kind, const KeyBytes& secret);

  PublicKey public_;
  KeyBytes secret_;
};

}  // namespace leafnats::auth
