// SPDX-License-Identifier: Apache-2.0
//
// The message path allocates nothing once it is warm: reading, parsing, routing, queueing and
// writing, on one shard, to clients, queue groups and leaf links. The connections here do not
// allocate either, so that every allocation counted is the broker's.

#include "allocation_counter.hpp"
#include "base/limits.hpp"
#include "broker_world.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

/// Takes every byte, counts it, and keeps none.
class Sink final : public Transport {
 public:
  void flush(Outbox& outbox) override {
    while (!outbox.empty()) {
      const std::size_t count = outbox.gather(ranges_);
      std::size_t taken = 0;
      for (std::size_t i = 0; i < count; ++i) taken += ranges_[i].size;
      outbox.consume(taken);
      bytes_ += taken;
    }
  }
  void set_reading(bool) override {}
  void close(Outbox&) override {}

  std::size_t take() { return std::exchange(bytes_, 0); }

 private:
  std::array<Outbox::Range, 1024> ranges_;
  std::size_t bytes_ = 0;
};

/// A server with one publisher and the readers that a test adds.
class Bench {
 public:
  Bench() : server_(world_.server(options())), writer_(connect(publisher_, false)) {}

  /// A client with `sub` as its last words, or a leaf link.
  Sink& reader(const std::string& sub, bool leaf = false) {
    readers_.push_back(std::make_unique<Sink>());
    Session& session = connect(*readers_.back(), leaf);
    tell(session, sub);
    return *readers_.back();
  }

  /// Allocations while `stream` is read `times` times, each time a turn of its own.
  std::size_t allocations_of(const std::string& stream, int times) {
    for (int i = 0; i < 3; ++i) tell(writer_, stream);
    for (auto& sink : readers_) sink->take();
    const std::size_t before = allocations();
    for (int i = 0; i < times; ++i) tell(writer_, stream);
    return allocations() - before;
  }

 private:
  static Options options() {
    Options options;
    options.max_payload = 2 * 1024 * 1024;
    return options;
  }

  Session& connect(Sink& sink, bool leaf) {
    Shard& shard = server_.shard();
    shard.begin_turn(world_.now());
    Session& session = leaf ? static_cast<Session&>(shard.accept_leaf(sink, "127.0.0.1:1"))
                            : static_cast<Session&>(shard.accept_client(sink, "127.0.0.1:1"));
    tell(session, leaf ? "CONNECT {\"headers\":true}\r\n"
                       : "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true}\r\n");
    sink.take();
    return session;
  }

  /// One turn in which the session reads all of `bytes`, as much at a time as it asks for.
  void tell(Session& session, std::string_view bytes) {
    server_.shard().begin_turn(world_.now());
    while (!bytes.empty()) {
      const std::span<char> space = session.receive_space();
      const std::size_t size = std::min(space.size(), bytes.size());
      std::memcpy(space.data(), bytes.data(), size);
      session.received(size);
      bytes.remove_prefix(size);
    }
    server_.shard().end_turn();
  }

  Sink publisher_;  // the sinks outlive the sessions that write to them
  std::vector<std::unique_ptr<Sink>> readers_;
  World world_;
  TestServer& server_;
  Session& writer_;
};

constexpr std::size_t sizes[] = {16, 1024, 64 * 1024};

/// What one message of this size is as a client's copy with a sid of one digit.
std::size_t copy_size(std::string_view line, std::size_t size) {
  return line.size() + std::to_string(size).size() + 2 + size + 2;
}

}  // namespace

// To one subscriber and to eight.
TEST_CASE("broker: publishing to subscribers allocates nothing", "[broker][allocation]") {
  for (const std::size_t size : sizes) {
    for (const int readers : {1, 8}) {
      CAPTURE(size, readers);
      Bench bench;
      std::vector<Sink*> sinks;
      for (int i = 0; i < readers; ++i) sinks.push_back(&bench.reader("SUB a.b.c 1\r\n"));
      CHECK(bench.allocations_of(publication("a.b.c", size), 50) == 0);
      for (Sink* sink : sinks) CHECK(sink->take() == 50 * copy_size("MSG a.b.c 1 ", size));
    }
  }
}

// Through patterns, whose matches are cached, and with headers and a reply.
TEST_CASE("broker: publishing through wildcards allocates nothing", "[broker][allocation]") {
  for (const std::size_t size : sizes) {
    CAPTURE(size);
    Bench bench;
    bench.reader("SUB a.*.c 1\r\nSUB > 2\r\n");
    CHECK(bench.allocations_of(publication("a.b.c", size, "reply.to"), 50) == 0);
    const std::string with_headers = "HPUB a.b.c 12 " + std::to_string(size + 12) +
                                     "\r\nNATS/1.0\r\n\r\n" + body_of(size) + "\r\n";
    CHECK(bench.allocations_of(with_headers, 50) == 0);
  }
}

// To a queue group of four.
TEST_CASE("broker: publishing to a queue group allocates nothing", "[broker][allocation]") {
  for (const std::size_t size : sizes) {
    CAPTURE(size);
    Bench bench;
    std::vector<Sink*> sinks;
    for (int i = 0; i < 4; ++i) sinks.push_back(&bench.reader("SUB job q 1\r\n"));
    // Members are drawn: every one of them must have been met before it counts.
    bench.allocations_of(publication("job", size), 100);
    for (Sink* sink : sinks) sink->take();
    CHECK(bench.allocations_of(publication("job", size), 100) == 0);
    std::size_t sum = 0;
    for (Sink* sink : sinks) sum += sink->take();
    CHECK(sum == 100 * copy_size("MSG job 1 ", size));
  }
}

// Over a leaf link, for plain interest and for a queue group, and from one.
TEST_CASE("broker: publishing over a leaf link allocates nothing", "[broker][allocation]") {
  for (const std::size_t size : sizes) {
    CAPTURE(size);
    Bench bench;
    Sink& leaf = bench.reader("LS+ a\r\nLS+ job q 1\r\n", true);
    CHECK(bench.allocations_of(publication("a", size), 50) == 0);
    CHECK(leaf.take() == 50 * copy_size("LMSG a ", size));
    CHECK(bench.allocations_of(publication("job", size), 50) == 0);
    CHECK(leaf.take() == 50 * copy_size("LMSG job | q ", size));
  }
}

// Several read batches of messages in one turn: a read that ends inside a message keeps its rest
// in a block of its own, so there may be one allocation for a read, and none for a message.
TEST_CASE("broker: a batch of messages allocates nothing", "[broker][allocation]") {
  for (const std::size_t size : sizes) {
    CAPTURE(size);
    Bench bench;
    Sink& one = bench.reader("SUB a 1\r\n");
    bench.reader("LS+ a\r\n", true);
    std::string batch;
    const std::size_t messages = std::min<std::size_t>(200, 256 * 1024 / size);
    for (std::size_t i = 0; i < messages; ++i) batch += publication("a", size);
    const std::size_t reads = 20 * (batch.size() / limits::slab_bytes);
    CHECK(bench.allocations_of(batch, 20) <= reads);
    CHECK(one.take() == 20 * messages * copy_size("MSG a 1 ", size));
  }
}
