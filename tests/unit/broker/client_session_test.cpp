// SPDX-License-Identifier: Apache-2.0
//
// The client protocol of one session: what is answered, what is delivered, and which errors close.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

// Subscribing, publishing, replies, and the end of a subscription.
TEST_CASE("broker: a message to its subscribers", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  Peer& one = server.login();
  Peer& two = server.login();
  CHECK(one.ask("SUB a.* 9\r\nSUB a.b x\r\n").empty());
  two.send("SUB a.b 1\r\n");
  CHECK(two.ask("PUB a.b back 2\r\nhi\r\n") == "MSG a.b 1 back 2\r\nhi\r\n");
  CHECK(sorted_lines(one.take()) == std::vector<std::string>{"MSG a.b 9 back 2", "MSG a.b x back 2",
                                                             "hi", "hi"});
  one.send("UNSUB 9\r\n");
  two.send("PUB a.b 0\r\n\r\nPUB other 0\r\n\r\n");
  CHECK(one.take() == "MSG a.b x 0\r\n\r\n");
  CHECK(server.shard().statistics().subscriptions == 2);
  two.leave();
  CHECK(server.shard().statistics().subscriptions == 1);
}

// UNSUB with a maximum counts all deliveries of the subscription, those before it too.
TEST_CASE("broker: UNSUB with a maximum", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = server.login();
  Peer& writer = server.login();
  const std::string message = "PUB a 0\r\n\r\n";
  reader.send("SUB a 1\r\nUNSUB 1 2\r\n");
  writer.send(message + message + message);
  CHECK(count(reader.take(), "MSG a 1 0") == 2);
  CHECK(server.shard().statistics().subscriptions == 0);

  reader.send("SUB a 2\r\n");
  writer.send(message + message);
  reader.send("UNSUB 2 3\r\n");
  writer.send(message + message);
  CHECK(count(reader.take(), "MSG a 2 0") == 3);

  reader.send("SUB a 3\r\n");
  writer.send(message + message);
  reader.send("UNSUB 3 2\r\n");  // has had them already: ends at once
  writer.send(message);
  CHECK(count(reader.take(), "MSG a 3 0") == 2);
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(reader.ask("UNSUB 99\r\nUNSUB 99 5\r\nPING\r\n") == "PONG\r\n");
}

// A maximum reached in the middle of a fan-out: the others still get theirs.
TEST_CASE("broker: maxima reached by one message", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  Peer& reader = server.login();
  for (int sid = 1; sid <= 5; ++sid) {
    const std::string number = std::to_string(sid);
    reader.send("SUB a " + number + "\r\n");
    if (sid % 2 == 1) reader.send("UNSUB " + number + " 1\r\n");
  }
  CHECK(count(reader.ask("PUB a 0\r\n\r\n"), "MSG a ") == 5);
  CHECK(count(reader.ask("PUB a 0\r\n\r\n"), "MSG a ") == 2);
}

// A sid in use: the first subscription stays as it is.
TEST_CASE("broker: a sid that is used twice", "[broker][client]") {
  World world;
  Peer& client = world.server().login();
  client.send("SUB a 1\r\nSUB b 1\r\n");
  CHECK(client.ask("PUB a 0\r\n\r\nPUB b 0\r\n\r\n") == "MSG a 1 0\r\n\r\n");
}

// verbose: each operation is answered with +OK, PUB before its message is delivered.
TEST_CASE("broker: verbose clients", "[broker][client]") {
  World world;
  Peer& client = world.server().client();
  client.take();
  CHECK(client.ask("CONNECT {\"pedantic\":false}\r\n") == "+OK\r\n");
  CHECK(client.ask("SUB a 1\r\nPUB a 1\r\nx\r\nUNSUB 1\r\nUNSUB 7\r\nPING\r\n") ==
        "+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\n+OK\r\nPONG\r\n");
}

