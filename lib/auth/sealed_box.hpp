// SPDX-License-Identifier: Apache-2.0
//
// Sealed boxes between curve keys, as auth callout uses them: "xkv1", a nonce of 24 bytes, and the
// NaCl box of the message (X25519, XSalsa20, Poly1305). What is sealed for a key opens with that
// key's secret alone, and proves who sealed it. A key of all zeros, or another that makes the
// shared secret zero, is refused on either side.
#pragma once

#include "auth/nkey.hpp"

#include <leafnats/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leafnats::auth {

/// What a box is longer than its message.
inline constexpr std::size_t sealed_box_overhead_bytes = 4 + 24 + 16;

/// Errors: a key is no curve key, or one that keeps no secret; not_supported without key
/// operations.
[[nodiscard]] Result<std::string> seal_box(const KeyPair& sender, const PublicKey& recipient,
                                           std::string_view message, base::Entropy& entropy);

/// Error: not sealed by `sender` for `recipient`, or changed since.
[[nodiscard]] Result<std::string> open_box(const KeyPair& recipient, const PublicKey& sender,
                                           std::string_view box);

}  // namespace leafnats::auth
