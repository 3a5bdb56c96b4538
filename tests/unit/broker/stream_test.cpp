// SPDX-License-Identifier: Apache-2.0
//
// Bytes through filters that a reader can follow: each greets, swaps letters by an amount of its
// own, cuts what it sends into units, and keeps half-finished units back until it is flushed.

#include "base/limits.hpp"
#include "base/random.hpp"
#include "broker/stream.hpp"

#include "support/catch.hpp"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

using namespace leafnats;
using namespace leafnats::broker;
using wire::StreamFilter;

namespace {

/// Opens when it has read the peer's greeting "<greeting>". A unit is its size in one byte and
/// the bytes, each shifted. A unit of size 0 ends the stream; one above 100 breaks it.
class ShiftFilter final : public StreamFilter {
 public:
  ShiftFilter(char greeting, int shift)
      : expected_(1, greeting), to_say_(1, greeting), shift_(shift) {}

  [[nodiscard]] Kind kind() const override { return Kind::compression; }
  [[nodiscard]] State state() const override { return state_; }
  [[nodiscard]] std::string_view error() const override {
    return state_ == State::failed ? "a unit is too long" : "";
  }

  std::size_t decode(std::string_view& in, std::span<char> out) override {
    if (state_ == State::opening) {
      if (in.empty()) return 0;
      REQUIRE(in.substr(0, 1) == expected_);
      in.remove_prefix(1);
      state_ = State::open;
      return 0;
    }
    std::size_t written = 0;
    while (!in.empty() && written < out.size() && state_ == State::open) {
      const char byte = in.front();
      in.remove_prefix(1);
      if (left_ == 0) {
        left_ = static_cast<unsigned char>(byte);
        if (left_ == 0) state_ = State::ended;
        if (left_ > 100) state_ = State::failed;
      } else {
        out[written++] = static_cast<char>(byte - shift_);
        --left_;
      }
    }
    return written;
  }

  void encode(std::string_view plain, wire::ByteSink& out) override {
    REQUIRE(state_ == State::open);
    for (const char byte : plain) {
      unit_.push_back(static_cast<char>(byte + shift_));
      if (unit_.size() == 100) write_unit(out);
    }
  }
  void flush(wire::ByteSink& out) override {
    out.append(std::exchange(to_say_, {}));
    if (!unit_.empty()) write_unit(out);
  }
  [[nodiscard]] bool has_output() const override { return !to_say_.empty() || !unit_.empty(); }
  void close(wire::StreamEnd, wire::ByteSink& out) override {
    out.append(std::string_view("\0", 1));
  }

 private:
  void write_unit(wire::ByteSink& out) {
    char* to = out.reserve(1 + unit_.size());
    to[0] = static_cast<char>(unit_.size());
    std::memcpy(to + 1, unit_.data(), unit_.size());
    out.commit(1 + unit_.size());
    unit_.clear();
  }

  const std::string expected_;
  std::string to_say_;
  std::string unit_;
  const int shift_;
  std::size_t left_ = 0;
  State state_ = State::opening;
};

/// Takes `window` bytes at a call.
class Pipe final : public Transport {
 public:
  void flush(Outbox& outbox) override {
    std::size_t room = window;
    while (room > 0 && !outbox.empty()) {
      std::array<Outbox::Range, 1> range;
      outbox.gather(range);
      const std::size_t part = std::min(room, range[0].size);
      bytes.append(range[0].data, part);
      outbox.consume(part);
      room -= part;
    }
  }
  void set_reading(bool) override {}
  void close(Outbox& outbox) override { flush(outbox); }

  std::string bytes;
  std::size_t window = ~std::size_t{0};
};

struct End {
  base::SlabPool pool;
  Stream stream{pool};
  Outbox plain{pool};
  Pipe pipe;

  void write() { stream.write(plain, pipe); }

  /// Reads `bytes` as they come from the peer, `out_size` plain bytes at a time.
  std::string read(std::string_view bytes, std::size_t out_size) {
    std::string got;
    const std::span<char> space = stream.receive_space();
    REQUIRE(bytes.size() <= space.size());
    std::memcpy(space.data(), bytes.data(), bytes.size());
    stream.received(bytes.size());
    std::string out(out_size, '?');
    while (const std::size_t size = stream.read(out)) got.append(out, 0, size);
    stream.settle();
    return got;
  }
};

void stack(End& end) {
  end.stream.push(std::make_unique<ShiftFilter>('a', 1), end.plain);
  end.stream.push(std::make_unique<ShiftFilter>('b', 5), end.plain);
}

std::string text_of(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('A' + i % 26);
  return text;
}

/// Carries what `from` wrote to `to`, cut at random.
std::string carry(End& from, End& to, base::Random& random) {
  std::string got;
  std::string bytes = std::exchange(from.pipe.bytes, {});
  while (!bytes.empty()) {
    const std::size_t part = std::min<std::size_t>(bytes.size(), 1 + random.below(300));
    got += to.read(std::string_view(bytes).substr(0, part), 1 + random.below(90));
    bytes.erase(0, part);
  }
  return got;
}

void open_both(End& a, End& b, base::Random& random) {
  for (int round = 0; round < 4; ++round) {
    a.write();
    b.write();
    carry(a, b, random);
    carry(b, a, random);
  }
  REQUIRE(a.stream.open());
  REQUIRE(b.stream.open());
}

}  // namespace

