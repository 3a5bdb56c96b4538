// SPDX-License-Identifier: Apache-2.0
//
// The few primitives that identity needs, from the TLS library of the build. A build without one
// compares and wipes with our own code and has no key operations: they fail, and
// has_key_operations() tells so beforehand. Lengths are in the types, so that no call can read
// past what a peer sent.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace leafnats::auth {

using KeyBytes = std::array<unsigned char, 32>;
using Signature = std::array<unsigned char, 64>;
using PolyTag = std::array<unsigned char, 16>;

/// Whether two secrets are equal, in a time that depends on neither their content nor, beyond a
/// hash of each, their length.
[[nodiscard]] bool secret_equal(std::string_view offered, std::string_view expected) noexcept;

/// Overwrites memory that held a secret; the compiler does not leave it out.
void wipe(std::span<unsigned char> bytes) noexcept;
void wipe(std::span<char> text) noexcept;

/// False in a build without a TLS library: everything below fails there.
[[nodiscard]] bool has_key_operations() noexcept;

[[nodiscard]] bool sha256(std::string_view text, KeyBytes& digest) noexcept;

/// The public key of an Ed25519 seed.
[[nodiscard]] bool ed25519_public_key(const KeyBytes& seed, KeyBytes& public_key) noexcept;
[[nodiscard]] bool ed25519_sign(const KeyBytes& seed, std::string_view message,
                                Signature& signature) noexcept;
/// False for a wrong signature and for a key that is no point of the curve.
[[nodiscard]] bool ed25519_verify(const KeyBytes& public_key, std::string_view message,
                                  const Signature& signature) noexcept;

/// The public key of an X25519 secret.
[[nodiscard]] bool x25519_public_key(const KeyBytes& secret, KeyBytes& public_key) noexcept;
/// What both sides of an X25519 exchange share. False if the peer's key is one of those that make
/// it zero whatever our secret is, the key of all zeros among them.
[[nodiscard]] bool x25519(const KeyBytes& secret, const KeyBytes& peer, KeyBytes& shared) noexcept;

/// The Poly1305 tag of a message; the key is good for one message only.
[[nodiscard]] bool poly1305(const KeyBytes& key, std::span<const unsigned char> message,
                            PolyTag& tag) noexcept;

/// Whether two tags are equal, in constant time.
[[nodiscard]] bool tags_equal(const PolyTag& left, const PolyTag& right) noexcept;

}  // namespace leafnats::auth
