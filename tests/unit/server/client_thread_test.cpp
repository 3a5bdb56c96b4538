// SPDX-License-Identifier: Apache-2.0
//
// The calls that block, and many threads at once, with a real thread taking the shard's turns.
// Every wait is for an event, with a deadline that only a failure reaches.

#include "support/catch.hpp"
#include "unit/server/error_code.hpp"
#include "unit/server/fake_shard.hpp"

#include <leafnats/client.hpp>

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace leafnats;
using namespace std::chrono_literals;
using test::code_of;
using test::FakeServer;

namespace {

constexpr auto deadline = 60s;

/// What threads other than the test's own found wrong: Catch2's macros are for that one alone.
class Elsewhere {
 public:
  ~Elsewhere() { CHECK(failures_ == 0); }
  void expect(bool holds) {
    if (!holds) ++failures_;
  }

 private:
  std::atomic<int> failures_{0};
};

}  // namespace

TEST_CASE("request() waits for the answer, or for the news that there is none", "[client]") {
  Elsewhere elsewhere;
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  auto service = client.subscribe("q", [&](const Message& message) {
    const std::string text = "yes, " + std::string(message.payload());
    elsewhere.expect(message.respond(text, {{"A", "b"}}).has_value());
  });
  auto silent = client.subscribe("silence", [](const Message&) {});
  const auto answer = client.request("q", "you", deadline);
  REQUIRE(answer);
  CHECK(answer->payload() == "yes, you");
  CHECK(answer->header("A") == "b");
  CHECK(code_of(client.request("nobody", "", deadline)) == Errc::no_responders);
  CHECK(code_of(client.request("silence", "", 1ms)) == Errc::timeout);
  CHECK(code_of(client.request("a.*", "", deadline)) == Errc::invalid_argument);
}

TEST_CASE("after flush() callbacks have run and other clients know", "[client]") {
  const unsigned shards = GENERATE(1U, 3U);
  FakeServer host(shards);
  host.run_on_threads();
  Client client = host.connect(0);
  Client other = host.connect(shards - 1);
  std::atomic<int> calls{0};
  auto subscription = client.subscribe("a", [&](const Message&) { ++calls; });
  REQUIRE(client.flush(deadline));
  REQUIRE(other.publish("a", ""));
  REQUIRE(other.flush(deadline));
  REQUIRE(client.publish("a", ""));
  REQUIRE(client.flush(deadline));
  CHECK(calls == 2);
}

TEST_CASE("flush() gives up when the server's thread is busy", "[client]") {
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  std::promise<void> entered;
  std::promise<void> leave;
  auto subscription = client.subscribe("a", [&](const Message&) {
    entered.set_value();
    leave.get_future().wait();
  });
  REQUIRE(client.publish("a", ""));
  entered.get_future().wait();
  CHECK(code_of(client.flush(1ms)) == Errc::timeout);
  leave.set_value();
  CHECK(client.flush(deadline));
}

TEST_CASE("publishing waits for room as long as it was told to", "[client]") {
  FakeServer host;
  host.run_on_threads();
  ClientOptions options;
  options.outgoing_bytes_max = 10'000;
  options.publish_wait = deadline;
  Client client = host.connect(0, options);
  int count = 0;
  auto subscription = client.subscribe("a", [&](const Message&) { ++count; });
  for (int i = 0; i < 2000; ++i) REQUIRE(client.publish("a", std::string(1000, 'x')));
  REQUIRE(client.flush(deadline));
  CHECK(count == 2000);
}

TEST_CASE("a waiting publisher is released when the client closes", "[client]") {
  FakeServer host;  // nobody takes turns
  ClientOptions options;
  options.outgoing_bytes_max = 1000;
  options.publish_wait = deadline;
  Client client = host.connect(0, options);
  std::promise<void> full;
  std::optional<Errc> code;
  std::thread publisher([&] {
    for (int i = 0; !code; ++i) {
      if (i == 1) full.set_value();
      code = code_of(client.publish("a", std::string(900, 'x')));
    }
  });
  full.get_future().wait();
  client.close();
  publisher.join();
  CHECK(code == Errc::closed);
}