TEST_CASE("filters open from the socket up, and nothing passes a filter that is not open") {
  End a;
  stack(a);
  a.plain.append("too early");
  a.write();
  CHECK(a.pipe.bytes == "a");
  CHECK_FALSE(a.stream.open());
  CHECK(a.plain.size() == 9);

  CHECK(a.read("a", 10).empty());
  CHECK(a.stream.has_output());
  a.pipe.bytes.clear();
  a.write();
  CHECK(a.pipe.bytes == std::string("\1") + "c");  // the upper filter's greeting in a unit
}

TEST_CASE("what goes in at one end comes out at the other, however it is cut") {
  base::Random random(20261120);
  for (int round = 0; round < 20; ++round) {
    End a;
    End b;
    stack(a);
    stack(b);
    open_both(a, b, random);
    const std::string text = text_of(1 + random.below(5000));
    a.plain.append(text);
    a.write();
    CHECK(a.plain.empty());
    CHECK(carry(a, b, random) == text);
    CHECK_FALSE(a.stream.has_output());
  }
}

TEST_CASE("bytes that were written before a filter came go out without it") {
  End a;
  a.plain.append("hello ");
  a.stream.push(std::make_unique<ShiftFilter>('a', 1), a.plain);
  CHECK(a.plain.empty());
  a.read("a", 1);
  a.plain.append("HAL");
  a.write();
  CHECK(a.pipe.bytes == std::string("hello a\3IBM"));
}

TEST_CASE("bytes that were received before a filter came are the filter's") {
  End a;
  a.stream.push(std::make_unique<ShiftFilter>('a', 1), a.plain);
  a.stream.unread("a\3IB");
  CHECK(a.read("M", 10) == "HAL");
}

TEST_CASE("a peer that takes nothing has a bounded amount encoded for it") {
  base::Random random(7);
  End a;
  End b;
  stack(a);
  stack(b);
  open_both(a, b, random);
  a.pipe.window = 0;
  const std::string text = text_of(2'000'000);
  a.plain.append(text);
  a.write();
  const std::size_t encoded = a.stream.wire().size();
  CHECK(encoded > 0);
  CHECK(encoded < 2 * limits::stream_batch_bytes_max);
  for (int again = 0; again < 10; ++again) a.write();
  CHECK(a.stream.wire().size() == encoded);

  std::string got;
  a.pipe.window = 50'000;
  while (a.stream.has_output() || !a.plain.empty()) {
    a.write();
    got += carry(a, b, random);
  }
  CHECK(got == text);
}

// The transport calls again only if it was left with something: whoever has more must go on as long
// as everything is taken (found by the simulator).
TEST_CASE("a peer that takes all that was encoded gets what was not, too") {
  base::Random random(8);
  End a;
  End b;
  stack(a);
  stack(b);
  open_both(a, b, random);
  a.pipe.window = 0;
  a.plain.append(text_of(2'000'000));
  a.write();
  REQUIRE(a.stream.wire().size() >= limits::stream_wire_bytes_max);
  a.pipe.window = ~std::size_t{0};
  a.write();
  CHECK(a.plain.empty());
  CHECK(!a.stream.has_output());
}

TEST_CASE("a stream that ends or breaks says which filter it was") {
  base::Random random(9);
  End a;
  End b;
  stack(a);
  stack(b);
  open_both(a, b, random);

  SECTION("it was ended by the peer, after all that it had to say") {
    a.plain.append("bye");
    a.stream.finish(a.plain, wire::StreamEnd::normal);
    a.pipe.flush(a.stream.wire());
    CHECK(carry(a, b, random) == "bye");
    REQUIRE(b.stream.broken() != nullptr);
    CHECK(b.stream.broken()->state() == StreamFilter::State::ended);
  }
  SECTION("it broke the rules of the lower filter") {
    CHECK(b.read("\x7f", 10).empty());
    REQUIRE(b.stream.broken() != nullptr);
    CHECK(b.stream.broken()->error() == "a unit is too long");
  }
}
