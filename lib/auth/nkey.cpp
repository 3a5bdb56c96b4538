// SPDX-License-Identifier: Apache-2.0
//
// The text forms of nkeys. In a seed the kind's five bits stand behind the five of 'S', so that
// both letters can be read: the first two bytes hold S, the kind, and three bits of nothing.

#include "auth/nkey.hpp"

#include "base/base32.hpp"
#include "base/base64.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <span>

namespace leafnats::auth {
namespace {

constexpr std::size_t public_bytes = 1 + 32 + 2;
constexpr std::size_t seed_bytes = 2 + 32 + 2;
constexpr unsigned seed_prefix = 18 << 3;  // S

std::optional<NkeyKind> kind_of(unsigned prefix) noexcept {
  switch (static_cast<NkeyKind>(prefix)) {
    case NkeyKind::account_key:
    case NkeyKind::cluster_key:
    case NkeyKind::server_key:
    case NkeyKind::operator_key:
    case NkeyKind::user_key:
    case NkeyKind::curve_key:
      return static_cast<NkeyKind>(prefix);
  }
  return std::nullopt;
}

/// Writes the checksum of what stands before it into the last two bytes.
template <std::size_t Size>
void add_checksum(std::array<unsigned char, Size>& raw) noexcept {
  const std::uint16_t crc = base::crc16(std::span(raw).first(Size - 2));
  raw[Size - 2] = static_cast<unsigned char>(crc & 0xff);
  raw[Size - 1] = static_cast<unsigned char>(crc >> 8);
}

template <std::size_t Size>
bool decode(std::string_view text, std::array<unsigned char, Size>& raw) noexcept {
  if (!base::decode_base32(text, raw)) return false;
  const std::uint16_t crc = base::crc16(std::span(raw).first(Size - 2));
  return raw[Size - 2] == (crc & 0xff) && raw[Size - 1] == crc >> 8;
}

Error no_seed() { return {Errc::invalid_argument, "not an nkey seed"}; }

}  // namespace

std::string_view kind_name(NkeyKind kind) noexcept {
  switch (kind) {
    case NkeyKind::account_key: return "account";
    case NkeyKind::cluster_key: return "cluster";
    case NkeyKind::server_key: return "server";
    case NkeyKind::operator_key: return "operator";
    case NkeyKind::user_key: return "user";
    case NkeyKind::curve_key: return "curve";
  }
  return "unknown";
}

std::optional<PublicKey> PublicKey::parse(std::string_view text) noexcept {
  std::array<unsigned char, public_bytes> raw{};
  if (!decode(text, raw)) return std::nullopt;
  const std::optional<NkeyKind> kind = kind_of(raw[0]);
  if (!kind) return std::nullopt;
  KeyBytes bytes{};
  std::copy_n(raw.begin() + 1, bytes.size(), bytes.begin());
  return PublicKey(*kind, bytes);
}

std::optional<PublicKey> PublicKey::parse(std::string_view text, NkeyKind kind) noexcept {
  std::optional<PublicKey> key = parse(text);
  if (key && key->kind() != kind) key.reset();
  return key;
}

std::string PublicKey::text() const {
  std::array<unsigned char, public_bytes> raw{};
  raw[0] = static_cast<unsigned char>(kind_);
  std::copy(bytes_.begin(), bytes_.end(), raw.begin() + 1);
  add_checksum(raw);
  return base::encode_base32(raw);
}

bool PublicKey::verifies(std::string_view message, const Signature& signature) const noexcept {
  return kind_ != NkeyKind::curve_key && ed25519_verify(bytes_, message, signature);
}

bool is_public_key(std::string_view text, NkeyKind kind) noexcept {
  return PublicKey::parse(text, kind).has_value();
}

std::optional<Signature> parse_signature(std::string_view base64) {
  // Twice the longest form: what is longer is not worth decoding.
  if (base64.size() > 2 * sizeof(Signature)) return std::nullopt;
  std::optional<std::string> bytes = base::decode_base64url(base64);
  if (!bytes) bytes = base::decode_base64(base64);
  Signature signature{};
  if (!bytes || bytes->size() != signature.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

std::string signature_text(const Signature& signature) {
  return base::encode_base64url(
      {reinterpret_cast<const char*>(signature.data()), signature.size()});
}

Result<KeyPair> KeyPair::from_secret(NkeyKind kind, const KeyBytes& secret) {
  KeyBytes public_key{};
  const bool known = kind == NkeyKind::curve_key ? x25519_public_key(secret, public_key)
                                                 : ed25519_public_key(secret, public_key);
  if (!known) {
    return Error{Errc::not_supported, "this build has no key operations (tls=disabled)"};
  }
  return KeyPair(PublicKey(kind, public_key), secret);
}

Result<KeyPair> KeyPair::from_seed(std::string_view text) {
  std::array<unsigned char, seed_bytes> raw{};
  const bool decoded = decode(text, raw);
  const unsigned prefix = (raw[0] & 7U) << 5 | raw[1] >> 3;
  const std::optional<NkeyKind> kind = kind_of(prefix);
  KeyBytes secret{};
  std::copy_n(raw.begin() + 2, secret.size(), secret.begin());
  // The three bits of nothing must be nothing: a seed has one spelling.
  const bool valid = decoded && kind && (raw[0] & 0xf8U) == seed_prefix && (raw[1] & 7U) == 0;
  Result<KeyPair> pair = valid ? from_secret(*kind, secret) : Result<KeyPair>(no_seed());
  wipe(raw);
  wipe(secret);
  return pair;
}

Result<KeyPair> KeyPair::generate(NkeyKind kind, base::Entropy& entropy) {
  KeyBytes secret{};
  entropy.fill(secret);
  Result<KeyPair> pair = from_secret(kind, secret);
  wipe(secret);
  return pair;
}

KeyPair::KeyPair(KeyPair&& other) noexcept : public_(other.public_), secret_(other.secret_) {
  wipe(other.secret_);
}

KeyPair& KeyPair::operator=(KeyPair&& other) noexcept {
  if (this == &other) return *this;
  public_ = other.public_;
  secret_ = other.secret_;
  wipe(other.secret_);
  return *this;
}

KeyPair::~KeyPair() { wipe(secret_); }

Result<Signature> KeyPair::sign(std::string_view message) const {
  Signature signature{};
  if (kind() == NkeyKind::curve_key || !ed25519_sign(secret_, message, signature)) {
    return Error{Errc::invalid_argument, "this key cannot sign"};
  }
  return signature;
}

Secret KeyPair::seed() const {
  std::array<unsigned char, seed_bytes> raw{};
  const unsigned prefix = static_cast<unsigned>(kind());
  raw[0] = static_cast<unsigned char>(seed_prefix | prefix >> 5);
  raw[1] = static_cast<unsigned char>((prefix & 31U) << 3);
  std::copy(secret_.begin(), secret_.end(), raw.begin() + 2);
  add_checksum(raw);
  std::string text = base::encode_base32(raw);
  Secret seed(text);
  wipe(raw);
  wipe(text);
  return seed;
}

}  // namespace leafnats::auth
