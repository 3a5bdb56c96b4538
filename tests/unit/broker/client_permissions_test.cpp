// SPDX-License-Identifier: Apache-2.0
//
// What a user may publish and subscribe to, as its session applies it.

#include "broker_world.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view as_user =
    R"({"user":"user","pass":"p","verbose":false,"pedantic":false,)"
    R"("headers":true,"no_responders":true})";
constexpr std::string_view as_admin = R"({"user":"admin","pass":"p","verbose":false})";

Options with_permissions(const Permissions& permissions) {
  Options options;
  options.authorization.users = {{"user", "p", permissions, ""}, {"admin", "p", std::nullopt, ""}};
  return options;
}

std::string no_publish(std::string_view subject) {
  return "-ERR 'Permissions Violation for Publish to \"" + std::string(subject) + "\"'\r\n";
}

std::string no_subscribe(std::string_view subject) {
  return "-ERR 'Permissions Violation for Subscription to \"" + std::string(subject) + "\"'\r\n";
}

}  // namespace

// Both lists of both directions; a violation is told and does not close.
TEST_CASE("broker: permissions to publish and subscribe", "[broker][permissions]") {
  Permissions permissions;
  permissions.publish = {{"a.>"}, {"a.secret"}};
  permissions.subscribe = {{"b.*", "work q.*"}, {"b.secret"}};
  World world;
  TestServer& server = world.server(with_permissions(permissions));
  Peer& user = server.login(as_user);
  Peer& admin = server.login(as_admin);
  admin.send("SUB > 1\r\n");
  CHECK(user.ask("PUB a.x 0\r\n\r\n").empty());
  CHECK(user.ask("PUB a.secret 0\r\n\r\n") == no_publish("a.secret"));
  CHECK(user.ask("PUB b 0\r\n\r\n") == no_publish("b"));
  CHECK(admin.take() == "MSG a.x 1 0\r\n\r\n");

  CHECK(user.ask("SUB b.x 1\r\nSUB work q.1 2\r\nPING\r\n") == "PONG\r\n");
  CHECK(user.ask("SUB b.secret 3\r\n") == no_subscribe("b.secret"));
  CHECK(user.ask("SUB work 3\r\n") == no_subscribe("work"));
  CHECK(user.ask("SUB work other 3\r\n") ==
        "-ERR 'Permissions Violation for Subscription to \"work\" using queue \"other\"'\r\n");
}

// A pattern that a deny crosses is accepted and filtered message by message.
TEST_CASE("broker: a deny inside a subscription filters", "[broker][permissions]") {
  Permissions permissions;
  permissions.subscribe.deny = {"b.secret", "*.hidden"};
  World world;
  TestServer& server = world.server(with_permissions(permissions));
  Peer& user = server.login(as_user);
  Peer& admin = server.login(as_admin);
  CHECK(user.ask("SUB b.* 1\r\nPING\r\n") == "PONG\r\n");
  admin.send("PUB b.open 0\r\n\r\nPUB b.secret 0\r\n\r\nPUB b.hidden 0\r\n\r\n");
  CHECK(user.take() == "MSG b.open 1 0\r\n\r\n");
}

// As a queue member a filtered subscription does not swallow what it may not have.
TEST_CASE("broker: a filtered queue member passes on", "[broker][permissions]") {
  Permissions permissions;
  permissions.subscribe.deny = {"b.secret"};
  World world;
  TestServer& server = world.server(with_permissions(permissions));
  Peer& user = server.login(as_user);
  Peer& admin = server.login(as_admin);
  user.send("SUB b.* q 1\r\n");
  admin.send("SUB b.* q 1\r\n");
  for (int i = 0; i < 20; ++i) admin.send("PUB b.secret 0\r\n\r\n");
  CHECK(count(admin.take(), "MSG b.secret 1 0") == 20);
  CHECK(user.take().empty());
}

// allow_responses: one answer to the reply subject of each request that was delivered, in time.
TEST_CASE("broker: allow_responses", "[broker][permissions]") {
  Permissions permissions;
  permissions.publish.deny = {">"};
  permissions.allow_responses = ResponsePermission{2, 3s};
  World world;
  TestServer& server = world.server(with_permissions(permissions));
  Peer& user = server.login(as_user);
  Peer& admin = server.login(as_admin);
  admin.send("SUB inbox.* 1\r\n");
  user.send("SUB echo 1\r\n");
  CHECK(user.ask("PUB inbox.1 0\r\n\r\n") == no_publish("inbox.1"));
  admin.send("PUB echo inbox.1 0\r\n\r\n");
  CHECK(user.take() == "MSG echo 1 inbox.1 0\r\n\r\n");
  CHECK(user.ask("PUB inbox.2 0\r\n\r\n") == no_publish("inbox.2"));
  CHECK(user.ask("PUB inbox.1 0\r\n\r\nPUB inbox.1 0\r\n\r\n").empty());
  CHECK(count(admin.take(), "MSG inbox.1 1 0") == 2);
  CHECK(user.ask("PUB inbox.1 0\r\n\r\n") == no_publish("inbox.1"));
  admin.send("PUB echo inbox.3 0\r\n\r\n");
  world.advance(3001ms);
  user.take();
  CHECK(user.ask("PUB inbox.3 0\r\n\r\n") == no_publish("inbox.3"));
}

// A request that may not be published is refused and nothing else: no 503 hides behind it.
TEST_CASE("broker: no 503 for what may not be published", "[broker][permissions]") {
  Permissions permissions;
  permissions.publish.allow = {"open"};
  World world;
  Peer& user = world.server(with_permissions(permissions)).login(as_user);
  user.send("SUB inbox 1\r\n");
  CHECK(user.ask("PUB closed inbox 0\r\n\r\n") == no_publish("closed"));
  CHECK(count(user.ask("PUB open inbox 0\r\n\r\n"), "NATS/1.0 503") == 1);
}

// A second CONNECT brings the second user's permissions, in both directions of change.
TEST_CASE("broker: permissions change with the user", "[broker][permissions]") {
  Permissions permissions;
  permissions.publish.deny = {"a"};
  World world;
  Peer& client = world.server(with_permissions(permissions)).login(as_admin);
  CHECK(client.ask("PUB a 0\r\n\r\nPING\r\n") == "PONG\r\n");
  client.send("CONNECT " + std::string(as_user) + "\r\n");
  CHECK(client.ask("PUB a 0\r\n\r\n") == no_publish("a"));
  client.send("CONNECT " + std::string(as_admin) + "\r\n");
  CHECK(client.ask("PUB a 0\r\n\r\nPING\r\n") == "PONG\r\n");
}
