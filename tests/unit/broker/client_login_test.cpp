// SPDX-License-Identifier: Apache-2.0
//
// How a client gets in: INFO, CONNECT, credentials, answers that come late, and time running out.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view refused = "-ERR 'Authorization Violation'\r\n";

Options with_users() {
  Options options;
  options.authorization.users = {{"alice", "one", std::nullopt, ""},
                                 {"bob", "two", std::nullopt, ""}};
  return options;
}

/// A client's answers to CONNECT and PING, greeting not included.
std::string try_login(TestServer& server, std::string_view json) {
  Peer& client = server.client();
  client.take();
  return client.ask("CONNECT " + std::string(json) + "\r\nPING\r\n");
}

}  // namespace

// INFO comes first and says who the server is; without logins nobody needs to say CONNECT.
TEST_CASE("broker: a client is greeted and may speak at once", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  Peer& client = server.client();
  const std::string info = client.take();
  CHECK(info.starts_with("INFO {\"server_id\":\"N"));
  CHECK(info.ends_with("} \r\n"));
  CHECK(info.find("\"client_id\":1,\"client_ip\":\"127.0.0.1\"") != info.npos);
  CHECK(info.find("auth_required") == info.npos);
  // Who never says CONNECT is verbose.
  CHECK(client.ask("SUB a 1\r\nPUB a 1\r\nx\r\n") == "+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n");
}

// Where a login is needed, INFO says so, and any other first byte is refused.
TEST_CASE("broker: strangers may say CONNECT and nothing else", "[broker][login]") {
  Options options;
  options.authorization.token = "secret";
  World world;
  TestServer& server = world.server(options);
  for (const std::string_view line : {"PING\r\n", "SUB a 1\r\n", "\r\n", "x", "INFO {}\r\n"}) {
    Peer& client = server.client();
    CHECK(client.take().find("\"auth_required\":true") != std::string::npos);
    CHECK(client.ask(line) == refused);
    CHECK(client.closed());
  }
  // CONNECT may come in pieces, and in lower case.
  Peer& client = server.client();
  client.take();
  CHECK(client.ask("co").empty());
  CHECK(client.ask("nnect {\"auth_token\":\"secret\",\"verbose\":false}\r\nPING\r\n") ==
        "PONG\r\n");
}

// Token, user and list: right credentials get in, wrong ones get the error and the end.
TEST_CASE("broker: logins by token, user and list", "[broker][login]") {
  World world;
  Options options;
  options.authorization.token = "secret";
  TestServer& by_token = world.server(options);
  CHECK(try_login(by_token, R"({"auth_token":"secret","verbose":false})") == "PONG\r\n");
  CHECK(try_login(by_token, R"({"auth_token":"Secret"})") == refused);
  CHECK(try_login(by_token, R"({"user":"secret"})") == refused);
  CHECK(try_login(by_token, "{}") == refused);

  options = {};
  options.authorization.username = "alice";
  options.authorization.password = "one";
  TestServer& by_user = world.server(options);
  CHECK(try_login(by_user, R"({"user":"alice","pass":"one","verbose":false})") == "PONG\r\n");
  CHECK(try_login(by_user, R"({"user":"alice","pass":"two"})") == refused);
  CHECK(try_login(by_user, R"({"user":"bob","pass":"one"})") == refused);

  TestServer& by_list = world.server(with_users());
  CHECK(try_login(by_list, R"({"user":"bob","pass":"two","verbose":false})") == "PONG\r\n");
  CHECK(try_login(by_list, R"({"user":"bob","pass":"one"})") == refused);
  CHECK(by_list.last_reason(EventKind::authentication_failed) == "Authorization Violation");
}

// CVE-2022-24450: a client that asks for an account of its choice is refused.
TEST_CASE("broker: a client cannot choose its account", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  CHECK(try_login(server, R"({"account":"$SYS"})") == refused);
  CHECK(try_login(server, R"({"new_account":true})") == refused);
}

