// SPDX-License-Identifier: Apache-2.0
//
// Where the bytes of a connection are kept until they are parsed: nothing for an idle one, little
// for a half-sent line, enough for what is announced.

#include "base/limits.hpp"
#include "base/random.hpp"
#include "broker/read_buffer.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

using namespace leafnats;
using namespace leafnats::broker;

namespace {

void read(ReadBuffer& buffer, base::SlabPool& pool, std::string_view bytes,
          std::size_t needed = 0) {
  const std::span<char> space = buffer.prepare(pool, needed);
  REQUIRE(space.size() >= bytes.size());
  std::memcpy(space.data(), bytes.data(), bytes.size());
  buffer.commit(bytes.size());
}

std::string_view rest(const ReadBuffer& buffer) {
  return {buffer.begin(), buffer.size()};
}

}  // namespace

// Everything parsed: the slab goes back, and the next connection reads into the same memory.
TEST_CASE("broker: an idle connection holds no slab", "[broker][read_buffer]") {
  base::SlabPool pool;
  ReadBuffer buffer;
  CHECK(buffer.begin() == nullptr);
  CHECK(buffer.size() == 0);
  buffer.settle(pool);
  read(buffer, pool, "PING\r\n");
  CHECK(rest(buffer) == "PING\r\n");
  const base::Slab* const slab = buffer.slab().get();
  buffer.consume_to(buffer.end());
  buffer.settle(pool);
  CHECK_FALSE(buffer.slab());
  CHECK(pool.idle() == 1);
  ReadBuffer other;
  other.prepare(pool, 0);
  CHECK(other.slab().get() == slab);
}

// A short rest moves to a block of its own size; the slab goes back. The rest goes on in a slab.
TEST_CASE("broker: a short rest gets a block of its own", "[broker][read_buffer]") {
  base::SlabPool pool;
  ReadBuffer buffer;
  read(buffer, pool, "PING\r\nPUB a");
  buffer.consume_to(buffer.begin() + 6);
  buffer.settle(pool);
  CHECK(rest(buffer) == "PUB a");
  CHECK(buffer.slab()->capacity() == 5);
  CHECK(pool.idle() == 1);
  buffer.settle(pool);  // stays where it is
  CHECK(buffer.slab()->capacity() == 5);
  read(buffer, pool, " 0\r\n");
  CHECK(rest(buffer) == "PUB a 0\r\n");
  CHECK(buffer.slab()->capacity() == limits::slab_bytes);
}

// A long rest keeps its slab, in place.
TEST_CASE("broker: a long rest stays where it is", "[broker][read_buffer]") {
  base::SlabPool pool;
  ReadBuffer buffer;
  const std::string bytes(20'000, 'x');
  read(buffer, pool, bytes);
  buffer.consume_to(buffer.begin() + 100);
  const char* const begin = buffer.begin();
  buffer.settle(pool);
  CHECK(buffer.begin() == begin);
  CHECK(buffer.size() == bytes.size() - 100);
}

// An announced operation gets the space it needs, in one piece, whatever its size.
TEST_CASE("broker: space for what is announced", "[broker][read_buffer]") {
  for (const std::size_t needed :
       {std::size_t{1}, std::size_t{5000}, limits::large_body_bytes - 1, limits::large_body_bytes,
        limits::slab_bytes, limits::slab_bytes + 1, limits::large_slab_bytes,
        limits::large_slab_bytes + 1, std::size_t{1'000'000}}) {
    CAPTURE(needed);
    base::SlabPool pool;
    ReadBuffer buffer;
    const std::string head = "PUB a 1\r\n";
    read(buffer, pool, head);
    const std::span<char> space = buffer.prepare(pool, needed);
    CHECK(head.size() + space.size() >= needed);
    CHECK(rest(buffer) == head);
    CHECK(space.size() >= 1);
    if (needed < limits::large_body_bytes) {
      CHECK(buffer.slab()->capacity() == limits::slab_bytes);
    }
    buffer.consume_to(buffer.end());
    buffer.settle(pool);
    CHECK_FALSE(buffer.slab());
  }
}

// Any mixture of reads and parsing keeps the unparsed bytes and offers room to read.
TEST_CASE("broker: unparsed bytes are never lost", "[broker][read_buffer]") {
  base::Random random(31);
  base::SlabPool pool;
  ReadBuffer buffer;
  std::string model;
  char next = 0;
  for (int step = 0; step < 3000; ++step) {
    const std::size_t needed = random.below(4) == 0 ? model.size() + random.below(300'000) : 0;
    const std::span<char> space = buffer.prepare(pool, needed);
    REQUIRE(!space.empty());
    REQUIRE(model.size() + space.size() >= needed);
    const std::size_t size =
        std::min<std::size_t>(space.size(), random.below(8) == 0 ? 60'000 : random.below(50));
    for (std::size_t i = 0; i < size; ++i) model += space[i] = next++;
    buffer.commit(size);
    const std::size_t parsed = random.below(3) == 0
                                   ? model.size()
                                   : random.below(static_cast<std::uint32_t>(model.size() + 1));
    buffer.consume_to(buffer.begin() + parsed);
    model.erase(0, parsed);
    REQUIRE((rest(buffer) == model));
    if (random.below(2) == 0) buffer.settle(pool);
    REQUIRE((rest(buffer) == model));
    REQUIRE((!model.empty() || buffer.size() == 0));
  }
}
