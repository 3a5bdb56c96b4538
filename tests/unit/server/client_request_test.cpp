// SPDX-License-Identifier: Apache-2.0
//
// Requests without waiting, pull subscriptions, and what a callback must not do: all turn by turn
// under a clock that the test moves.

#include "support/catch.hpp"
#include "unit/server/error_code.hpp"
#include "unit/server/fake_shard.hpp"

#include "broker/client_session.hpp"
#include "broker/outbox.hpp"
#include "broker/transport.hpp"

#include <leafnats/client.hpp>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

using namespace leafnats;
using namespace std::chrono_literals;
using test::code_of;
using test::FakeServer;

namespace {

/// What request handlers were told: a payload, or a code.
struct Outcomes {
  std::vector<std::string> answers;
  std::vector<Errc> errors;

  AnswerHandler handler() {
    return [this](const Result<Message>& answer) {
      if (answer) {
        answers.emplace_back(answer->payload());
      } else {
        errors.push_back(answer.error().code);
      }
    };
  }
};

using Answers = std::vector<std::string>;
using Errors = std::vector<Errc>;

}  // namespace

TEST_CASE("a request gets the first answer and no other", "[client]") {
  FakeServer host;
  Client asking = host.connect();
  Client answering = host.connect();
  Outcomes outcomes;
  std::string inbox;
  auto service = answering.subscribe("double", [&](const Message& message) {
    inbox = message.reply();
    const std::string text(message.payload());
    REQUIRE(message.respond(text + text));
    REQUIRE(message.respond("once more"));
  });
  host.settle();
  REQUIRE(asking.request_async("double", "ab", 1s, outcomes.handler()));
  REQUIRE(asking.request_async("double", "c", 1s, outcomes.handler()));
  host.settle();
  CHECK(outcomes.answers == Answers{"abab", "cc"});
  // One subscription serves all, and neither late nor forged answers disturb it.
  CHECK(host.shard().shard().statistics().subscriptions == 2);
  for (const char* end : {"", "x", ".1", "99"}) {
    CAPTURE(end);
    (void)answering.publish(inbox + end, "late");
  }
  host.advance(2s);
  CHECK(outcomes.answers.size() == 2);
  CHECK(outcomes.errors.empty());
}

TEST_CASE("a request to nobody ends with no_responders, never within the call", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Outcomes outcomes;
  bool returned = false;
  auto trigger = client.subscribe("go", [&](const Message&) {
    REQUIRE(client.request_async("nobody", "", 1s, [&](const Result<Message>& answer) {
      CHECK(returned);
      outcomes.handler()(answer);
    }));
    returned = true;
  });
  REQUIRE(client.request_async("nobody", "", 1s, outcomes.handler()));
  REQUIRE(client.publish("go", ""));
  host.settle();
  CHECK(outcomes.errors == Errors{Errc::no_responders, Errc::no_responders});
}

TEST_CASE("status 503 from a server far away means no_responders", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Outcomes outcomes;
  std::vector<std::string> blocks = {"NATS/1.0 503\r\n\r\n",
                                     "NATS/1.0 503 No Responders\r\nNats-Subject: q\r\n\r\n",
                                     "NATS/1.0 408\r\n\r\n"};
  auto leaf = client.subscribe("q", [&](const Message& message) {
    const auto index = static_cast<std::size_t>(std::stoi(std::string(message.payload())));
    REQUIRE(message.respond("", *Headers::parse(blocks[index])));
  });
  for (const char* payload : {"0", "1", "2"}) {
    REQUIRE(client.request_async("q", payload, 1s, outcomes.handler()));
  }
  host.settle();
  CHECK(outcomes.errors == Errors{Errc::no_responders, Errc::no_responders});
  CHECK(outcomes.answers == Answers{""});
}