// What is wrong with a CONNECT besides its credentials.
TEST_CASE("broker: CONNECTs that close", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  CHECK(try_login(server, R"({"protocol":2})") == "-ERR 'invalid client protocol'\r\n");
  CHECK(try_login(server, R"({"no_responders":true})") ==
        "-ERR 'no responders requires headers support'\r\n");
  CHECK(try_login(server, "{bad").empty());
  CHECK(try_login(server, "[]").empty());
  CHECK(server.context().client_connections.load() == 0);
}

// The login timer runs from INFO on, and only for those who need to log in.
TEST_CASE("broker: a client that does not log in in time is closed", "[broker][login]") {
  World world;
  TestServer& open = world.server();
  Options options;
  options.authorization.token = "secret";
  options.authorization.timeout = 700ms;
  TestServer& closed = world.server(options);
  Peer& idle = open.client();
  Peer& silent = closed.client();
  Peer& quick = closed.login(R"({"auth_token":"secret","verbose":false})");
  silent.take();
  world.advance(699ms);
  CHECK(silent.take().empty());
  world.advance(1ms);
  CHECK(silent.take() == "-ERR 'Authentication Timeout'\r\n");
  CHECK(silent.closed());
  CHECK(closed.last_reason(EventKind::authentication_failed) == "Authentication Timeout");
  world.advance(1s);
  CHECK_FALSE(idle.closed());
  CHECK_FALSE(quick.closed());
}

// While the authenticator thinks, nothing behind CONNECT is looked at or even read; afterwards
// all of it is done, in order.
TEST_CASE("broker: a late answer finds everything still in order", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  FakeAuthenticator slow;
  server.context().authenticator = &slow;
  Peer& client = server.client();
  client.take();
  client.send("CONNECT {\"verbose\":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\nPI");
  CHECK(client.take().empty());
  CHECK_FALSE(client.reading());
  client.send("NG\r\nPUB a 1\r\ny\r\n");
  CHECK(client.unread() > 0);
  REQUIRE(slow.requests_.size() == 1);
  CHECK(server.shard().statistics().in_messages == 0);

  server.shard().finish_login(slow.requests_[0].connection, FakeAuthenticator::accepted());
  CHECK(client.reading());
  server.turn();
  world.settle();
  CHECK(client.take() == "MSG a 1 1\r\nx\r\nPONG\r\nMSG a 1 1\r\ny\r\n");
}

// A late refusal: nothing behind CONNECT happens.
TEST_CASE("broker: a late refusal drops what came behind CONNECT", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  FakeAuthenticator slow;
  server.context().authenticator = &slow;
  Peer& client = server.client();
  client.take();
  client.send("CONNECT {}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n");
  server.shard().finish_login(slow.requests_[0].connection, {});
  server.turn();
  CHECK(client.take() == refused);
  CHECK(client.closed());
  CHECK(server.shard().statistics().in_messages == 0);
}

// An answer for a connection that has gone, or a second answer, changes nothing; and the login
// timer runs while the authenticator thinks.
TEST_CASE("broker: late answers that come too late or twice", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  FakeAuthenticator slow;
  server.context().authenticator = &slow;
  Peer& gone = server.client();
  gone.send("CONNECT {}\r\nPING\r\n");
  gone.leave();
  CHECK(gone.closed());
  server.shard().finish_login(slow.requests_[0].connection, FakeAuthenticator::accepted());
  server.turn();
  CHECK(server.shard().sessions() == 0);

  Peer& twice = server.client();
  twice.take();
  twice.send("CONNECT {\"verbose\":false}\r\n");
  server.shard().finish_login(twice.id(), FakeAuthenticator::accepted());
  server.shard().finish_login(twice.id(), {});
  server.turn();
  CHECK(twice.ask("PING\r\n") == "PONG\r\n");

  Peer& late = server.client();
  late.take();
  late.send("CONNECT {}\r\n");
  world.advance(2s);
  CHECK(late.take().empty());  // who thinks about it has as long again
  world.advance(2s);
  CHECK(late.take() == "-ERR 'Authentication Timeout'\r\n");
  server.shard().finish_login(late.id(), FakeAuthenticator::accepted());
  server.turn();
  CHECK(late.closed());
  CHECK(server.context().client_connections.load() == 1);
}

