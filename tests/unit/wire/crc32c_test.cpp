// SPDX-License-Identifier: Apache-2.0
//
// The checksum of S2 chunks, by instruction and by table.
#include <cstddef>
#include <string>

#include "support/catch.hpp"
#include "wire/crc32c.hpp"
#include "wire/s2_frame.hpp"

using namespace leafnats::wire;

TEST_CASE("CRC-32C: the published values") {
  // RFC 3720, appendix B.4, and the usual check value.
  std::string rising;
  for (int i = 0; i < 32; ++i) rising += static_cast<char>(i);
  for (auto* checksum : {crc32c, crc32c_by_table}) {
    CHECK(checksum("") == 0);
    CHECK(checksum("123456789") == 0xe3069283);
    CHECK(checksum(std::string(32, '\0')) == 0x8a9136aa);
    CHECK(checksum(std::string(32, '\xff')) == 0x62a8ab43);
    CHECK(checksum(rising) == 0x46dd794e);
  }
}

TEST_CASE("CRC-32C: instruction and table agree at every length and alignment") {
  std::string bytes;
  for (unsigned i = 0; i < 40'000; ++i) bytes += static_cast<char>((i * i * 2654435761U) >> 21);
  const std::string_view all = bytes;
  for (std::size_t length = 0; length < 900; ++length) {
    const std::string_view part = all.substr(length % 9, length);
    REQUIRE(crc32c(part) == crc32c_by_table(part));
  }
  // The lanes are 256 and 4096 bytes, three at a time.
  for (const std::size_t length : {767, 768, 769, 1536, 12287, 12288, 12289, 13056, 24576, 39990}) {
    REQUIRE(crc32c(all.substr(3, length)) == crc32c_by_table(all.substr(3, length)));
  }
}

TEST_CASE("the checksum of a chunk is masked") {
  // Rotated right by 15 bits, plus a constant (Snappy's framing format, section 3).
  CHECK(s2::masked_checksum("") == 0xa282ead8);
  CHECK(s2::masked_checksum("123456789") ==
        ((0xe3069283U >> 15 | 0xe3069283U << 17) + 0xa282ead8U));
}
