// SPDX-License-Identifier: Apache-2.0
//
// The in-process client turn by turn: publishing, subscribing, order, limits and its end, with
// every turn of the shard taken by the test.

#include "support/catch.hpp"
#include "unit/server/error_code.hpp"
#include "unit/server/fake_shard.hpp"

#include <leafnats/client.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace leafnats;
using namespace std::chrono_literals;
using test::code_of;
using test::FakeServer;

namespace {

/// Collects the payloads of what it is given.
struct Log {
  std::vector<std::string> lines;
  MessageHandler handler() {
    return [this](const Message& message) { lines.emplace_back(message.payload()); };
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a callback sees the whole message", "[client]") {
  FakeServer host;
  Client client = host.connect();
  std::optional<OwnedMessage> seen;
  auto subscription =
      client.subscribe("sensors.*", [&](const Message& message) { seen.emplace(message); });
  REQUIRE(subscription);
  REQUIRE(client.publish_request("sensors.temp", "answers.here", "21.5",
                                 {{"Unit", "C"}, {"Unit", "Celsius"}}));
  host.settle();
  REQUIRE(seen);
  CHECK(seen->subject() == "sensors.temp");
  CHECK(seen->reply() == "answers.here");
  CHECK(seen->payload() == "21.5");
  CHECK(seen->header("Unit") == "C");
  CHECK_FALSE(seen->header("unit"));
  CHECK(seen->headers().values("Unit") == std::vector<std::string_view>{"C", "Celsius"});
  CHECK(seen->header_block() == "NATS/1.0\r\nUnit: C\r\nUnit: Celsius\r\n\r\n");
}

TEST_CASE("what is told before is done before, and a burst costs one wake-up", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Log log;
  REQUIRE(client.publish("a", "too early"));
  auto subscription = client.subscribe("a", log.handler());
  Lines expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back(std::to_string(i));
    REQUIRE(client.publish("a", expected.back()));
  }
  CHECK(host.shard().posts() == 1);
  host.settle();
  CHECK(log.lines == expected);
  CHECK(host.shard().posts() == 1);
  REQUIRE(client.publish("a", "again"));
  CHECK(host.shard().posts() == 2);
}

TEST_CASE("a callback publishes in the same turn, after what was queued before", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Log log;
  auto all = client.subscribe("out", log.handler());
  auto relay = client.subscribe("in", [&](const Message&) {
    // As another thread would do while the callback runs.
    std::thread([&] { REQUIRE(client.publish("out", "foreign")); }).join();
    REQUIRE(client.publish("out", "own"));
  });
  REQUIRE(client.publish("in", ""));
  host.turn();
  CHECK(log.lines == Lines{"foreign", "own"});
}

TEST_CASE("respond() publishes to the reply subject, or says that there is none", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Log log;
  std::vector<std::optional<Errc>> responded;
  auto answers = client.subscribe("answers", log.handler());
  auto service = client.subscribe("service", [&](const Message& message) {
    responded.push_back(code_of(message.respond("got " + std::string(message.payload()))));
  });
  REQUIRE(client.publish_request("service", "answers", "x"));
  REQUIRE(client.publish("service", "y"));
  host.settle();
  CHECK(log.lines == Lines{"got x"});
  CHECK(responded == std::vector<std::optional<Errc>>{std::nullopt, Errc::invalid_argument});
}

TEST_CASE("what cannot work is refused at once", "[client]") {
  Options options;
  options.max_payload = 100;
  options.max_control_line = 64;
  FakeServer host(1, options);
  Client client = host.connect();
  const std::string large(101, 'x');
  const std::string long_subject(65, 's');
  for (const char* subject : {"", "a b", "a..b", ".a", "a.*", ">", "a\r\nb"}) {
    CAPTURE(subject);
    CHECK(code_of(client.publish(subject, "")) == Errc::invalid_argument);
    if (*subject != '\0') {
      CHECK(code_of(client.publish_request("a", subject, "")) == Errc::invalid_argument);
    }
  }
  CHECK(code_of(client.publish("a", large)) == Errc::limit_exceeded);
  CHECK(code_of(client.publish("a", large.substr(2), {{"A", "b"}})) == Errc::limit_exceeded);
  CHECK(code_of(client.publish(long_subject, "")) == Errc::limit_exceeded);
  CHECK(code_of(client.publish("a", "", {{"a b", "c"}})) == Errc::invalid_argument);
  CHECK(code_of(client.publish("a", "", {{"a", "b\r\nc"}})) == Errc::invalid_argument);
  CHECK(code_of(client.subscribe("a..b")) == Errc::invalid_argument);
  CHECK(code_of(client.subscribe("a.>.b")) == Errc::invalid_argument);
  CHECK(code_of(client.subscribe("a", MessageHandler())) == Errc::invalid_argument);
  CHECK(code_of(client.queue_subscribe("a", "my queue")) == Errc::invalid_argument);
  CHECK(code_of(client.subscribe(long_subject)) == Errc::limit_exceeded);
  CHECK(code_of(client.request_async("a", "", 1s, nullptr)) == Errc::invalid_argument);
  CHECK(host.shard().posts() == 0);
}

TEST_CASE("the outgoing queue is bounded, and takes more once it was emptied", "[client]") {
  FakeServer host;
  ClientOptions options;
  options.outgoing_bytes_max = 2000;
  Client client = host.connect(0, options);
  Log log;
  auto subscription = client.subscribe("a", log.handler());
  const std::string payload(500, 'x');
  std::size_t accepted = 0;
  while (client.publish("a", payload)) REQUIRE(++accepted < 10);
  CHECK(accepted == 3);
  CHECK(code_of(client.publish("a", payload)) == Errc::limit_exceeded);
  // Ending something always finds room.
  auto other = client.subscribe("b");
  CHECK(code_of(other) == std::nullopt);
  REQUIRE(other->unsubscribe());
  host.settle();
  CHECK(log.lines.size() == accepted);
  CHECK(client.publish("a", payload));
  // A message that is larger than the limit goes through an empty queue.
  host.settle();
  CHECK(client.publish("a", std::string(5000, 'x')));
}

TEST_CASE("a large backlog is spread over several turns, in order", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Log log;
  auto subscription = client.subscribe("a", log.handler());
  const std::string filler(1000, 'x');
  Lines expected;
  for (int i = 0; i < 1000; ++i) {
    expected.push_back(std::to_string(i) + filler);
    REQUIRE(client.publish("a", expected.back()));
  }
  host.settle();
  CHECK(log.lines == expected);
  CHECK(host.shard().posts() == 5);  // four turns of client_turn_bytes and what is left
}

TEST_CASE("unsubscribing in the callback ends it within the batch", "[client]") {
  FakeServer host;
  Client client = host.connect();
  int calls = 0;
  std::optional<Subscription> subscription;
  auto subscribed = client.subscribe("a", [&](const Message&) {
    ++calls;
    CHECK(subscription->unsubscribe());
    CHECK(code_of(subscription->unsubscribe()) == Errc::closed);
  });
  subscription = *std::move(subscribed);
  for (int i = 0; i < 3; ++i) REQUIRE(client.publish("a", ""));
  host.settle();
  CHECK(calls == 1);
  CHECK_FALSE(subscription->active());
  CHECK(host.shard().shard().statistics().subscriptions == 0);
}

TEST_CASE("a handle may end within its own callback", "[client]") {
  FakeServer host;
  Client client = host.connect();
  auto witness = std::make_shared<int>(0);
  std::optional<Subscription> subscription;
  auto subscribed = client.subscribe("a", [&subscription, witness](const Message&) {
    subscription.reset();
    ++*witness;  // the captures are still there
  });
  subscription = *std::move(subscribed);
  REQUIRE(client.publish("a", ""));
  REQUIRE(client.publish("a", ""));
  host.settle();
  CHECK(*witness == 1);
  CHECK(witness.use_count() == 1);
}

TEST_CASE("the end of a handle unsubscribes and releases the callback", "[client]") {
  FakeServer host;
  Client client = host.connect();
  auto witness = std::make_shared<int>(0);
  {
    auto subscription = client.subscribe("a", [witness](const Message&) { ++*witness; });
    host.settle();
    REQUIRE(client.publish("a", ""));
  }
  CHECK(witness.use_count() == 1);
  host.settle();
  CHECK(*witness == 0);
  CHECK(host.shard().shard().statistics().subscriptions == 0);
}

TEST_CASE("a detached subscription lives on", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Log log;
  client.subscribe("a", log.handler()).value().detach();
  REQUIRE(client.publish("a", "x"));
  host.settle();
  CHECK(log.lines == Lines{"x"});
}

TEST_CASE("a subscription ends by itself after its maximum", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Log log;
  auto subscription = client.subscribe("a", log.handler(), {.max_messages = 2});
  for (const char* payload : {"1", "2", "3"}) REQUIRE(client.publish("a", payload));
  host.settle();
  CHECK(log.lines == Lines{"1", "2"});
  CHECK_FALSE(subscription->active());
  CHECK(code_of(subscription->unsubscribe_after(5)) == Errc::closed);
}

TEST_CASE("unsubscribe_after() counts from the beginning", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Log log;
  auto subscription = client.subscribe("a", log.handler());
  REQUIRE(client.publish("a", "1"));
  host.settle();
  CHECK(code_of(subscription->unsubscribe_after(0)) == Errc::invalid_argument);
  SECTION("some are left") {
    REQUIRE(subscription->unsubscribe_after(3));
    for (const char* payload : {"2", "3", "4"}) REQUIRE(client.publish("a", payload));
    host.settle();
    CHECK(log.lines == Lines{"1", "2", "3"});
  }
  SECTION("there were as many already") {
    REQUIRE(subscription->unsubscribe_after(1));
    REQUIRE(client.publish("a", "2"));
    host.settle();
    CHECK(log.lines == Lines{"1"});
  }
  CHECK_FALSE(subscription->active());
  CHECK(host.shard().shard().statistics().subscriptions == 0);
}

TEST_CASE("one member of a queue group gets each message", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Client other = host.connect();
  Log mine, theirs;
  auto first = client.queue_subscribe("jobs", "workers", mine.handler());
  auto second = other.queue_subscribe("jobs", "workers", theirs.handler());
  host.settle();
  for (int i = 0; i < 50; ++i) REQUIRE(client.publish("jobs", ""));
  host.settle();
  CHECK(mine.lines.size() + theirs.lines.size() == 50);
  CHECK_FALSE(mine.lines.empty());
  CHECK_FALSE(theirs.lines.empty());
}

TEST_CASE("closing sends what was published, and calls nobody any more", "[client]") {
  FakeServer host;
  Client listener = host.connect();
  Client client = host.connect();
  Log heard;
  int calls = 0;
  auto listening = listener.subscribe("last.words", heard.handler());
  auto subscription = client.subscribe("a", [&](const Message&) {
    ++calls;
    client.close();
  });
  host.settle();
  SECTION("from another thread") {
    REQUIRE(client.publish("last.words", "bye"));
    REQUIRE(client.publish("a", ""));
    client.close();
    host.settle();
    CHECK(heard.lines == Lines{"bye"});
    CHECK(calls == 0);
  }
  SECTION("in a callback") {
    REQUIRE(client.publish("a", ""));
    REQUIRE(client.publish("a", ""));
    host.settle();
    CHECK(calls == 1);
  }
  CHECK(client.closed());
  CHECK_FALSE(subscription->active());
  CHECK(code_of(subscription->unsubscribe()) == Errc::closed);
  CHECK(code_of(client.publish("a", "")) == Errc::closed);
  CHECK(code_of(client.subscribe("a")) == Errc::closed);
  CHECK(code_of(client.request("a", "", 1s)) == Errc::closed);
  CHECK(code_of(client.request_async("a", "", 1s, [](auto&) {})) == Errc::closed);
  CHECK(code_of(client.flush(1s)) == Errc::closed);
  CHECK(code_of(client.drain(1s)) == Errc::closed);
  client.close();
  CHECK(host.shard().shard().statistics().subscriptions == 1);
}

TEST_CASE("a client may end within its own callback", "[client]") {
  FakeServer host;
  std::optional<Client> client = host.connect();
  int calls = 0;
  client
      ->subscribe("a",
                  [&](const Message& message) {
                    ++calls;
                    client.reset();
                    CHECK(code_of(message.respond("late")) == Errc::closed);
                  })
      .value()
      .detach();
  REQUIRE(client->publish_request("a", "b", ""));
  REQUIRE(client->publish("a", ""));
  host.settle();
  CHECK(calls == 1);
  CHECK(host.shard().shard().statistics().subscriptions == 0);
}

TEST_CASE("handles without anything behind them answer `closed`", "[client]") {
  Client clients[] = {Client(), server::make_client(nullptr)};
  for (Client& client : clients) {
    CHECK(client.closed());
    CHECK(code_of(client.publish("a", "")) == Errc::closed);
    CHECK(code_of(client.subscribe("a", [](const Message&) {})) == Errc::closed);
    CHECK(code_of(client.subscribe("a")) == Errc::closed);
    CHECK(code_of(client.request("a", "", 1s)) == Errc::closed);
    CHECK(code_of(client.flush(1s)) == Errc::closed);
    client.close();
  }
  PullSubscription none;
  CHECK(code_of(none.next(0ms)) == Errc::closed);
  CHECK(code_of(none.unsubscribe()) == Errc::closed);
  CHECK(none.subject().empty());
}

TEST_CASE("handles outlive the server", "[client]") {
  auto host = std::make_unique<FakeServer>();
  Client client = host->connect();
  Client unused = host->connect();
  Client late = host->connect();
  Log log;
  auto subscription = client.subscribe("a", log.handler());
  auto pulled = client.subscribe("a");
  REQUIRE(client.publish("a", "1"));
  host->settle();
  std::vector<std::optional<Errc>> outcomes;
  const auto note = [&](const Result<Message>& answer) { outcomes.push_back(code_of(answer)); };
  auto nobody = client.subscribe("nobody.answers", log.handler());
  REQUIRE(client.request_async("nobody.answers", "", 1s, note));
  host->settle();
  // These never reach the shard.
  REQUIRE(client.request_async("nobody.answers", "", 1s, note));
  REQUIRE(unused.request_async("nobody.answers", "", 1s, note));
  auto never = unused.subscribe("a");
  std::optional<OwnedMessage> kept = *pulled->next(0ms);
  host.reset();
  CHECK(outcomes == std::vector<std::optional<Errc>>(3, Errc::closed));
  for (Client* one : {&client, &unused, &late}) {
    CHECK(code_of(one->publish("a", "")) == Errc::closed);
    CHECK(one->closed());
  }
  CHECK(code_of(pulled->next(1s)) == Errc::closed);
  CHECK(code_of(never->next(1s)) == Errc::closed);
  CHECK_FALSE(subscription->active());
  CHECK(kept->payload() == "1");
  CHECK(code_of(kept->respond("")) == Errc::invalid_argument);
}

TEST_CASE("subscriptions reach the clients of other shards", "[client]") {
  FakeServer host(2);
  Client here = host.connect(0);
  Client there = host.connect(1);
  Log log;
  auto subscription = here.subscribe("a.>", log.handler());
  host.settle();
  for (const char* payload : {"1", "2", "3"}) REQUIRE(there.publish("a.b", payload));
  host.settle();
  CHECK(log.lines == Lines{"1", "2", "3"});
}