TEST_CASE("next() waits for a message, and ends with its subscription", "[client]") {
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  auto pulled = client.subscribe("a");
  std::promise<std::string> got;
  std::promise<std::optional<Errc>> ended;
  std::thread reader([&] {
    const auto first = pulled->next(deadline);
    got.set_value(first ? std::string(first->payload()) : "nothing");
    ended.set_value(code_of(pulled->next(deadline)));
  });
  REQUIRE(client.publish("a", "x"));
  CHECK(got.get_future().get() == "x");
  SECTION("unsubscribed") { CHECK(pulled->unsubscribe()); }
  SECTION("closed") { client.close(); }
  SECTION("stopped") { host.stop(); }
  CHECK(ended.get_future().get() == Errc::closed);
  reader.join();
}

TEST_CASE("drain() lets callbacks and readers finish, then closes", "[client]") {
  Elsewhere elsewhere;
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  Client witness = host.connect();
  auto results = witness.subscribe("results");
  REQUIRE(witness.flush(deadline));
  auto worker = client.subscribe("work", [&](const Message& message) {
    elsewhere.expect(client.publish("results", message.payload()).has_value());
  });
  auto pulled = client.subscribe("work", {.max_messages = 3});
  std::atomic<int> answers{0};
  auto echo = witness.subscribe("echo", [](const Message& message) { (void)message.respond(""); });
  REQUIRE(witness.flush(deadline));
  for (const char* payload : {"1", "2", "3"}) REQUIRE(client.publish("work", payload));
  REQUIRE(client.request_async("echo", "", deadline,
                               [&](const Result<Message>& answer) { answers += bool(answer); }));
  std::thread reader([&] {
    for (const char* payload : {"1", "2", "3"}) {
      const auto message = pulled->next(deadline);
      elsewhere.expect(message && message->payload() == payload);
    }
  });
  CHECK(client.drain(deadline));
  CHECK(client.closed());
  reader.join();
  CHECK(answers == 1);
  for (const char* payload : {"1", "2", "3"}) {
    CHECK(results->next(deadline)->payload() == payload);
  }
  CHECK(code_of(client.publish("results", "")) == Errc::closed);
}

TEST_CASE("drain() closes even if a reader does not come", "[client]") {
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  auto pulled = client.subscribe("a");
  REQUIRE(client.publish("a", ""));
  CHECK(code_of(client.drain(1ms)) == Errc::timeout);
  CHECK(client.closed());
  CHECK(code_of(pulled->next(deadline)) == Errc::closed);
}

TEST_CASE("while draining nothing new begins", "[client]") {
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  std::promise<void> entered;
  std::promise<void> leave;
  std::vector<std::optional<Errc>> codes;
  auto subscription = client.subscribe("a", [&](const Message&) {
    entered.set_value();
    leave.get_future().wait();
    codes.push_back(code_of(client.subscribe("b")));
    codes.push_back(code_of(client.request_async("b", "", 1s, [](auto&) {})));
    codes.push_back(code_of(client.publish("b", "")));
  });
  REQUIRE(client.publish("a", ""));
  entered.get_future().wait();
  // The first drain waits for the callback; the second sees it under way.
  auto drained = std::async(std::launch::async, [&] { return code_of(client.drain(deadline)); });
  while (!code_of(client.subscribe("c"))) std::this_thread::yield();
  CHECK(code_of(client.drain(deadline)) == Errc::closed);
  leave.set_value();
  CHECK(drained.get() == std::nullopt);
  CHECK(codes == std::vector<std::optional<Errc>>{Errc::closed, Errc::closed, std::nullopt});
}

TEST_CASE("the end of a handle waits for its callback, not for others", "[client]") {
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> left{false};
  auto busy = std::make_optional(*client.subscribe("a", [&](const Message&) {
    entered.set_value();
    leave.get_future().wait();
    left = true;
  }));
  auto idle = std::make_optional(*client.subscribe("b", [](const Message&) {}));
  REQUIRE(client.publish("a", ""));
  entered.get_future().wait();
  idle.reset();  // returns although the other callback runs
  CHECK(busy->unsubscribe());
  CHECK_FALSE(left);
  std::thread releasing([&] { leave.set_value(); });
  busy.reset();
  CHECK(left);
  releasing.join();
}

