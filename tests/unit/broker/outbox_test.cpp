// SPDX-License-Identifier: Apache-2.0
//
// The queue of bytes behind a connection, against a string that holds the same.

#include "base/limits.hpp"
#include "base/random.hpp"
#include "broker/outbox.hpp"

#include "support/catch.hpp"

#include <array>
#include <cstring>
#include <string>
#include <string_view>

using namespace leafnats;
using namespace leafnats::broker;

namespace {

/// All that is in it, read as the shell would, `pieces` at a time, without consuming.
std::string contents(Outbox& outbox) {
  std::array<Outbox::Range, 1024> ranges;
  const std::size_t count = outbox.gather(ranges);
  REQUIRE(count < ranges.size());
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes.append(ranges[i].data, ranges[i].size);
  return bytes;
}

std::size_t pieces(Outbox& outbox) {
  std::array<Outbox::Range, 1024> ranges;
  return outbox.gather(ranges);
}

base::SlabRef filled(base::SlabPool& pool, std::size_t size, char byte) {
  base::SlabRef slab = pool.take(size);
  std::memset(slab->bytes().data(), byte, size);
  return slab;
}

void reserve_and_commit(Outbox& outbox, std::string_view bytes) {
  char* out = outbox.reserve(bytes.size() + 1);  // more than is committed
  std::memcpy(out, bytes.data(), bytes.size());
  outbox.commit(out + bytes.size());
}

}  // namespace

// Small data share a piece; what does not fit into a slab goes on in the next one.
TEST_CASE("broker: an outbox fills slab after slab", "[broker][outbox]") {
  base::SlabPool pool;
  Outbox outbox(pool);
  CHECK(outbox.empty());
  outbox.append("");
  CHECK(outbox.empty());
  outbox.append("abc");
  reserve_and_commit(outbox, "def");
  CHECK(outbox.size() == 6);
  CHECK(outbox.copied() == 6);
  CHECK(pieces(outbox) == 1);
  CHECK(outbox.copied() == 0);  // gather() starts to count anew
  CHECK(contents(outbox) == "abcdef");

  const std::string large(3 * limits::slab_bytes, 'x');
  outbox.append(large);
  CHECK(outbox.size() == 6 + large.size());
  CHECK(pieces(outbox) == 4);
  CHECK(contents(outbox) == "abcdef" + large);
  outbox.clear();
  CHECK(outbox.empty());
  CHECK(pool.idle() == 4);
}

// A reservation that the piece has no room for begins a new one: it must be contiguous.
TEST_CASE("broker: a reservation is contiguous", "[broker][outbox]") {
  base::SlabPool pool;
  Outbox outbox(pool);
  outbox.append(std::string(limits::slab_bytes - 10, 'a'));
  reserve_and_commit(outbox, std::string(20, 'b'));
  CHECK(pieces(outbox) == 2);
  reserve_and_commit(outbox, std::string(limits::large_slab_bytes + 1, 'c'));
  CHECK(pieces(outbox) == 3);
  CHECK(outbox.size() == limits::slab_bytes + 10 + limits::large_slab_bytes + 1);
}

// A slice keeps its slab alive as long as its bytes wait, and is not copied.
TEST_CASE("broker: slices hold their slab", "[broker][outbox]") {
  base::SlabPool pool;
  Outbox outbox(pool);
  base::SlabRef slab = filled(pool, 100, 's');
  const char* const begin = slab->bytes().data();
  outbox.append("before ");
  outbox.append_slice(slab, {begin + 10, 50});
  outbox.append(" behind");
  CHECK(outbox.copied() == 14);
  CHECK_FALSE(slab.unique());
  std::array<Outbox::Range, 8> ranges;
  REQUIRE(outbox.gather(ranges) == 3);
  CHECK(ranges[1].data == begin + 10);
  CHECK(contents(outbox) == "before " + std::string(50, 's') + " behind");
  outbox.consume(7 + 49);
  CHECK_FALSE(slab.unique());
  outbox.consume(1);
  CHECK(slab.unique());
  CHECK(contents(outbox) == " behind");
  outbox.consume(7);
  CHECK(outbox.empty());
}

// When the writer is blocked, a few bytes do not pin a slab: they move to a block of their size.
TEST_CASE("broker: compacting copies short rests", "[broker][outbox]") {
  base::SlabPool pool;
  Outbox outbox(pool);
  base::SlabRef sparse = filled(pool, limits::slab_bytes, 'p');
  base::SlabRef full = filled(pool, limits::slab_bytes, 'f');
  outbox.append("head");
  outbox.append_slice(sparse, {sparse->bytes().data(), 1000});
  outbox.append_slice(full, {full->bytes().data(), limits::slab_bytes});
  outbox.append("tail");
  const std::string expected =
      "head" + std::string(1000, 'p') + std::string(limits::slab_bytes, 'f') + "tail";
  outbox.compact();
  CHECK(sparse.unique());
  CHECK_FALSE(full.unique());
  CHECK(pool.idle() == 2);  // those that held "head" and "tail"
  CHECK(contents(outbox) == expected);
  // Nothing is written behind the compacted tail, which has no room.
  outbox.append("!");
  CHECK(contents(outbox) == expected + "!");
  outbox.compact();
  outbox.compact();
  CHECK(contents(outbox) == expected + "!");
}

// Whatever is done in whatever order, the bytes are those of the string; and in the end all slabs
// are back.
TEST_CASE("broker: an outbox loses and changes nothing", "[broker][outbox]") {
  base::Random random(21);
  base::SlabPool pool;
  for (int round = 0; round < 40; ++round) {
    Outbox outbox(pool);
    std::string model;
    base::SlabRef slab = pool.take(limits::slab_bytes);
    for (std::size_t i = 0; i < limits::slab_bytes; ++i) {
      slab->bytes()[i] = static_cast<char>('A' + (i + static_cast<unsigned>(round)) % 50);
    }
    for (int step = 0; step < 60; ++step) {
      const std::string text(random.below(200), static_cast<char>('a' + step % 26));
      switch (random.below(6)) {
        case 0:
          outbox.append(text);
          model += text;
          break;
        case 1:
          reserve_and_commit(outbox, text);
          model += text;
          break;
        case 2: {
          const std::size_t begin = random.below(limits::slab_bytes);
          const std::size_t size = random.below(static_cast<std::uint32_t>(
              limits::slab_bytes - begin + 1));
          outbox.append_slice(slab, {slab->bytes().data() + begin, size});
          model.append(slab->bytes().data() + begin, size);
          break;
        }
        case 3:
        case 4: {
          const std::size_t part =
              random.below(static_cast<std::uint32_t>(outbox.size() + 1));
          outbox.consume(part);
          model.erase(0, part);
          break;
        }
        case 5:
          outbox.compact();
          break;
      }
      REQUIRE(outbox.size() == model.size());
      REQUIRE((contents(outbox) == model));
    }
    outbox.consume(outbox.size());
    CHECK(slab.unique());
    pool.give_back(std::move(slab));
  }
  CHECK(pool.idle() > 0);
}
