// SPDX-License-Identifier: Apache-2.0
//
// Password hashes. The known answers are crypt(3)'s, with the least cost and a salt of no meaning.

#include "auth/bcrypt.hpp"

#include "support/catch.hpp"

#include <string>

using namespace leafnats::auth;

// Which configured passwords are hashes at all.
TEST_CASE("auth: bcrypt hashes are recognised by their prefix", "[auth]") {
  for (const char* hash : {"$2a$04$x", "$2b$10$", "$2x$31$x", "$2y$04$abcdefg"}) {
    INFO(hash);
    CHECK(is_bcrypt(hash) == (std::string(hash).size() > 7));
  }
  for (const char* plain : {"", "secret", "$2b$", "$2b$04", "$2c$04$x", "$2b$4$xx", "$2b$ab$x",
                            "$1$04$xxx", "2b$04$xx", "$2b$04xx", "$3b$04$x"}) {
    INFO(plain);
    CHECK_FALSE(is_bcrypt(plain));
  }
}

// Each of the spellings of bcrypt checks its password and no other.
TEST_CASE("auth: bcrypt passwords", "[auth]") {
  const std::string answer = "$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
  for (const char* prefix : {"$2a", "$2b", "$2y"}) {
    INFO(prefix);
    const std::string hash = prefix + answer;
    CHECK(bcrypt_matches("secret", hash));
    CHECK_FALSE(bcrypt_matches("Secret", hash));
    CHECK_FALSE(bcrypt_matches("secre", hash));
    CHECK_FALSE(bcrypt_matches("secrett", hash));
    CHECK_FALSE(bcrypt_matches("", hash));
    CHECK_FALSE(bcrypt_matches(hash, hash));
  }
  CHECK(bcrypt_matches("", "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq"));
  CHECK(bcrypt_matches("s3cr3t \xc3\xa4",
                       "$2y$04$abcdefghijklmnopqrstuuTdRjCoQfqvXzE5jlOwt7i0AO0gridiO"));
}

// bcrypt looks at 72 bytes, and C strings end at a zero: neither may make two passwords equal.
TEST_CASE("auth: bcrypt does not match by a common beginning", "[auth]") {
  const std::string of_72_x = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
  CHECK(bcrypt_matches(std::string(72, 'x'), of_72_x));
  CHECK_FALSE(bcrypt_matches(std::string(73, 'x'), of_72_x));
  CHECK_FALSE(bcrypt_matches(std::string(71, 'x'), of_72_x));
  CHECK_FALSE(bcrypt_matches(
      std::string("secret\0", 7), "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"));
}

// What looks like a hash and is none matches nothing, not even itself.
TEST_CASE("auth: broken bcrypt hashes match nothing", "[auth]") {
  for (const char* hash : {"$2b$04$", "$2b$04$short", "$2b$99$abcdefghijklmnopqrstuu2r9OfJnfCsdn",
                           "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIr"}) {
    INFO(hash);
    CHECK_FALSE(bcrypt_matches("secret", hash));
    CHECK_FALSE(bcrypt_matches("", hash));
    CHECK_FALSE(bcrypt_matches(hash, hash));
  }
}