TEST_CASE("a request without an answer ends at its timeout", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Outcomes outcomes;
  auto silent = client.subscribe("q", [](const Message&) {});
  REQUIRE(client.request_async("q", "", 2s, outcomes.handler()));
  REQUIRE(client.request_async("q", "", 1s, outcomes.handler()));
  REQUIRE(client.request_async("q", "", std::chrono::milliseconds::max(), outcomes.handler()));
  host.settle();
  host.advance(999ms);
  CHECK(outcomes.errors.empty());
  host.advance(1ms);
  CHECK(outcomes.errors == Errors{Errc::timeout});
  host.advance(1s);
  CHECK(outcomes.errors == Errors{Errc::timeout, Errc::timeout});
  client.close();
  host.settle();
  CHECK(outcomes.errors == Errors{Errc::timeout, Errc::timeout, Errc::closed});
}

TEST_CASE("request handlers may ask, answer and close", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Outcomes outcomes;
  auto echo = client.subscribe(
      "echo", [](const Message& message) { REQUIRE(message.respond(message.payload())); });
  REQUIRE(client.request_async("echo", "1", 1s, [&](const Result<Message>& first) {
    REQUIRE(first);
    REQUIRE(client.request_async("echo", std::string(first->payload()) + "2", 1s,
                                 [&](const Result<Message>& second) {
                                   outcomes.handler()(second);
                                   client.close();
                                 }));
    REQUIRE(client.request_async("silence", "", 1s, outcomes.handler()));
  }));
  auto silence = client.subscribe("silence", [](const Message&) {});
  host.settle();
  CHECK(outcomes.answers == Answers{"12"});
  CHECK(outcomes.errors == Errors{Errc::closed});
}

TEST_CASE("requests of one client are bounded", "[client]") {
  FakeServer host;
  ClientOptions options;
  options.outgoing_bytes_max = 64 * 1024 * 1024;
  Client client = host.connect(0, options);
  Outcomes outcomes;
  auto silent = client.subscribe("q", [](const Message&) {});
  for (std::size_t i = 0; i < limits::client_requests_max + 1; ++i) {
    REQUIRE(client.request_async("q", "", 1s, outcomes.handler()));
  }
  host.settle();
  CHECK(outcomes.errors == Errors{Errc::limit_exceeded});
  host.advance(1s);
  CHECK(outcomes.errors.size() == limits::client_requests_max + 1);
}

TEST_CASE("requests cross shards", "[client]") {
  FakeServer host(2);
  Client asking = host.connect(0);
  Client answering = host.connect(1);
  Outcomes outcomes;
  auto service =
      answering.subscribe("q", [](const Message& message) { REQUIRE(message.respond("yes")); });
  host.settle();
  REQUIRE(asking.request_async("q", "", 1s, outcomes.handler()));
  host.settle();
  CHECK(outcomes.answers == Answers{"yes"});
}

TEST_CASE("a pull subscription keeps messages in order until they are asked for", "[client]") {
  FakeServer host;
  Client client = host.connect();
  auto pulled = client.subscribe("a");
  REQUIRE(pulled);
  CHECK(code_of(pulled->next(0ms)) == Errc::timeout);
  for (const char* payload : {"1", "2", "3"}) REQUIRE(client.publish("a", payload));
  host.settle();
  CHECK(pulled->pending() == 3);
  CHECK(pulled->next(0ms)->payload() == "1");
  CHECK(pulled->next(1s)->payload() == "2");
  REQUIRE(pulled->unsubscribe());
  CHECK(code_of(pulled->next(1s)) == Errc::closed);
  CHECK(pulled->pending() == 0);
}

TEST_CASE("a full pull subscription drops the newest and counts", "[client]") {
  FakeServer host;
  Client client = host.connect();
  SubscribeOptions options;
  SECTION("by messages") { options.pending_messages_max = 2; }
  SECTION("by bytes") { options.pending_bytes_max = 2 * (1 + 10) + 5; }
  auto pulled = client.subscribe("a", options);
  const auto publish = [&](char first) {
    REQUIRE(client.publish("a", first + std::string(9, '.')));
    host.settle();
  };
  for (const char first : {'1', '2', '3', '4'}) publish(first);
  CHECK(pulled->dropped() == 2);
  CHECK(pulled->next(0ms)->payload().front() == '1');
  publish('5');
  CHECK(pulled->next(0ms)->payload().front() == '2');
  CHECK(pulled->next(0ms)->payload().front() == '5');
  CHECK(pulled->dropped() == 2);
}

