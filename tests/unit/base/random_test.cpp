// SPDX-License-Identifier: Apache-2.0
//
// Random numbers and the names made of them.

#include "base/random.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats::base;

namespace {

/// Hands out the same bytes for ever.
class RepeatingEntropy final : public Entropy {
 public:
  explicit RepeatingEntropy(std::string_view bytes) : bytes_(bytes) {}
  void fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) {
      byte = static_cast<unsigned char>(bytes_[next_++ % bytes_.size()]);
    }
  }

 private:
  const std::string bytes_;
  std::size_t next_ = 0;
};

class SeededEntropy final : public Entropy {
 public:
  void fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) byte = static_cast<unsigned char>(random_.next());
  }

 private:
  Random random_{11};
};

bool only(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == text.npos;
}

constexpr std::string_view digits_and_letters =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// CRC-16/XMODEM, bit by bit, over the bytes of a base32 text; 0 if the last two are the CRC.
unsigned crc_of_base32(std::string_view text) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::vector<unsigned> bits;
  for (const char c : text) {
    for (int bit = 4; bit >= 0; --bit) bits.push_back((alphabet.find(c) >> bit) & 1U);
  }
  std::vector<unsigned char> bytes;
  for (std::size_t i = 0; i + 8 <= bits.size(); i += 8) {
    unsigned byte = 0;
    for (std::size_t j = 0; j < 8; ++j) byte = byte << 1 | bits[i + j];
    bytes.push_back(static_cast<unsigned char>(byte));
  }
  REQUIRE(bytes.size() == 35);
  std::swap(bytes[33], bytes[34]);  // little-endian in the text, high byte first for the CRC
  unsigned crc = 0;
  for (const unsigned char byte : bytes) {
    crc ^= static_cast<unsigned>(byte) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (crc & 0x8000) != 0;
      crc = ((crc << 1) ^ (carry ? 0x1021U : 0U)) & 0xffff;
    }
  }
  return crc;
}

}  // namespace

// The forms that peers look at: lengths, alphabets, and no two alike.
TEST_CASE("base: forms of nuids, nonces and server ids", "[base]") {
  SeededEntropy entropy;
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string nuid = make_nuid(entropy);
    const std::string nonce = make_nonce(entropy);
    const std::string id = make_server_id(entropy);
    CHECK(nuid.size() == 22);
    CHECK(only(nuid, digits_and_letters));
    CHECK(nonce.size() == 15);
    CHECK(only(nonce, std::string(digits_and_letters) + "-_"));
    CHECK(id.size() == 56);
    CHECK(id.front() == 'N');
    CHECK(only(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
    CHECK(crc_of_base32(id) == 0);
    seen.insert(nuid);
    seen.insert(nonce);
    seen.insert(id);
  }
  CHECK(seen.size() == 600);
}

// A nonce is the URL alphabet of base64 without padding; made by hand for two inputs.
TEST_CASE("base: nonces are base64", "[base]") {
  RepeatingEntropy ones("\xff");
  CHECK(make_nonce(ones) == "______________8");
  RepeatingEntropy text("hello world");
  CHECK(make_nonce(text) == "aGVsbG8gd29ybGQ");
}

// Bytes that would make some characters likelier are passed over.
TEST_CASE("base: nuids are unbiased", "[base]") {
  RepeatingEntropy mixed(std::string("\xff\xf8\x00\x3d", 4));
  CHECK(make_nuid(mixed) == "0z0z0z0z0z0z0z0z0z0z0z");
}

// A seed gives one sequence; below() stays below and reaches everything about equally often.
TEST_CASE("base: random numbers", "[base]") {
  Random a(5);
  Random b(5);
  Random c(6);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto number = a.next();
    CHECK(number == b.next());
    differs |= number != c.next();
  }
  CHECK(differs);
  std::array<int, 7> times{};
  for (int i = 0; i < 7000; ++i) ++times[a.below(7)];
  CHECK(*std::min_element(times.begin(), times.end()) > 850);
  CHECK(*std::max_element(times.begin(), times.end()) < 1150);
  CHECK(a.below(1) == 0);
}
