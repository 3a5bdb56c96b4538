// SPDX-License-Identifier: Apache-2.0
//
// nkeys against those of Go's nkeys library (0.4.16): text forms and signatures to the letter, and
// what is no key. GHSA-g33f-6538-grxh: a public key is prefix, exactly 32 bytes, checksum.

#include "auth/nkey.hpp"

#include "base/base32.hpp"
#include "support/catch.hpp"
#include "support/seeded_entropy.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;

namespace {

std::string hex(const Signature& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

/// A text with prefix, any number of key bytes and a correct checksum.
std::string with_checksum(std::vector<unsigned char> raw) {
  const std::uint16_t crc = base::crc16(raw);
  raw.push_back(static_cast<unsigned char>(crc & 0xff));
  raw.push_back(static_cast<unsigned char>(crc >> 8));
  return base::encode_base32(raw);
}

struct Known {
  NkeyKind kind;
  const char* public_key;
  const char* seed;
  const char* signature;  // of "message"
};

constexpr Known known[] = {
    {NkeyKind::operator_key, "OB43KVROR7TFJ6KAPCYRF2FJROTZAH4FHLTJLPWX4DRZCC5NASLGIT25",
     "SOAACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB6IHCVI",
     "2589970d73cbdf923fd51e1259d786542f38a31534380fbdc0ebe13e8518c539"
     "5f95c4a111b992969f9b28fc72c2e549f8773ce51768ddcbad0ef6251b791806"},
    {NkeyKind::account_key, "ADT7CYVBBPWFLGX6UGK6JXHIJNUVNDK5FSYJMPVUI3AGQXRLC7ZPAOJZ",
     "SAACCIRDEQSSMJZIFEVCWLBNFYXTAMJSGM2DKNRXHA4TUOZ4HU7D6QEKY4",
     "49a0aa7c2deaa0f4960bcfbced7e64f1e7d2e6bf0b5f97aef116456ff2f9a528"
     "413b01d8f21889871e280caf795be4bbee023103940cdf6f6523cb55052d0602"},
    {NkeyKind::user_key, "UCW4CQAR7AWRYVWZK2VE7HLT3CCYGYNGAYCIKJPA2CGGHDOHLXMMPNDB",
     "SUAECQSDIRCUMR2IJFFEWTCNJZHVAUKSKNKFKVSXLBMVUW24LVPF6YE5XM",
     "f74a49f2e08e75e8531800970973d34bf09e611f5a0bba4f1c214ba1c0cfa739"
     "95520cd9a1a4801c7d76de9343c9f9d9f3b285c9301a151a58910a92d3c62407"},
    {NkeyKind::server_key, "NCEC2DVDWKDE46SYP47GTDHKIRMZTAYS4ZK6AX5F5C2RDHMLVLEM3QFA",
     "SNAGCYTDMRSWMZ3INFVGW3DNNZXXA4LSON2HK5TXPB4XU634PV7H7AENFY",
     "96f485e26702b2ba09506b770a7814c199fca2129a976a54d4804c12ee3cc312"
     "268b912ac6c4e335a715eb1424579551166e2cda206fb02593308ba6ca90bf08"},
    {NkeyKind::cluster_key, "CABAXVBHIRVXENBE3AGSZLJVFOR56NSJ2DXY7KXAZJ7LEVCDSQNSSJEC",
     "SCAIDAUDQSCYNB4IRGFIXDENR2HZBEMSSOKJLFUXTCMZVG44TWPJ7IANKE",
     "d12be6efd7f48d4b4f56f040fd7608d871ce0fa0ba6a017cf39d5dac5391e03a"
     "a6d227d36f127fe4ef829858e04f0697e6afe1a844e462d742421ee461608c0c"},
    {NkeyKind::curve_key, "XCWUHC724MPWYCJ5MHKDHESV5J4YBEWJ7LOQPOLYE72LBLU55Z6BYJUI",
     "SXAKDIVDUSS2NJ5IVGVKXLFNV2X3BMNSWO2LLNVXXC43VO54XW7L7QG34E", nullptr},
};

}  // namespace

static_assert(!std::is_copy_constructible_v<KeyPair> && !std::is_copy_constructible_v<Secret>);

TEST_CASE("nkeys: seeds, public keys and signatures are Go's", "[auth]") {
  if (!has_key_operations()) return;
  for (const Known& key : known) {
    CAPTURE(key.public_key);
    const Result<KeyPair> pair = KeyPair::from_seed(key.seed);
    REQUIRE(pair);
    CHECK(pair->kind() == key.kind);
    CHECK(pair->public_key().text() == key.public_key);
    CHECK(pair->seed().reveal() == key.seed);
    const auto parsed = PublicKey::parse(key.public_key, key.kind);
    REQUIRE(parsed);
    CHECK(*parsed == pair->public_key());

    const Result<Signature> signature = pair->sign("message");
    if (!key.signature) {
      CHECK_FALSE(signature);  // curve keys do not sign
      CHECK_FALSE(parsed->verifies("message", Signature{}));
      continue;
    }
    REQUIRE(signature);
    CHECK(hex(*signature) == key.signature);
    CHECK(parsed->verifies("message", *signature));
    CHECK_FALSE(parsed->verifies("Message", *signature));
    for (std::size_t i = 0; i < signature->size(); ++i) {
      Signature other = *signature;
      other[i] ^= 1;
      CHECK_FALSE(parsed->verifies("message", other));
    }
  }
}

TEST_CASE("nkeys: a new key has the entropy it was given and the form of its kind", "[auth]") {
  if (!has_key_operations()) return;
  test::CountingEntropy counting(1);
  const Result<KeyPair> pair = KeyPair::generate(NkeyKind::operator_key, counting);
  REQUIRE(pair);
  CHECK(pair->public_key().text() == known[0].public_key);
  test::SeededEntropy entropy;
  for (const Known& key : known) {
    const Result<KeyPair> made = KeyPair::generate(key.kind, entropy);
    REQUIRE(made);
    const std::string text = made->public_key().text();
    CHECK(text.size() == 56);
    CHECK(text[0] == key.public_key[0]);
    CHECK(PublicKey::parse(text) == made->public_key());
  }
}

// A kind is part of the key: an account's is not a user's.
TEST_CASE("nkeys: a key of another kind is refused", "[auth]") {
  for (const Known& key : known) {
    for (const Known& other : known) {
      CHECK(is_public_key(key.public_key, other.kind) == (key.kind == other.kind));
    }
    CHECK_FALSE(PublicKey::parse(key.seed));
    CHECK_FALSE(KeyPair::from_seed(key.public_key));
  }
}

TEST_CASE("GHSA-g33f-6538-grxh: keys of any other length are refused", "[auth][advisory]") {
  for (std::size_t size = 0; size <= 70; ++size) {
    CAPTURE(size);
    for (const Known& key : known) {
      std::vector<unsigned char> raw(1 + size, 0xab);
      raw[0] = static_cast<unsigned char>(key.kind);
      CHECK(is_public_key(with_checksum(raw), key.kind) == (size == 32));
      std::vector<unsigned char> seed(2 + size, 0xab);
      seed[0] = static_cast<unsigned char>(18 << 3 | static_cast<unsigned>(key.kind) >> 5);
      seed[1] = static_cast<unsigned char>((static_cast<unsigned>(key.kind) & 31) << 3);
      CHECK(KeyPair::from_seed(with_checksum(seed)).has_value() ==
            (size == 32 && has_key_operations()));
    }
  }
}

TEST_CASE("nkeys: every other spelling of a key is refused", "[auth]") {
  const std::string good = known[2].public_key;
  REQUIRE(PublicKey::parse(good));
  for (const std::string& text :
       {good + "=", good + "A", good + "\n", " " + good, good.substr(1), good.substr(0, 55),
        "u" + good.substr(1), std::string(), std::string(56, 'B'), std::string(56, '\0'),
        good.substr(0, 20) + "1" + good.substr(21)}) {
    CAPTURE(text);
    CHECK_FALSE(PublicKey::parse(text));
  }
  // One character changed anywhere breaks the checksum.
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string other = good;
    other[i] = other[i] == 'B' ? 'C' : 'B';
    CHECK_FALSE(PublicKey::parse(other));
  }
  // Unknown prefixes, and known ones with bits that mean nothing.
  for (unsigned prefix = 0; prefix < 256; ++prefix) {
    std::vector<unsigned char> raw(33, 7);
    raw[0] = static_cast<unsigned char>(prefix);
    const auto key = PublicKey::parse(with_checksum(raw));
    if (key) CHECK(static_cast<unsigned>(key->kind()) == prefix);
    CHECK(key.has_value() == (prefix == 0 || prefix == 2 << 3 || prefix == 13 << 3 ||
                              prefix == 14 << 3 || prefix == 20 << 3 || prefix == 23 << 3));
  }
}