// pedantic: an invalid subject of PUB is reported; it matches nobody either way. That of SUB is
// always refused. Neither closes.
TEST_CASE("broker: invalid subjects", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  Peer& pedantic = server.login(R"({"verbose":false,"pedantic":true})");
  Peer& relaxed = server.login();
  relaxed.send("SUB > 1\r\n");
  for (const char* subject : {"a.*", ">", "a..b", ".a", "a."}) {
    const std::string publish = "PUB " + std::string(subject) + " 0\r\n\r\n";
    CHECK(pedantic.ask(publish) == "-ERR 'Invalid Publish Subject'\r\n");
    CHECK(relaxed.ask(publish + "PING\r\n").ends_with("PONG\r\n"));
  }
  for (const char* subject : {"a..b", ".a", "a.", "a.>.b"}) {
    CHECK(relaxed.ask("SUB " + std::string(subject) + " 9\r\n") == "-ERR 'Invalid Subject'\r\n");
  }
  CHECK(relaxed.ask("PING\r\n") == "PONG\r\n");
}

// Subjects of the servers' own replies are nobody's to name.
TEST_CASE("broker: reserved replies", "[broker][client]") {
  World world;
  Peer& client = world.server().login();
  client.send("SUB a 1\r\n");
  CHECK(client.ask("PUB a _R_.x 0\r\n\r\n") ==
        "-ERR 'Permissions Violation for Publish with Reply of \"_R_.x\"'\r\n");
  CHECK(client.ask("PUB a _GR_.x 0\r\n\r\n").starts_with("-ERR"));
  CHECK(client.ask("PUB a $GR.x 0\r\n\r\n").starts_with("-ERR"));
  CHECK(client.ask("PUB a _R_ 0\r\n\r\n") == "MSG a 1 _R_ 0\r\n\r\n");
}