TEST_CASE("the end of a client waits for a callback that runs", "[client]") {
  FakeServer host;
  host.run_on_threads();
  auto client = std::make_optional(host.connect());
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> left{false};
  auto subscription = client->subscribe("a", [&](const Message&) {
    entered.set_value();
    leave.get_future().wait();
    left = true;
  });
  REQUIRE(client->publish("a", ""));
  entered.get_future().wait();
  std::thread releasing([&] { leave.set_value(); });
  client.reset();
  CHECK(left);
  releasing.join();
}

TEST_CASE("blocked calls end when the server stops", "[client]") {
  FakeServer host;
  host.run_on_threads();
  Client client = host.connect();
  std::promise<void> asked;
  auto silent = client.subscribe("q", [&](const Message&) { asked.set_value(); });
  auto answer =
      std::async(std::launch::async, [&] { return code_of(client.request("q", "", deadline)); });
  asked.get_future().wait();
  host.stop();
  CHECK(answer.get() == Errc::closed);
  CHECK(code_of(client.flush(deadline)) == Errc::closed);
}

TEST_CASE("many threads publish and each keeps its order", "[client]") {
  constexpr int threads = 4;
  constexpr int messages = 2000;
  Elsewhere elsewhere;
  FakeServer host(2);
  host.run_on_threads();
  Client near = host.connect(0);
  Client far = host.connect(1);
  std::array<int, threads> next_near{};
  std::array<int, threads> next_far{};
  const auto check_order = [&](std::array<int, threads>& next) {
    return [&](const Message& message) {
      const auto thread = static_cast<std::size_t>(message.payload().front() - '0');
      elsewhere.expect(std::stoi(std::string(message.payload().substr(1))) == next[thread]);
      ++next[thread];
    };
  };
  auto here = near.subscribe("a", check_order(next_near));
  auto there = far.subscribe("a", check_order(next_far));
  REQUIRE(far.flush(deadline));
  std::vector<std::thread> publishers;
  for (int t = 0; t < threads; ++t) {
    publishers.emplace_back([&near, t] {
      for (int i = 0; i < messages; ++i) {
        while (!near.publish("a", std::to_string(t) + std::to_string(i))) std::this_thread::yield();
      }
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  REQUIRE(near.flush(deadline));  // routed to the other shard as well,
  REQUIRE(far.flush(deadline));   // whose callbacks have run after this
  for (const int next : next_near) CHECK(next == messages);
  for (const int next : next_far) CHECK(next == messages);
}

TEST_CASE("handles come and go on several threads while messages flow", "[client]") {
  Elsewhere elsewhere;
  FakeServer host;
  host.run_on_threads();
  ClientOptions options;
  options.outgoing_bytes_max = 10'000;
  options.publish_wait = deadline;
  Client client = host.connect(0, options);
  std::atomic<bool> over{false};
  std::thread publisher([&] {
    while (!over) {
      (void)client.publish("a", "x");
      (void)client.publish("b", "x");
    }
  });
  std::vector<std::thread> users;
  for (const char* subject : {"a", "b", ">"}) {
    users.emplace_back([&, subject] {
      for (int i = 0; i < 200; ++i) {
        auto alive = std::make_unique<int>(0);
        auto subscription = client.subscribe(subject, [&alive](const Message&) { ++*alive; });
        auto pulled = client.subscribe(subject, {.max_messages = 1});
        elsewhere.expect(pulled->next(deadline).has_value());
        if (i % 2 == 0) (void)subscription->unsubscribe();
        subscription = Error{Errc::closed, {}};
        alive.reset();  // a callback after the end would crash
      }
    });
  }
  for (std::thread& user : users) user.join();
  over = true;
  publisher.join();
  CHECK(client.drain(deadline));
}