// A bcrypt hash among the options makes every answer late: the same path with the real one.
TEST_CASE("broker: a hashed password is checked on the worker", "[broker][login]") {
  Options options;
  options.authorization.username = "leaf";
  options.authorization.password =
      "$2b$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy";
  World world;
  TestServer& server = world.server(options);
  Peer& good = server.client();
  Peer& bad = server.client();
  good.take();
  bad.take();
  good.send(R"(CONNECT {"user":"leaf","pass":"s3cr3t","verbose":false})" "\r\nPING\r\n");
  bad.send(R"(CONNECT {"user":"leaf","pass":"secret"})" "\r\nPING\r\n");
  CHECK(good.take().empty());
  server.worker().work();
  CHECK(good.take() == "PONG\r\n");
  CHECK(bad.take() == refused);
}

// no_auth_user: whoever offers nothing is that user, with or without CONNECT; whoever offers
// something wrong is refused.
TEST_CASE("broker: a default user for clients without credentials", "[broker][login]") {
  Options options = with_users();
  options.authorization.users[0].permissions.emplace();
  options.authorization.users[0].permissions->publish.allow = {"free.>"};
  options.no_auth_user = "alice";
  World world;
  TestServer& server = world.server(options);
  Peer& client = server.client();
  CHECK(client.take().find("auth_required") == std::string::npos);
  CHECK(client.ask("PUB free.a 0\r\n\r\nPUB b 0\r\n\r\n") ==
        "+OK\r\n-ERR 'Permissions Violation for Publish to \"b\"'\r\n");
  CHECK(try_login(server, R"({"verbose":false})") == "PONG\r\n");
  CHECK(try_login(server, R"({"user":"alice","pass":"two"})") == refused);
  CHECK(try_login(server, R"({"user":"bob"})") == refused);
  CHECK(try_login(server, R"({"auth_token":"alice"})") == refused);
}

// CVE-2026-58211: whoever does not say CONNECT gets what an empty CONNECT gets, and no more: a
// default user that may not come in here is refused either way.
TEST_CASE("broker: a default user of another kind of connection", "[broker][login]") {
  Options options = with_users();
  options.authorization.users[0].allowed_connection_types = {"WEBSOCKET"};
  options.no_auth_user = "alice";
  World world;
  TestServer& server = world.server(options);
  for (const std::string_view line : {"PING\r\n", "SUB a 1\r\n", "PUB a 0\r\n\r\n", "\r\n"}) {
    Peer& client = server.client();
    client.take();
    CHECK(client.ask(line) == refused);
    CHECK(client.closed());
  }
  CHECK(try_login(server, "{}") == refused);
  CHECK(try_login(server, R"({"user":"alice","pass":"one"})") == refused);
}

// A nonce comes with INFO if somebody may sign it, another one for each connection, and reaches
// the authenticator together with what CONNECT says.
TEST_CASE("broker: a nonce to sign", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  CHECK(server.client().take().find("nonce") == std::string::npos);
  FakeAuthenticator authenticator;
  authenticator.wants_nonce_ = true;
  server.context().authenticator = &authenticator;
  std::string previous;
  for (int i = 0; i < 2; ++i) {
    Peer& client = server.client();
    const std::string info = client.take();
    client.send(R"(CONNECT {"nkey":"U","sig":"s","jwt":"j","name":"n","lang":"l","version":"v"})"
                "\r\n");
    const auth::LoginRequest& request = authenticator.requests_.back();
    CHECK(request.nonce.size() == 15);
    CHECK(request.nonce != previous);
    previous = request.nonce;
    CHECK(info.find("\"nonce\":\"" + request.nonce + "\"") != info.npos);
    CHECK(request.nkey == "U");
    CHECK(request.signature == "s");
    CHECK(request.jwt == "j");
    CHECK(request.name == "n");
    CHECK(request.lang == "l");
    CHECK(request.version == "v");
  }
}