// A client that does not know headers gets the payload alone; one that did not agree on them may
// not send them.
TEST_CASE("broker: headers are for those who know them", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  Peer& modern = server.login(modern_connect);
  Peer& plain = server.login();
  modern.send("SUB a 1\r\n");
  plain.send("SUB a 2\r\n");
  modern.take();
  CHECK(modern.ask("HPUB a r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n") ==
        "HMSG a 1 r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  CHECK(plain.take() == "MSG a 2 r 2\r\nhi\r\n");
  CHECK(modern.ask("HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n") ==
        "HMSG a 1 12 12\r\nNATS/1.0\r\n\r\n\r\n");
  CHECK(plain.take() == "MSG a 2 0\r\n\r\n");
  CHECK(plain.ask("HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n").empty());
  CHECK(plain.closed());

  Options options;
  options.no_header_support = true;
  Peer& denied = world.server(options).login(R"({"headers":true,"verbose":false})");
  denied.send("HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n");
  CHECK(denied.closed());
}

// 503: to the requester alone, through its own subscription to the reply subject, and only for
// requests that nobody could be given.
TEST_CASE("broker: no responders", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  Peer& asker = server.login(modern_connect);
  Peer& other = server.login(modern_connect);
  asker.send("SUB inbox.* 7\r\n");
  other.send("SUB inbox.> 1\r\n");
  const std::string expected =
      "HMSG inbox.1 7 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n";
  CHECK(asker.ask("PUB nobody inbox.1 2\r\nhi\r\n") == expected);
  CHECK(other.take().empty());
  CHECK(asker.ask("PUB nobody 2\r\nhi\r\n").empty());
  CHECK(asker.ask("PUB nobody elsewhere 2\r\nhi\r\n").empty());
  other.send("SUB nobody 2\r\n");
  CHECK(asker.ask("PUB nobody inbox.1 2\r\nhi\r\n").empty());
  CHECK(other.take() == "MSG nobody 2 inbox.1 2\r\nhi\r\n");
  // A subscriber that gets no copy because it is the publisher and wants no echo is no responder.
  Peer& mute =
      server.login(R"({"verbose":false,"headers":true,"no_responders":true,"echo":false})");
  mute.send("SUB own 1\r\nSUB inbox.* 2\r\n");
  CHECK(count(mute.ask("PUB own inbox.2 0\r\n\r\n"), "NATS/1.0 503") == 1);
}

// echo: false keeps a client's own messages from it, and from it alone.
TEST_CASE("broker: echo off", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  Peer& quiet = server.login(R"({"verbose":false,"echo":false})");
  Peer& other = server.login();
  quiet.send("SUB a 1\r\nSUB job q 2\r\n");
  other.send("SUB a 1\r\nSUB job q 2\r\n");
  CHECK(quiet.ask("PUB a 0\r\n\r\n").empty());
  CHECK(other.take() == "MSG a 1 0\r\n\r\n");
  CHECK(other.ask("PUB a 0\r\n\r\n") == "MSG a 1 0\r\n\r\n");
  CHECK(quiet.take() == "MSG a 1 0\r\n\r\n");
  // Its own queue group goes on without it.
  for (int i = 0; i < 20; ++i) quiet.send("PUB job 0\r\n\r\n");
  CHECK(quiet.take().empty());
  CHECK(count(other.take(), "MSG job 2 0") == 20);
}

// Limits: too many subscriptions and too many tokens are errors, too long a line and too large a
// payload are the end.
TEST_CASE("broker: limits of a client", "[broker][client]") {
  Options options;
  options.max_subscriptions = 2;
  options.max_subscription_tokens = 3;
  options.max_payload = 100;
  options.max_control_line = 64;
  World world;
  TestServer& server = world.server(options);
  Peer& client = server.login(R"({"verbose":false})");
  CHECK(client.ask("SUB a.b.c.d 1\r\n") ==
        "-ERR 'Permissions Violation for Subscription to \"a.b.c.d\", too many tokens'\r\n");
  CHECK(client.ask("SUB a.b.c 1\r\nSUB b 2\r\nSUB c 3\r\n") ==
        "-ERR 'maximum subscriptions exceeded'\r\n");
  CHECK(client.ask("UNSUB 1\r\nSUB c 3\r\nPING\r\n") == "PONG\r\n");
  CHECK(count(client.ask(publication("b", 100)), "MSG b 2 100") == 1);
  CHECK(client.ask("PUB b 101\r\n") == "-ERR 'Maximum Payload Violation'\r\n");
  CHECK(client.closed());

  Peer& long_winded = server.login(R"({"verbose":false})");
  CHECK(long_winded.ask("SUB " + std::string(100, 'x')) ==
        "-ERR 'maximum control line exceeded'\r\n");
  CHECK(long_winded.closed());
}

// What is no protocol is answered once and closes; what comes behind it is not looked at.
TEST_CASE("broker: garbage closes", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  for (const char* garbage : {"JUNK\r\n", "SUB\r\n", "LS+ a\r\n", "MSG a 1 1\r\n"}) {
    INFO(garbage);
    Peer& client = server.login();
    client.send("SUB a 1\r\n");
    const std::string answer = client.ask(std::string(garbage) + "PUB a 0\r\n\r\nPING\r\n");
    CHECK(count(answer, "-ERR '") == 1);
    CHECK(answer.find("MSG a 1") == std::string::npos);
    CHECK(answer.find("PONG") == std::string::npos);
    CHECK(client.closed());
  }
  for (const char* silent : {"PUB a x\r\n", "-ERR 'x'\r\n"}) {
    INFO(silent);
    Peer& client = server.login();
    CHECK(client.ask(std::string(silent) + "PING\r\n").empty());
    CHECK(client.closed());
  }
  CHECK(server.shard().sessions() == 0);
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(server.context().client_connections.load() == 0);
}

// +OK and INFO from a client mean nothing, lower case means the same.
TEST_CASE("broker: operations without meaning", "[broker][client]") {
  World world;
  Peer& client = world.server().login();
  CHECK(client.ask("+OK\r\nINFO {}\r\nping\r\nsub a 1\r\npub a 0\r\n\r\n") ==
        "PONG\r\nMSG a 1 0\r\n\r\n");
}
