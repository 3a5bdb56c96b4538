// SPDX-License-Identifier: Apache-2.0
//
// Comparing and wiping secrets, and key operations through the interface (EVP) that BoringSSL and
// OpenSSL 3 share. With a TLS library compared secrets are hashed first, so that not even the
// length of the expected one shows; without, the offered bytes are compared in a fixed pattern.
// What the library complains about is not left in its queue, where TLS on this thread would see it.

#include "auth/crypto.hpp"

#ifdef LEAFNATS_HAVE_TLS
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#ifdef OPENSSL_IS_BORINGSSL
#include <openssl/poly1305.h>
#endif

#include <algorithm>
#include <memory>
#include <tuple>
#endif

namespace leafnats::auth {

bool tags_equal(const PolyTag& left, const PolyTag& right) noexcept {
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) difference |= left[i] ^ right[i];
  return difference == 0;
}

void wipe(std::span<char> text) noexcept {
  wipe(std::span(reinterpret_cast<unsigned char*>(text.data()), text.size()));
}

#ifdef LEAFNATS_HAVE_TLS

namespace {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using OwnedKey = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using OwnedKeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using OwnedDigestContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

OwnedKey secret_key(int type, const KeyBytes& secret) noexcept {
  return OwnedKey(EVP_PKEY_new_raw_private_key(type, nullptr, secret.data(), secret.size()));
}

OwnedKey public_key_of(int type, const KeyBytes& key) noexcept {
  return OwnedKey(EVP_PKEY_new_raw_public_key(type, nullptr, key.data(), key.size()));
}

/// The outcome of an operation, with the library's queue emptied.
bool outcome(bool success) noexcept {
  if (!success) ERR_clear_error();
  return success;
}

bool public_part(int type, const KeyBytes& secret, KeyBytes& public_key) noexcept {
  const OwnedKey key = secret_key(type, secret);
  std::size_t length = public_key.size();
  return outcome(key && EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &length) == 1 &&
                 length == public_key.size());
}

}  // namespace

bool secret_equal(std::string_view offered, std::string_view expected) noexcept {
  unsigned char left[SHA256_DIGEST_LENGTH];
  unsigned char right[SHA256_DIGEST_LENGTH];
  SHA256(bytes_of(offered), offered.size(), left);
  SHA256(bytes_of(expected), expected.size(), right);
  return CRYPTO_memcmp(left, right, sizeof left) == 0;
}

void wipe(std::span<unsigned char> bytes) noexcept {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

bool has_key_operations() noexcept { return true; }

bool sha256(std::string_view text, KeyBytes& digest) noexcept {
  static_assert(std::tuple_size_v<KeyBytes> == SHA256_DIGEST_LENGTH);
  return SHA256(bytes_of(text), text.size(), digest.data()) != nullptr;
}

bool ed25519_public_key(const KeyBytes& seed, KeyBytes& public_key) noexcept {
  return public_part(EVP_PKEY_ED25519, seed, public_key);
}

bool ed25519_sign(const KeyBytes& seed, std::string_view message, Signature& signature) noexcept {
  const OwnedKey key = secret_key(EVP_PKEY_ED25519, seed);
  const OwnedDigestContext context(EVP_MD_CTX_new());
  std::size_t length = signature.size();
  return outcome(key && context &&
                 EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                 EVP_DigestSign(context.get(), signature.data(), &length, bytes_of(message),
                                message.size()) == 1 &&
                 length == signature.size());
}

bool ed25519_verify(const KeyBytes& public_key, std::string_view message,
                    const Signature& signature) noexcept {
  const OwnedKey key = public_key_of(EVP_PKEY_ED25519, public_key);
  const OwnedDigestContext context(EVP_MD_CTX_new());
  return outcome(key && context &&
                 EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                 EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                  bytes_of(message), message.size()) == 1);
}

bool x25519_public_key(const KeyBytes& secret, KeyBytes& public_key) noexcept {
  return public_part(EVP_PKEY_X25519, secret, public_key);
}

bool x25519(const KeyBytes& secret, const KeyBytes& peer, KeyBytes& shared) noexcept {
  const OwnedKey own = secret_key(EVP_PKEY_X25519, secret);
  const OwnedKey other = public_key_of(EVP_PKEY_X25519, peer);
  const OwnedKeyContext context(own ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr);
  std::size_t length = shared.size();
  const bool derived = outcome(other && context && EVP_PKEY_derive_init(context.get()) == 1 &&
                               EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1 &&
                               EVP_PKEY_derive(context.get(), shared.data(), &length) == 1 &&
                               length == shared.size());
  // Both libraries refuse a shared zero themselves; it must not depend on them.
  return derived && std::any_of(shared.begin(), shared.end(), [](unsigned char b) { return b; });
}

#ifdef OPENSSL_IS_BORINGSSL

bool poly1305(const KeyBytes& key, std::span<const unsigned char> message,
              PolyTag& tag) noexcept {
  alignas(64) poly1305_state state;
  CRYPTO_poly1305_init(&state, key.data());
  CRYPTO_poly1305_update(&state, message.data(), message.size());
  CRYPTO_poly1305_finish(&state, tag.data());
  return true;
}

#else

bool poly1305(const KeyBytes& key, std::span<const unsigned char> message,
              PolyTag& tag) noexcept {
  using OwnedMac = std::unique_ptr<EVP_MAC, Release<EVP_MAC_free>>;
  using OwnedMacContext = std::unique_ptr<EVP_MAC_CTX, Release<EVP_MAC_CTX_free>>;
  const OwnedMac mac(EVP_MAC_fetch(nullptr, "POLY1305", nullptr));
  const OwnedMacContext context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  std::size_t length = 0;
  return outcome(context && EVP_MAC_init(context.get(), key.data(), key.size(), nullptr) == 1 &&
                 EVP_MAC_update(context.get(), message.data(), message.size()) == 1 &&
                 EVP_MAC_final(context.get(), tag.data(), &length, tag.size()) == 1 &&
                 length == tag.size());
}

#endif

#else

bool secret_equal(std::string_view offered, std::string_view expected) noexcept {
  // Runs over the offered bytes only: their length is no secret to whoever sent them.
  unsigned difference = offered.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(offered[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

void wipe(std::span<unsigned char> bytes) noexcept {
  volatile unsigned char* const first = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) first[i] = 0;
}

bool has_key_operations() noexcept { return false; }
bool sha256(std::string_view, KeyBytes&) noexcept { return false; }
bool ed25519_public_key(const KeyBytes&, KeyBytes&) noexcept { return false; }
bool ed25519_sign(const KeyBytes&, std::string_view, Signature&) noexcept { return false; }
bool ed25519_verify(const KeyBytes&, std::string_view, const Signature&) noexcept { return false; }
bool x25519_public_key(const KeyBytes&, KeyBytes&) noexcept { return false; }
bool x25519(const KeyBytes&, const KeyBytes&, KeyBytes&) noexcept { return false; }
bool poly1305(const KeyBytes&, std::span<const unsigned char>, PolyTag&) noexcept { return false; }

#endif

}  // namespace leafnats::auth
