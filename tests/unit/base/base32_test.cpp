// SPDX-License-Identifier: Apache-2.0
//
// Base32 by the vectors of RFC 4648 without their padding, and that a text has one form only.
#include "base/base32.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace leafnats::base;

namespace {

std::vector<unsigned char> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// The bytes of `text` if it encodes exactly `size` of them.
std::string decoded(std::string_view text, std::size_t size) {
  std::vector<unsigned char> bytes(size);
  if (!decode_base32(text, bytes)) return "refused";
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("Base32 knows the vectors of its RFC both ways") {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},         {"f", "MY"},           {"fo", "MZXQ"},        {"foo", "MZXW6"},
      {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"},
  };
  for (const auto& [plain, text] : vectors) {
    CAPTURE(text);
    CHECK(encode_base32(bytes_of(plain)) == text);
    CHECK(decoded(text, plain.size()) == plain);
  }
}

// Another length, alphabet, case, padding, a blank, or bits that mean nothing: no second spelling.
TEST_CASE("Base32 takes nothing but what it makes itself") {
  for (const char* text : {"MZXW6YQ=", "MZXW6Y", "MZXW6YQA", "mzxw6yq", "MZXW6Y1", "MZXW6Y8",
                           "MZXW6YR", "MZXW6 Q", "MZX\nW6YQ", ""}) {
    CAPTURE(text);
    CHECK(decoded(text, 4) == "refused");
  }
}

// The check value that every table of checksums has for CRC-16/XMODEM.
TEST_CASE("The checksum of keys is CRC-16/XMODEM") {
  CHECK(crc16(bytes_of("123456789")) == 0x31c3);
  CHECK(crc16({}) == 0);
}
