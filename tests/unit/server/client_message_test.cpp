// SPDX-License-Identifier: Apache-2.0
//
// Headers and messages as values: what they hold, how they are written and read, how they copy.

#include "support/catch.hpp"
#include "unit/server/error_code.hpp"
#include "unit/server/fake_shard.hpp"

#include <leafnats/headers.hpp>
#include <leafnats/message.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace leafnats;
using test::code_of;

TEST_CASE("headers keep their order and may repeat", "[headers]") {
  Headers headers{{"A", "1"}};
  headers.add("B", "2").add("A", "3").add("a", "4");
  CHECK(headers.size() == 4);
  CHECK(headers.get("A") == "1");
  CHECK(headers.values("A") == std::vector<std::string_view>{"1", "3"});
  CHECK_FALSE(headers.get("C"));
  CHECK(*headers.encode() == "NATS/1.0\r\nA: 1\r\nB: 2\r\nA: 3\r\na: 4\r\n\r\n");
  headers.set("A", *headers.get("B"));
  CHECK(headers.values("A") == std::vector<std::string_view>{"2"});
  CHECK(headers.remove("B") == 1);
  CHECK(headers.remove("B") == 0);
  CHECK(*headers.encode() == "NATS/1.0\r\na: 4\r\nA: 2\r\n\r\n");
  // A name from its own storage may be removed.
  CHECK(headers.remove(headers.begin()->name) == 1);
  CHECK(headers.size() == 1);
}

TEST_CASE("headers are read back as they were written", "[headers]") {
  CHECK(*Headers().encode() == "");
  CHECK(Headers().empty());
  for (const char* block : {"NATS/1.0\r\nA: b\r\nA: c d\r\n\r\n", "NATS/1.0 503\r\n\r\n",
                            "NATS/1.0 100 Idle Heartbeat\r\nLast: 7\r\n\r\n"}) {
    CAPTURE(block);
    const auto headers = Headers::parse(block);
    REQUIRE(headers);
    CHECK_FALSE(headers->empty());
    CHECK(*headers->encode() == block);
  }
  CHECK(Headers::parse("NATS/1.0 503 No Responders\r\n\r\n")->status() == "503");
  CHECK(Headers::parse("NATS/1.0 503 No Responders\r\n\r\n")->description() == "No Responders");
  for (const char* block : {"", "A: b\r\n\r\n", "NATS/1.0\r\nA b\r\n\r\n", "NATS/1.0\r\n"}) {
    CAPTURE(block);
    CHECK(code_of(Headers::parse(block)) == Errc::invalid_argument);
  }
}

TEST_CASE("headers that cannot be sent are named", "[headers]") {
  for (const char* name : {"", "a b", "a:", "a\r\n"}) {
    CAPTURE(name);
    CHECK(code_of(Headers{{name, "x"}}.encode()) == Errc::invalid_argument);
  }
  const auto encoded = Headers{{"Good", "x"}, {"Bad", "x\ny"}}.encode();
  REQUIRE(code_of(encoded) == Errc::invalid_argument);
  CHECK(encoded.error().message().find("'Bad'") != std::string::npos);
}

TEST_CASE("a malformed header block does no harm", "[message]") {
  test::FakeServer host;
  Client client = host.connect();
  std::optional<OwnedMessage> seen;
  auto subscription = client.subscribe("a", [&](const Message& message) {
    seen.emplace(message);
    CHECK_FALSE(message.header("A"));
    CHECK(message.headers().empty());
  });
  host.settle();
  // Servers pass on what publishers wrote, so it comes from below the public API.
  REQUIRE(host.shard().post([&] {
    struct Ignore final : broker::LocalSink {
      void on_messages(std::vector<broker::LocalDelivery>&) override {}
      void on_closed() override {}
    } sink;
    broker::LocalSession& session = host.shard().shard().open_local(sink);
    CHECK(*session.publish("a", "", "NATS/1.0\r\nA b\r\n\r\n", "payload"));
    host.shard().shard().close_local(session);
  }));
  host.settle();
  REQUIRE(seen);
  CHECK(seen->header_block() == "NATS/1.0\r\nA b\r\n\r\n");
  CHECK(seen->payload() == "payload");
}

TEST_CASE("a kept message has bytes of its own", "[message]") {
  test::FakeServer host;
  Client client = host.connect();
  auto pulled = client.subscribe("a");
  std::vector<std::string> answers;
  auto answered = client.subscribe(
      "b", [&](const Message& message) { answers.emplace_back(message.payload()); });
  REQUIRE(client.publish_request("a", "b", "one", {{"N", "1"}}));
  REQUIRE(client.publish("a", "two"));
  host.settle();
  OwnedMessage first = *pulled->next(std::chrono::milliseconds(0));
  const OwnedMessage copy = first;
  OwnedMessage moved = std::move(first);
  CHECK(first.payload().empty());
  CHECK(first.subject().empty());
  CHECK(code_of(first.respond("x")) == Errc::invalid_argument);
  first = *pulled->next(std::chrono::milliseconds(0));
  CHECK(first.payload() == "two");
  for (const OwnedMessage* one : {&copy, &std::as_const(moved)}) {
    CHECK(one->subject() == "a");
    CHECK(one->reply() == "b");
    CHECK(one->payload() == "one");
    CHECK(one->header("N") == "1");
    REQUIRE(one->respond("kept"));
  }
  host.settle();
  CHECK(answers == std::vector<std::string>{"kept", "kept"});
  client.close();
  CHECK(code_of(copy.respond("late")) == Errc::closed);
}