TEST_CASE("a pull subscription hands out what it has after its maximum", "[client]") {
  FakeServer host;
  Client client = host.connect();
  auto pulled = client.subscribe("a", {.max_messages = 2});
  for (const char* payload : {"1", "2", "3"}) REQUIRE(client.publish("a", payload));
  host.settle();
  CHECK_FALSE(pulled->active());
  CHECK(pulled->next(1s)->payload() == "1");
  CHECK(pulled->next(1s)->payload() == "2");
  CHECK(code_of(pulled->next(1s)) == Errc::closed);
}

TEST_CASE("blocking calls are refused on the server's thread", "[client]") {
  FakeServer host;
  Client client = host.connect();
  Client other = host.connect();
  auto pulled = client.subscribe("b");
  std::vector<std::optional<Errc>> codes;
  auto subscription = client.subscribe("a", [&](const Message&) {
    for (Client* one : {&client, &other}) {
      codes.push_back(code_of(one->request("q", "", 1s)));
      codes.push_back(code_of(one->flush(1s)));
      codes.push_back(code_of(one->drain(1s)));
    }
    codes.push_back(code_of(pulled->next(1s)));
    CHECK(code_of(pulled->next(0ms)) == Errc::timeout);
  });
  REQUIRE(client.publish("a", ""));
  host.settle();
  CHECK(codes == std::vector<std::optional<Errc>>(7, Errc::would_deadlock));
  CHECK_FALSE(client.closed());
}

TEST_CASE("a client can be used within the callback of another one", "[client]") {
  FakeServer host;
  Client client = host.connect();
  // It would wait for room, but not here.
  ClientOptions options;
  options.outgoing_bytes_max = 1;
  options.publish_wait = 1h;
  Client other = host.connect(0, options);
  std::vector<std::string> heard;
  auto listening = client.subscribe(
      "out", [&](const Message& message) { heard.emplace_back(message.payload()); });
  auto subscription = client.subscribe("in", [&](const Message&) {
    CHECK(other.publish("out", "1"));
    CHECK(code_of(other.publish("out", "2")) == Errc::limit_exceeded);
  });
  REQUIRE(client.publish("in", ""));
  host.settle();
  CHECK(heard == std::vector<std::string>{"1"});
}

namespace {

/// A peer that never reads.
class DeafTransport final : public broker::Transport {
 public:
  void flush(broker::Outbox&) override {}
  void set_reading(bool) override {}
  void close(broker::Outbox&) override {}
};

}  // namespace

TEST_CASE("an event callback may publish although a message is being routed", "[client]") {
  // The slow consumer is noticed while "flood" is routed and told when the turn ends, between
  // callbacks: a publication from there must reach its subscribers all the same.
  Client* publisher = nullptr;
  int slow = 0;
  Options options;
  options.max_pending = 1'500'000;
  options.on_event = [&](const Event& event) {
    if (event.kind != EventKind::slow_consumer) return;
    ++slow;
    CHECK(publisher->publish("news", "slow consumer"));
  };
  DeafTransport transport;
  FakeServer host(1, options);
  Client client = host.connect();
  publisher = &client;
  std::vector<std::string> heard;
  auto news = client.subscribe(
      "news", [&](const Message& message) { heard.emplace_back(message.payload()); });
  int floods = 0;
  auto flood = client.subscribe("flood", [&](const Message&) { ++floods; });
  const std::string block(500'000, 'x');
  auto trigger = client.subscribe("go", [&](const Message&) {
    for (int i = 0; i < 5; ++i) REQUIRE(client.publish("flood", block));
    REQUIRE(client.publish("news", "done"));
  });
  host.settle();
  REQUIRE(host.shard().post([&] {
    broker::ClientSession& session = host.shard().shard().accept_client(transport, "peer");
    const std::string_view bytes = "CONNECT {}\r\nSUB flood 1\r\n";
    std::memcpy(session.receive_space().data(), bytes.data(), bytes.size());
    session.received(bytes.size());
  }));
  host.settle();
  REQUIRE(client.publish("go", ""));
  host.settle();
  CHECK(slow == 1);
  CHECK(floods == 5);
  CHECK(heard == std::vector<std::string>{"done", "slow consumer"});
}
