// SPDX-License-Identifier: Apache-2.0
//
// The block look of this processor against the portable one and against single bytes, and the
// map of a line against its bytes, for lines of every length around the sizes that matter.
#include "wire/scan.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace leafnats::wire;

namespace {

using Words = std::vector<std::string_view>;

Words arguments_of(const std::string& line, std::size_t from) {
  const char* const begin = line.data();
  const scan::Line found = scan::find_line(begin, begin + line.size());
  scan::Cutter cutter(begin, found, from);
  Words arguments;
  for (std::string_view argument; cutter.next(argument);) arguments.push_back(argument);
  return arguments;
}

}  // namespace

TEST_CASE("Each byte value is classified alike by both block looks and by is_blank") {
  for (int value = 0; value < 256; ++value) {
    for (unsigned place = 0; place < scan::block_bytes; ++place) {
      // All bits set around it, so that a carry from a neighbour would show.
      std::string block(scan::block_bytes, '\xff');
      block[place] = static_cast<char>(value);
      const scan::BlockBits fast = scan::look_at_block(block.data());
      const scan::BlockBits portable = scan::portable::look_at_block(block.data());
      const std::uint32_t bit = 1u << place;
      REQUIRE(fast.line_end == (value == '\n' ? bit : 0));
      REQUIRE(fast.blank == (scan::is_blank(static_cast<char>(value)) ? bit : 0));
      REQUIRE(portable.line_end == fast.line_end);
      REQUIRE(portable.blank == fast.blank);
    }
  }
}

TEST_CASE("Neighbouring hits do not disturb each other in the portable look") {
  for (const char* block : {"\n \n \n \n \n \n \n \n ", "                ",
                            "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
                            "\x0b\x0a\x09\x08\x0c\x0d\x0e\x21\x20\x1f\x20\x21\x8a\x0a\xa0\x20"}) {
    const scan::BlockBits fast = scan::look_at_block(block);
    const scan::BlockBits portable = scan::portable::look_at_block(block);
    CHECK(portable.line_end == fast.line_end);
    CHECK(portable.blank == fast.blank);
  }
}

TEST_CASE("The line end is found at every offset, and never read past the input") {
  for (std::size_t length = 0; length < 600; ++length) {
    std::vector<char> bytes(length, 'x');
    const char* const begin = bytes.data();
    REQUIRE(scan::find_line(begin, begin + length).end == nullptr);
    bytes.push_back('\n');
    const char* const line = bytes.data();
    REQUIRE(scan::find_line(line, line + bytes.size()).end == line + length);
    // The first of two counts.
    bytes.push_back('\n');
    const char* const two = bytes.data();
    REQUIRE(scan::find_line(two, two + bytes.size()).end == two + length);
  }
}

TEST_CASE("Arguments are cut at every offset, within the map and behind it") {
  for (std::size_t length = 1; length < 600; ++length) {
    const std::string word(length, 'w');
    REQUIRE(arguments_of("PUB " + word + " 16\r\n", 4) == Words{word, "16"});
    REQUIRE(arguments_of("PUB a \t" + word + "\n", 4) == Words{"a", word});
    const std::string blanks(length, ' ');
    REQUIRE(arguments_of(blanks + "x" + blanks + "\r\n", 0) == Words{"x"});
    REQUIRE(arguments_of(blanks + "\n", 0).empty());
  }
}
