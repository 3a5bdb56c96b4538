// SPDX-License-Identifier: Apache-2.0
//
// S2 as a filter: streams in pieces of every size, what a peer may not send, and how much memory
// it can make us take.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "filter_end.hpp"
#include "naive_s2.hpp"
#include "s2_samples.hpp"

#include "support/catch.hpp"
#include "wire/s2_filter.hpp"

using namespace leafnats;
using namespace leafnats::wire;
using leafnats::wire::test::NaiveS2;
using State = StreamFilter::State;

namespace {

constexpr S2Level all_levels[] = {S2Level::uncompressed, S2Level::fast, S2Level::better,
                                  S2Level::best};
const std::string opening(s2::stream_opening);

std::string chunk(int type, std::string_view body) {
  std::string bytes(1, static_cast<char>(type));
  for (int i = 0; i < 3; ++i) bytes += static_cast<char>(body.size() >> (8 * i));
  return bytes.append(body);
}

std::string checksum(std::string_view plain) {
  std::string bytes(4, '\0');
  s2::write_little(bytes.data(), s2::masked_checksum(plain), 4);
  return bytes;
}

std::string stored(std::string_view plain) { return chunk(1, checksum(plain).append(plain)); }

/// A block that decodes to `size` times the byte 'b', in a few bytes of its own.
std::string bomb(std::size_t size) {
  std::string block;
  std::size_t rest = size;
  for (; rest >= 0x80; rest >>= 7) block += static_cast<char>(rest | 0x80);
  block += static_cast<char>(rest);
  block += std::string(
      "\x00"
      "b"
      "\x01\x01",
      4);  // one literal, a copy of four
  const std::size_t more = size - 5 - 65540;
  block += std::string("\x1d\x00", 2);
  for (int i = 0; i < 3; ++i) block += static_cast<char>(more >> (8 * i));
  return chunk(0, checksum(std::string(size, 'b')) + block);
}

/// Feeds `stream` in pieces of `in_size`, reads in pieces of `out_size`.
std::string decode(S2Filter& filter, std::string_view stream, std::size_t in_size = ~std::size_t{0},
                   std::size_t out_size = 64 * 1024) {
  std::string plain;
  std::string space(out_size, '\0');
  while (!stream.empty() && filter.state() == State::open) {
    std::string_view piece = stream.substr(0, in_size);
    stream.remove_prefix(piece.size());
    for (;;) {
      const std::size_t made = filter.decode(piece, space);
      plain.append(space, 0, made);
      if (made < space.size()) break;
    }
    if (filter.state() == State::open) REQUIRE(piece.empty());
  }
  return plain;
}

std::string failure(std::string_view stream, std::size_t block_bytes_max = 4 * 1024 * 1024) {
  S2Filter filter(S2Level::fast, block_bytes_max);
  decode(filter, stream);
  CHECK((filter.state() == State::failed) == !filter.error().empty());
  return std::string(filter.error());
}

}  // namespace

