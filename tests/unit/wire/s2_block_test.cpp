// SPDX-License-Identifier: Apache-2.0
//
// Blocks of S2: each element by hand, every level there and back, and what is not a block.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "naive_s2.hpp"
#include "s2_samples.hpp"
#include "support/catch.hpp"
#include "wire/s2_decoder.hpp"
#include "wire/s2_encoder.hpp"

using namespace leafnats::wire;
using leafnats::wire::test::NaiveS2;

namespace {

constexpr S2Level levels[] = {S2Level::fast, S2Level::better, S2Level::best};

/// Exactly as much memory as there is, so that a sanitizer sees the first byte too many.
std::optional<std::string> decode(std::string_view elements, std::size_t size) {
  const std::vector<char> in(elements.begin(), elements.end());
  std::vector<char> out(size);
  if (!s2::decode_elements({in.data(), in.size()}, out)) return std::nullopt;
  return std::string(out.begin(), out.end());
}

std::optional<std::string> decode_block(std::string_view block) {
  const auto head = s2::read_block_head(block);
  if (!head) return std::nullopt;
  return decode(block.substr(head->head_size), head->decoded_size);
}

/// Empty if it is better stored.
std::string encode(S2Level level, const std::string& plain) {
  const std::vector<char> in(plain.begin(), plain.end());
  std::string block(s2::block_bytes_max(plain.size()), '\0');
  block.resize(s2::encode_block(level, {in.data(), in.size()}, block.data()));
  return block;
}

std::string text(std::initializer_list<int> bytes) {
  std::string result;
  for (const int byte : bytes) result += static_cast<char>(byte);
  return result;
}

}  // namespace

