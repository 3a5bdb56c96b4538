// SPDX-License-Identifier: Apache-2.0
//
// Comparing secrets: the answer, for every length and every place of a difference. That the time
// does not tell is by construction and not measured here.

#include "auth/crypto.hpp"

#include "support/catch.hpp"

#include <string>

using leafnats::auth::secret_equal;

// Equal means equal in length and in every byte.
TEST_CASE("auth: secrets are equal only if they are", "[auth]") {
  for (std::size_t size = 0; size < 80; ++size) {
    const std::string secret(size, 's');
    CHECK(secret_equal(secret, secret));
    CHECK_FALSE(secret_equal(secret + "s", secret));
    CHECK_FALSE(secret_equal(secret, secret + "s"));
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = secret;
      other[i] = 't';
      CHECK_FALSE(secret_equal(other, secret));
    }
  }
}

// Repetition, zero bytes and high bytes are bytes like others.
TEST_CASE("auth: secrets with awkward bytes", "[auth]") {
  CHECK_FALSE(secret_equal("abab", "ab"));
  CHECK_FALSE(secret_equal("ab", "abab"));
  CHECK_FALSE(secret_equal(std::string("a\0b", 3), std::string("a\0c", 3)));
  CHECK_FALSE(secret_equal(std::string("\0", 1), ""));
  CHECK_FALSE(secret_equal("", std::string("\0", 1)));
  CHECK(secret_equal("\xff\x80", "\xff\x80"));
}
