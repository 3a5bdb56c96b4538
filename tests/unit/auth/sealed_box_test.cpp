// SPDX-License-Identifier: Apache-2.0
//
// Sealed boxes against those of Go's nkeys library (0.4.16), which seals with NaCl's own code.
// CVE-2023-46129: what is sealed for a key opens with its secret and with no other.

#include "auth/sealed_box.hpp"

#include "support/catch.hpp"
#include "support/seeded_entropy.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

using namespace leafnats;
using namespace leafnats::auth;

namespace {

constexpr const char* sender_seed = "SXAKDIVDUSS2NJ5IVGVKXLFNV2X3BMNSWO2LLNVXXC43VO54XW7L7QG34E";
constexpr const char* recipient_seed =
    "SXAMDQWDYTC4NR6IZHFMXTGNZ3H5BUOS2PKNLVWX3DM5VW643XPN7YB7KE";

struct Sealed {
  std::string message;
  unsigned char first_nonce_byte;
  const char* box;
};

/// By Go, with nonces that count up.
const Sealed sealed[] = {
    {"", 0xe1,
     "786b7631e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8a74e81653151cc322db02ce47cf5cc79"},
    {"x", 0xf9,
     "786b7631f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f10c8868bb8288ec48acf93a1fdc61715bc17"},
    {"hello, world", 0x11,
     "786b76311112131415161718191a1b1c1d1e1f20212223242526272850bf70d828fc4bec687312bdea83de69026a"
     "402582217255d2507c93"},
    {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     0x29,
     "786b7631292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40d8092c193fc5417f3d4ca13ed5ab25ed2c5c"
     "04cc8865b6674567b65cbe91b9a084a57b6ac1e774ad8a380321dd001d78d307aa2091b8575597517efa08e577e1"
     "425c877c3ea1c85949733baa426440d8c68591b07b737534152866d71367eaf99ddff15df50bf1fa2e9416df7e0f"
     "e2f4519f91a5d1d0130aab455b30fa17e7118c3b9d2a630d7f0e232119bf4d413767572cf72b8967dbce7873d26b"
     "140848ce2d9d7766d9ce02bcb6674231b7bc5074cd6a35536474a8a5a4abbf2d70055ebad34f51f99b1b6cd53b64"
     "28c6ca754f31a2a3ff3882d672086eb467e10bb2b9bc036c3d75707274b88e7ae5df8e53eef10611c265c462afbd"
     "abdb4f817ce7a23763669825c95bdb7106a5889ce6aed011506c85f455600ae6d765eb3e60d27417ba389081bbb4"
     "3445f467957dc3df97c68784dcb7da9c7f1e07263b71bc88a595c9f7d7dc5876a3737302d7c5c9bb897d"},
};

std::string from_hex(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(value(hex[i]) << 4 | value(hex[i + 1]));
  }
  return bytes;
}

KeyPair pair_of(const char* seed) {
  Result<KeyPair> pair = KeyPair::from_seed(seed);
  REQUIRE(pair);
  return std::move(*pair);
}

}  // namespace

TEST_CASE("sealed box: ours are Go's to the byte, and Go's open", "[auth]") {
  if (!has_key_operations()) return;
  const KeyPair sender = pair_of(sender_seed);
  const KeyPair recipient = pair_of(recipient_seed);
  for (const Sealed& known : sealed) {
    CAPTURE(known.message.size());
    const std::string box = from_hex(known.box);
    test::CountingEntropy nonces(known.first_nonce_byte);
    const auto made = seal_box(sender, recipient.public_key(), known.message, nonces);
    REQUIRE(made);
    CHECK(*made == box);
    const auto opened = open_box(recipient, sender.public_key(), box);
    REQUIRE(opened);
    CHECK(*opened == known.message);
  }
}

TEST_CASE("CVE-2023-46129: a box opens for its recipient alone", "[auth][advisory]") {
  if (!has_key_operations()) return;
  test::SeededEntropy entropy;
  const KeyPair sender = pair_of(sender_seed);
  const KeyPair recipient = pair_of(recipient_seed);
  const auto stranger = KeyPair::generate(NkeyKind::curve_key, entropy);
  REQUIRE(stranger);
  const auto box = seal_box(sender, recipient.public_key(), "for you only", entropy);
  REQUIRE(box);
  CHECK(open_box(recipient, sender.public_key(), *box));
  CHECK_FALSE(open_box(*stranger, sender.public_key(), *box));
  CHECK_FALSE(open_box(recipient, stranger->public_key(), *box));

  // The advisory's mistake: a secret of all zeros opened everything.
  class Zeros final : public base::Entropy {
    void fill(std::span<unsigned char> out) override { std::fill(out.begin(), out.end(), 0); }
  } zeros;
  const auto zero_secret = KeyPair::generate(NkeyKind::curve_key, zeros);
  REQUIRE(zero_secret);
  CHECK_FALSE(open_box(*zero_secret, sender.public_key(), *box));
  // And a public key of all zeros is nobody's.
  const PublicKey zero_key(NkeyKind::curve_key, KeyBytes{});
  CHECK_FALSE(seal_box(sender, zero_key, "for nobody", entropy));
  CHECK_FALSE(open_box(recipient, zero_key, *box));
}

TEST_CASE("sealed box: what was changed, cut or sealed by other keys does not open", "[auth]") {
  if (!has_key_operations()) return;
  test::SeededEntropy entropy;
  const KeyPair sender = pair_of(sender_seed);
  const KeyPair recipient = pair_of(recipient_seed);
  const std::string box = from_hex(sealed[2].box);
  for (std::size_t i = 0; i < box.size(); ++i) {
    CAPTURE(i);
    std::string other = box;
    other[i] = static_cast<char>(other[i] ^ 1);
    CHECK_FALSE(open_box(recipient, sender.public_key(), other));
    CHECK_FALSE(open_box(recipient, sender.public_key(), box.substr(0, i)));
  }
  CHECK_FALSE(open_box(recipient, sender.public_key(), box + "x"));

  const auto user = KeyPair::generate(NkeyKind::user_key, entropy);
  REQUIRE(user);
  CHECK_FALSE(seal_box(*user, recipient.public_key(), "", entropy));
  CHECK_FALSE(seal_box(sender, user->public_key(), "", entropy));
}

// Lengths around the ends of the cipher's blocks.
TEST_CASE("sealed box: every length comes back", "[auth]") {
  if (!has_key_operations()) return;
  test::SeededEntropy entropy;
  const KeyPair sender = pair_of(sender_seed);
  const KeyPair recipient = pair_of(recipient_seed);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string message(size, 'm');
    const auto box = seal_box(sender, recipient.public_key(), message, entropy);
    REQUIRE(box);
    CHECK(box->size() == size + sealed_box_overhead_bytes);
    const auto opened = open_box(recipient, sender.public_key(), *box);
    REQUIRE(opened);
    CHECK(*opened == message);
  }
}