TEST_CASE("S2 block: each kind of element") {
  const std::string abcd = text({3 << 2}) + "abcd";
  CHECK(decode(abcd, 4) == "abcd");
  CHECK(decode("", 0) == "");
  SECTION("literals with their length in 1 to 4 bytes") {
    const std::string plain = test::noise(70'000);
    CHECK(decode(text({60 << 2, 99}) + plain.substr(0, 100), 100) == plain.substr(0, 100));
    CHECK(decode(text({61 << 2, 0xe7, 3}) + plain.substr(0, 1000), 1000) == plain.substr(0, 1000));
    CHECK(decode(text({62 << 2, 0x6f, 0x11, 1}) + plain, 70'000) == plain);
    CHECK(decode(text({63 << 2, 0x6f, 0x11, 1, 0}) + plain, 70'000) == plain);
  }
  SECTION("copies with offsets of 11, 16 and 32 bits") {
    CHECK(decode(abcd + text({1 | 1 << 2, 4}), 9) == "abcdabcda");
    CHECK(decode(abcd + text({2 | 0 << 2, 2, 0}), 5) == "abcdc");
    CHECK(decode(abcd + text({3 | 6 << 2, 1, 0, 0, 0}), 11) == "abcdddddddd");
    const std::string far = text({62 << 2, 0x6f, 0x11, 1}) + std::string(70'000, 'x');
    CHECK(decode(far + text({3 | 3 << 2, 0x70, 0x11, 1, 0}), 70'004) == std::string(70'004, 'x'));
    CHECK(decode(far + text({1 | 7 << 5, 0xff}), 70'004) == std::string(70'004, 'x'));
  }
  SECTION("repeats of 4 to 8 bytes, and with longer lengths") {
    const std::string copy = abcd + text({1, 4});
    CHECK(decode(copy + text({1, 0}), 12) == "abcdabcdabcd");
    CHECK(decode(copy + text({1 | 4 << 2, 0}), 16) == "abcdabcdabcdabcd");
    CHECK(decode(copy + text({1 | 5 << 2, 0, 0}), 16) == "abcdabcdabcdabcd");
    for (const auto& [tag, size] : {std::pair{text({1 | 5 << 2, 0, 255}), 8 + 255},
                                    {text({1 | 6 << 2, 0, 2, 1}), 260 + 258},
                                    {text({1 | 7 << 2, 0, 3, 2, 1}), 65540 + 66051}}) {
      const auto plain = decode(copy + tag, 8 + static_cast<std::size_t>(size));
      REQUIRE(plain);
      CHECK(plain == NaiveS2::elements(copy + tag, 8 + static_cast<std::size_t>(size)));
    }
  }
  SECTION("what reaches before the beginning or beyond the end is no block") {
    CHECK_FALSE(decode(abcd + text({1, 5}), 8));                    // offset 5 of 4
    CHECK_FALSE(decode(abcd + text({2 | 3 << 2, 0, 0}), 8));        // offset 0 in 16 bits
    CHECK_FALSE(decode(abcd + text({3 | 3 << 2, 0, 0, 0, 0}), 8));  // and in 32
    CHECK_FALSE(decode(abcd + text({3 | 3 << 2, 4, 0, 0, 0x80}), 8));
    CHECK_FALSE(decode(abcd + text({1, 0}), 8));  // repeat before a copy
    CHECK_FALSE(decode(abcd + text({1, 4}), 7));
    CHECK_FALSE(decode(abcd + text({1, 4}), 9));
    CHECK_FALSE(decode(text({4 << 2}) + "abcd", 5));
    CHECK_FALSE(decode(text({63 << 2, 0xff, 0xff, 0xff, 0xff}) + "abcd", 4));
    CHECK_FALSE(decode(abcd + text({1, 4, 1 | 7 << 2, 0, 0xff, 0xff, 0xff}), 100));
  }
}

TEST_CASE("S2 block: the length before it") {
  CHECK(s2::read_block_head(text({0}))->decoded_size == 0);
  CHECK(s2::read_block_head(text({0x80, 1}))->decoded_size == 128);
  CHECK(s2::read_block_head(text({0xff, 0xff, 0xff, 0xff, 0x0f}))->decoded_size == 0xffffffff);
  CHECK(s2::read_block_head(text({0xff, 0xff, 0xff, 0xff, 0x0f}))->head_size == 5);
  CHECK_FALSE(s2::read_block_head(""));
  CHECK_FALSE(s2::read_block_head(text({0x80})));
  CHECK_FALSE(s2::read_block_head(text({0xff, 0xff, 0xff, 0xff, 0x10})));
  CHECK_FALSE(s2::read_block_head(text({0x80, 0x80, 0x80, 0x80, 0x80, 0})));
}

TEST_CASE("S2 block: what a level encodes comes back, from both decoders") {
  for (const S2Level level : levels) {
    for (const std::size_t size : {0, 1, 31, 32, 33, 40, 64, 100, 178, 255, 1000, 4096, 65535,
                                   65536, 65537, 100'000, 262'144}) {
      for (const std::string& plain : test::samples(size)) {
        const std::string block = encode(level, plain);
        CAPTURE(static_cast<int>(level), size, plain.substr(0, 20));
        if (block.empty()) continue;
        REQUIRE(block.size() < size);
        REQUIRE(decode_block(block) == plain);
        REQUIRE(NaiveS2::block(block) == plain);
      }
    }
  }
}

TEST_CASE("S2 block: the largest there is, and matches of megabytes") {
  std::string plain(4 * 1024 * 1024, 'z');
  plain.replace(1000, 3, "abc");
  for (const S2Level level : levels) {
    const std::string block = encode(level, plain);
    CHECK(block.size() < 64);
    CHECK(decode_block(block) == plain);
  }
}

TEST_CASE("S2 block: noise is not encoded, runs nearly vanish") {
  for (const S2Level level : levels) {
    CHECK(encode(level, test::noise(10'000)).empty());
    CHECK(encode(level, std::string(10'000, 'x')).size() < 16);
  }
  CHECK(encode(S2Level::uncompressed, std::string(10'000, 'x')).empty());
}

TEST_CASE("S2 block: more effort never gives a larger block of frames") {
  const std::string plain = test::frames(60'000);
  const std::size_t fast = encode(S2Level::fast, plain).size();
  const std::size_t better = encode(S2Level::better, plain).size();
  const std::size_t best = encode(S2Level::best, plain).size();
  CHECK(best < better);
  CHECK(better < fast);
  CHECK(fast < plain.size() / 4);
}

TEST_CASE("S2 block: no truncation of a block is a block") {
  for (const S2Level level : levels) {
    const std::string block = encode(level, test::frames(600));
    for (std::size_t size = 0; size < block.size(); ++size) {
      REQUIRE_FALSE(decode_block(std::string_view(block).substr(0, size)));
    }
  }
}

TEST_CASE("S2 block: with any byte changed both decoders say the same") {
  for (const S2Level level : levels) {
    const std::string block = encode(level, test::frames(400) + std::string(300, 'r'));
    for (std::size_t i = 2; i < block.size(); ++i) {
      for (int change = 1; change < 256; ++change) {
        std::string broken = block;
        broken[i] = static_cast<char>(broken[i] ^ change);
        if (decode_block(broken) != NaiveS2::block(broken)) {
          FAIL("byte " << i << " changed by " << change);
        }
      }
    }
  }
}
