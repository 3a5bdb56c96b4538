// SPDX-License-Identifier: Apache-2.0
//
// zstd as a filter: a stream that remembers, in pieces of every size, and the bounds on what a
// peer can make it take.
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "filter_end.hpp"
#include "s2_samples.hpp"
#include "support/catch.hpp"
#include "wire/s2_filter.hpp"
#include "wire/zstd_filter.hpp"

using namespace leafnats;
using namespace leafnats::wire;
using State = StreamFilter::State;

namespace {

/// One telemetry message, the `index`-th.
std::string message(unsigned index) {
  const std::string body = "{\"id\":\"pump-" + std::to_string(index * 7 % 40) +
                           "\",\"ts\":17672256" + std::to_string(100'000 + index * 25) +
                           ",\"seq\":" + std::to_string(index) +
                           ",\"temp\":" + std::to_string(index * 37 % 50) +
                           ",\"pressure\":" + std::to_string(index * 7919 % 6000) +
                           ",\"state\":\"running\",\"alarm\":false,\"site\":\"north-2\"}";
  return "LMSG plant.line4.telemetry " + std::to_string(body.size()) + "\r\n" + body + "\r\n";
}

/// `plain` as one frame with a window of 2^`window_log`.
std::string frame(std::string_view plain, int window_log) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), plain.data(), plain.size()));
  ZSTD_freeCCtx(context);
  return out;
}

}  // namespace

TEST_CASE("zstd filter: there and back, flushed anywhere, read in any pieces") {
  for (const std::size_t in_size : {1, 3, 100, 65536}) {
    for (const std::size_t out_size : {1, 7, 5000}) {
      ZstdFilter writer({});
      ZstdFilter reader({});
      std::string stream;
      std::string plain;
      for (const std::size_t size : {1, 178, 3000, 70'000}) {
        if (size == 70'000 && in_size * out_size < 5000) continue;
        for (const std::string& part : test::samples(size)) {
          stream += test::encoded(writer, part);
          plain += part;
          CHECK_FALSE(writer.has_output());
        }
      }
      REQUIRE(test::feed(reader, stream, in_size, out_size) == plain);
      CHECK(reader.state() == State::open);
    }
  }
}

TEST_CASE("zstd filter: a flush lets the peer read all that was encoded") {
  ZstdFilter writer({});
  ZstdFilter reader({});
  for (unsigned i = 0; i < 300; ++i) {
    REQUIRE(test::feed(reader, test::encoded(writer, message(i))) == message(i));
  }
  test::StringSink sink;
  writer.flush(sink);
  CHECK(sink.text.empty());
}

TEST_CASE("zstd filter: one message a flush takes at most half of what S2 makes of it") {
  ZstdFilter zstd({});
  S2Filter s2(S2Level::best);
  std::size_t zstd_bytes = 0;
  std::size_t s2_bytes = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    zstd_bytes += test::encoded(zstd, message(i)).size();
    s2_bytes += test::encoded(s2, message(i)).size();
  }
  CHECK(zstd_bytes * 2 < s2_bytes);
}

TEST_CASE("zstd filter: nothing is held before the first byte, then what a window costs") {
  ZstdFilter writer({});
  ZstdFilter reader({});
  CHECK(writer.held_bytes() == 0);
  test::feed(reader, test::encoded(writer, message(1)));
  CHECK(writer.held_bytes() < 400 * 1024);
  CHECK(reader.held_bytes() < 300 * 1024);
}

TEST_CASE("zstd filter: a frame with a larger window is refused before it is allocated") {
  const std::string plain = test::noise(100'000) + test::noise(100'000);
  ZstdFilter reader({1, 14, {}});
  CHECK(test::feed(reader, frame(plain, 17)).empty());
  CHECK(reader.state() == State::failed);
  CHECK(reader.error().find("zstd stream of the peer: ") == 0);
  CHECK(reader.held_bytes() == 0);
  ZstdFilter wide({1, 17, {}});
  CHECK(test::feed(wide, frame(plain.substr(0, 100'000), 17)).size() == 100'000);
}

TEST_CASE("zstd filter: a bomb unfolds as it is read, in constant memory") {
  const std::string bomb = frame(std::string(64 * 1024 * 1024, '\0'), 14);
  REQUIRE(bomb.size() < 100'000);
  ZstdFilter reader({});
  std::string_view in = bomb;
  std::string space(1000, 'x');
  std::size_t most = 0;
  for (int i = 0; i < 2000; ++i) {
    REQUIRE(reader.decode(in, space) == space.size());
    most = std::max(most, reader.held_bytes());
  }
  CHECK(most < 300 * 1024);
  CHECK(in.size() > bomb.size() / 2);
}

TEST_CASE("zstd filter: what is no zstd fails, what is cut off waits") {
  ZstdFilter reader({});
  test::feed(reader, "PING\r\nPING\r\n");
  CHECK(reader.state() == State::failed);
  ZstdFilter writer({});
  const std::string stream = test::encoded(writer, test::frames(3000));
  for (std::size_t size = 0; size < stream.size(); ++size) {
    ZstdFilter waiting({});
    const std::string plain = test::feed(waiting, std::string_view(stream).substr(0, size));
    REQUIRE(waiting.state() == State::open);
    REQUIRE(test::frames(3000).starts_with(plain));
  }
}

TEST_CASE("zstd filter: a dictionary shortens the first messages, and both must have it") {
  std::string dictionary;
  for (unsigned i = 5000; i < 5030; ++i) dictionary += message(i);
  ZstdFilter plain({});
  ZstdFilter writer({1, 14, dictionary});
  ZstdFilter reader({1, 14, dictionary});
  const std::string stream = test::encoded(writer, message(1));
  CHECK(stream.size() * 2 < test::encoded(plain, message(1)).size());
  CHECK(test::feed(reader, stream) == message(1));
  ZstdFilter without({});
  CHECK(test::feed(without, stream) != message(1));
  CHECK(without.state() == State::failed);

  CHECK(zstd_dictionary_id("") == 0);
  CHECK(zstd_dictionary_id("a") != zstd_dictionary_id("b"));
  CHECK(is_zstd_dictionary(dictionary));
  CHECK_FALSE(is_zstd_dictionary(std::string("\x37\xa4\x30\xec rubbish that claims to be one")));
}