TEST_CASE("S2 filter: every level there and back, for both decoders") {
  for (const S2Level level : all_levels) {
    S2Filter writer(level);
    S2Filter reader(S2Level::fast);
    std::string stream;
    std::string plain;
    for (const std::size_t size : {1, 5, 31, 178, 1023, 1024, 5000, 70'000, 262'144, 600'000}) {
      for (const std::string& part : test::samples(size)) {
        stream += test::encoded(writer, part);
        plain += part;
        CHECK_FALSE(writer.has_output());
      }
    }
    REQUIRE(NaiveS2::stream(stream) == plain);
    REQUIRE(decode(reader, stream) == plain);
    CHECK(reader.held_bytes() == 0);
    CHECK(writer.held_bytes() == 0);
  }
}

TEST_CASE("S2 filter: the identifier opens our stream once, at the first byte") {
  S2Filter filter(S2Level::uncompressed);
  test::StringSink out;
  filter.flush(out);
  CHECK(out.text.empty());
  CHECK(test::encoded(filter, "PING\r\n") == opening + stored("PING\r\n"));
  CHECK(test::encoded(filter, "PONG\r\n") == stored("PONG\r\n"));
}

TEST_CASE("S2 filter: small pieces share a chunk, large stored ones are not held back") {
  S2Filter filter(S2Level::uncompressed);
  test::StringSink out;
  filter.encode("LMSG a ", out);
  filter.encode("2000\r\n", out);
  CHECK(out.text.empty());
  CHECK(filter.has_output());
  const std::string body = test::noise(2000);
  filter.encode(body, out);
  CHECK(out.take() == opening + stored("LMSG a 2000\r\n") + stored(body));
  filter.encode("\r\n", out);
  filter.flush(out);
  CHECK(out.take() == stored("\r\n"));
}

TEST_CASE("S2 filter: the level may change between flushes") {
  S2Filter writer(S2Level::uncompressed);
  S2Filter reader(S2Level::fast);
  const std::string plain = test::frames(4000);
  std::size_t sizes[4] = {};
  for (std::size_t i = 0; i < 4; ++i) {
    writer.set_level(all_levels[i]);
    const std::string stream = test::encoded(writer, plain);
    sizes[i] = stream.size();
    CHECK(decode(reader, stream) == plain);
  }
  CHECK(sizes[0] > 4000);
  CHECK(std::is_sorted(std::rbegin(sizes), std::rend(sizes)));
}

TEST_CASE("S2 filter: a stream may come in pieces of any size and be read in any") {
  const std::string plain = test::frames(3000) + test::noise(500) + std::string(2000, 'q');
  S2Filter writer(S2Level::better);
  std::string stream = test::encoded(writer, plain.substr(0, 2000));
  stream += chunk(0xfe, std::string(300, '\0')) + opening;
  stream += test::encoded(writer, plain.substr(2000, 1500)) + chunk(0x80, "");
  writer.set_level(S2Level::uncompressed);
  stream += test::encoded(writer, plain.substr(3500));
  for (const std::size_t in_size : {1, 2, 3, 5, 7, 64, 1000, 100'000}) {
    for (const std::size_t out_size : {1, 2, 100, 2047, 100'000}) {
      S2Filter reader(S2Level::fast);
      CAPTURE(in_size, out_size);
      REQUIRE(decode(reader, stream, in_size, out_size) == plain);
      CHECK(reader.held_bytes() == 0);
    }
  }
  SECTION("and be split at each byte") {
    for (std::size_t at = 0; at <= stream.size(); ++at) {
      S2Filter reader(S2Level::fast);
      std::string got = decode(reader, stream.substr(0, at));
      got += decode(reader, stream.substr(at));
      if (got != plain) FAIL("split at " << at);
    }
  }
}

TEST_CASE("S2 filter: a truncated stream waits, and gives nothing that is not whole") {
  S2Filter writer(S2Level::fast);
  const std::string first = test::encoded(writer, test::frames(300));
  const std::string stream = first + test::encoded(writer, test::frames(200));
  for (std::size_t size = 0; size < stream.size(); ++size) {
    S2Filter reader(S2Level::fast);
    const std::string plain = decode(reader, stream.substr(0, size));
    REQUIRE(reader.state() == State::open);
    REQUIRE(plain == (size < first.size() ? "" : test::frames(300)));
  }
}

TEST_CASE("S2 filter: nats-server's habit of a new stream for each flush") {
  S2Filter reader(S2Level::fast);
  const std::string stream = opening + stored("a") + opening + stored("b") + opening + opening;
  CHECK(decode(reader, stream) == "ab");
  CHECK(reader.state() == State::open);
}

TEST_CASE("S2 filter: Snappy streams are read, in their smaller blocks") {
  const std::string snappy = chunk(0xff, "sNaPpY");
  S2Filter reader(S2Level::fast);
  CHECK(decode(reader, snappy + stored("abc")) == "abc");
  CHECK(failure(snappy + bomb(70'000)).find("70000 bytes, more than the 65536") !=
        std::string::npos);
}

TEST_CASE("S2 filter: what a peer may not send") {
  CHECK(failure(stored("a")).find("does not begin with an identifier") != std::string::npos);
  CHECK(failure("INFO {}\r\n").find("does not begin with an identifier") != std::string::npos);
  CHECK(failure(chunk(0x80, "")).find("does not begin") != std::string::npos);
  CHECK(failure(chunk(0xff, "S2sTwo")).find("other format") != std::string::npos);
  CHECK(failure(chunk(0xff, "S2sTwO1")).find("not a stream identifier") != std::string::npos);
  CHECK(failure(opening + chunk(0x02, "")).find("unknown type 0x02") != std::string::npos);
  CHECK(failure(opening + chunk(0x7f, "")).find("unknown type 0x7f") != std::string::npos);
  CHECK(failure(opening + chunk(0x80, "x")).empty());
  CHECK(failure(opening + chunk(0, "abc")).find("without a checksum") != std::string::npos);
  CHECK(failure(opening + chunk(1, "")).find("without a checksum") != std::string::npos);
  CHECK(failure(opening + chunk(0, "abcd")).find("without its length") != std::string::npos);
  CHECK(failure(opening + chunk(0, "abcd\xff\xff\xff\xff\xff")).find("without its length") !=
        std::string::npos);
  CHECK(failure(opening + chunk(0, "abcd\x05")).find("broken block") != std::string::npos);
  CHECK(failure(opening + chunk(0, std::string("abcd\x01\0a", 7))).find("checksum is wrong") !=
        std::string::npos);
  CHECK(failure(opening + chunk(1, "abcdx")).find("checksum is wrong") != std::string::npos);
  CHECK(failure(opening + stored("")).empty());
}

TEST_CASE("S2 filter: nothing of a block with a wrong checksum is handed out") {
  for (const std::size_t out_size : {1, 100, 64 * 1024}) {
    std::string bad = stored(test::frames(200));
    bad.back() ^= 1;
    S2Filter reader(S2Level::fast);
    CHECK(decode(reader, opening + stored("good") + bad, 7, out_size) == "good");
    CHECK(reader.state() == State::failed);
  }
}

TEST_CASE("S2 filter: a declared length takes no memory") {
  SECTION("of a chunk: it is refused, or gathered as it comes") {
    CHECK(failure(opening + std::string("\x01\xff\xff\xff", 4)).find("more than the") !=
          std::string::npos);
    S2Filter reader(S2Level::fast);
    decode(reader, opening + std::string("\x00\x00\x00\x40"
                                         "0123456789",
                                         14));
    CHECK(reader.state() == State::open);
    CHECK(reader.held_bytes() < 100);
  }
  SECTION("of a skipped chunk: nothing is kept") {
    S2Filter reader(S2Level::fast);
    decode(reader, opening + std::string("\x80\xff\xff\xff", 4) + std::string(100'000, 'x'));
    CHECK(reader.state() == State::open);
    CHECK(reader.held_bytes() == 0);
  }
  SECTION("of a block") {
    const std::string huge("abcd\xff\xff\xff\xff\x0f\0a", 11);
    CHECK(failure(opening + chunk(0, huge)).find("4294967295 bytes") != std::string::npos);
  }
}

TEST_CASE("S2 filter: a bomb is unpacked no further than a block, and read out piece by piece") {
  const std::size_t size = 4 * 1024 * 1024;
  const std::string one = bomb(size);
  REQUIRE(one.size() < 32);
  S2Filter reader(S2Level::fast);
  std::string stream = opening;
  for (int i = 0; i < 1000; ++i) stream += one;
  std::string_view in = stream;
  std::string space(1000, '\0');
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(reader.decode(in, space) == space.size());
    REQUIRE(std::count(space.begin(), space.end(), 'b') == 1000);
    most = std::max(most, reader.held_bytes());
  }
  CHECK(most <= size + 64);
  CHECK(in.size() > stream.size() - 100);  // the others have not been looked at
  CHECK(failure(opening + bomb(size + 1)).find("4194305 bytes, more than the 4194304") !=
        std::string::npos);
}

TEST_CASE("S2 filter: the limit for blocks can be small and be raised") {
  S2Filter reader(S2Level::fast, 64 * 1024);
  CHECK(failure(opening + bomb(70'000), 64 * 1024).find("more than the 65536") !=
        std::string::npos);
  CHECK(failure(opening + stored(std::string(65'537, 'x')), 64 * 1024).find("65537 bytes") !=
        std::string::npos);
  CHECK(decode(reader, opening + stored(std::string(65'536, 'x'))).size() == 65'536);
  reader.set_block_bytes_max(100'000);
  CHECK(decode(reader, bomb(70'000)).size() == 70'000);
  CHECK(reader.state() == State::open);
}
