// SPDX-License-Identifier: Apache-2.0
//
// Comparing secrets. With a TLS library both sides are hashed first, so that not even the length
// of the expected one shows; without, the offered bytes are compared in a fixed pattern.

#include "auth/crypto.hpp"

#ifdef LEAFNATS_HAVE_TLS
#include <openssl/crypto.h>
#include <openssl/sha.h>
#else
#include <cstddef>
#endif

namespace leafnats::auth {

#ifdef LEAFNATS_HAVE_TLS

bool secret_equal(std::string_view offered, std::string_view expected) noexcept {
  unsigned char left[SHA256_DIGEST_LENGTH];
  unsigned char right[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(offered.data()), offered.size(), left);
  SHA256(reinterpret_cast<const unsigned char*>(expected.data()), expected.size(), right);
  return CRYPTO_memcmp(left, right, sizeof left) == 0;
}

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

#endif

}  // namespace leafnats::auth