// An authenticator may be late about the default user as well.
TEST_CASE("broker: a late answer about the default user", "[broker][login]") {
  Options options = with_users();
  options.no_auth_user = "alice";
  World world;
  TestServer& server = world.server(options);
  FakeAuthenticator slow;
  slow.has_default_ = true;
  server.context().authenticator = &slow;
  Peer& client = server.client();
  client.take();
  client.send("PING\r\nPING\r\n");
  REQUIRE(slow.requests_.size() == 1);
  CHECK(client.take().empty());
  server.shard().finish_login(client.id(), FakeAuthenticator::accepted());
  server.turn();
  CHECK(client.take() == "PONG\r\nPONG\r\n");
}

// A second CONNECT is a second login: what the first user subscribed to goes, what the second
// CONNECT does not mention stays.
TEST_CASE("broker: a second CONNECT", "[broker][login]") {
  World world;
  TestServer& server = world.server(with_users());
  Peer& client = server.login(R"({"user":"alice","pass":"one","verbose":false,"echo":true})");
  CHECK(client.ask("SUB a 1\r\nPUB a 0\r\n\r\n") == "MSG a 1 0\r\n\r\n");
  CHECK(client.ask(R"(CONNECT {"user":"bob","pass":"two"})" "\r\nPUB a 0\r\n\r\nPING\r\n") ==
        "PONG\r\n");
  CHECK(server.shard().statistics().subscriptions == 0);
  CHECK(client.ask(R"(CONNECT {"user":"bob","pass":"two","verbose":true})" "\r\n") == "+OK\r\n");
  CHECK(client.ask(R"(CONNECT {"user":"bob","pass":"one"})" "\r\nPING\r\n") == refused);
  CHECK(client.closed());
}

// The same permissions give the same set, others give another, even where an old one's memory is
// used again.
TEST_CASE("broker: permissions made for each login do not get mixed up", "[broker][login]") {
  World world;
  TestServer& server = world.server();
  FakeAuthenticator fresh;
  server.context().authenticator = &fresh;
  int number = 0;
  fresh.answer_ = [&](const auth::LoginRequest&) {
    auto permissions = std::make_shared<Permissions>();
    permissions->publish.allow = {"only." + std::to_string(number++)};
    auth::Login login = FakeAuthenticator::accepted();
    login.permissions = std::move(permissions);
    return login;
  };
  for (int i = 0; i < 32; ++i) {
    Peer& client = server.login();
    const std::string subject = "only." + std::to_string(i);
    CHECK(client.ask("PUB " + subject + " 0\r\n\r\nPING\r\n") == "PONG\r\n");
  }
}

// Protocol 1 clients get a second INFO with the first PONG; the limit on connections is told.
TEST_CASE("broker: INFO after the first PONG, and a full server", "[broker][login]") {
  Options options;
  options.max_connections = 1;
  World world;
  TestServer& server = world.server(options);
  Peer& client = server.login(modern_connect);
  const std::string answer = client.ask("PING\r\nPING\r\n");
  CHECK(answer.starts_with("PONG\r\nINFO {"));
  CHECK(answer.find("\"connect_info\":true,\"remote_account\":\"$G\"") != answer.npos);
  CHECK(answer.ends_with("} \r\nPONG\r\n"));
  Peer& second = server.client();
  CHECK(second.take().ends_with("-ERR 'maximum connections exceeded'\r\n"));
  CHECK(second.closed());
  client.leave();
  CHECK(server.client().take().find("-ERR") == std::string::npos);
}