TEST_CASE("nkeys: a bad seed is refused without being told", "[auth]") {
  std::string seed = known[2].seed;
  seed[20] = seed[20] == 'A' ? 'B' : 'A';
  const Result<KeyPair> pair = KeyPair::from_seed(seed);
  REQUIRE_FALSE(pair);
  CHECK(pair.error().message().find(seed.substr(4, 12)) == std::string::npos);
  // Bits that mean nothing, in the prefix and behind the checksum.
  std::vector<unsigned char> raw(34, 1);
  raw[0] = 18 << 3 | (20 << 3) >> 5;
  raw[1] = ((20 << 3) & 31) << 3;
  CHECK(KeyPair::from_seed(with_checksum(raw)).has_value() == has_key_operations());
  raw[1] |= 1;
  CHECK_FALSE(KeyPair::from_seed(with_checksum(raw)));
}

// nats-server takes a signature in the URL alphabet or in the standard one.
TEST_CASE("nkeys: signatures in either base64", "[auth]") {
  Signature signature{};
  for (std::size_t i = 0; i < signature.size(); ++i) {
    signature[i] = static_cast<unsigned char>(0xff - i);
  }
  const std::string url = signature_text(signature);
  CHECK(url.size() == 86);
  CHECK(parse_signature(url) == signature);
  std::string standard = url + "==";
  for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
  CHECK(parse_signature(standard) == signature);
  for (const std::string& text : {std::string(), url.substr(1), url + "A", url + "=",
                                  std::string(84, 'A'), std::string(88, 'A'),
                                  std::string(100'000, 'A')}) {
    CHECK_FALSE(parse_signature(text));
  }
}

TEST_CASE("nkeys: a moved pair leaves nothing behind", "[auth]") {
  if (!has_key_operations()) return;
  Result<KeyPair> pair = KeyPair::from_seed(known[2].seed);
  REQUIRE(pair);
  const KeyPair other = std::move(*pair);
  CHECK(other.seed().reveal() == known[2].seed);
  CHECK(pair->reveal() == KeyBytes{});  // NOLINT(bugprone-use-after-move): that is the point
}
