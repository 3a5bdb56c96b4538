// SPDX-License-Identifier: Apache-2.0
//
// Who gets in with which options: a table over everything that can be configured, and what a
// login brings along.

#include "auth/authenticator.hpp"

#include "support/catch.hpp"
#include "unit/auth/door.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;
using namespace leafnats::auth::test;

namespace {

constexpr const char* secret_hash =
    "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";  // of "secret"

enum class Logins { none, token, user, list, hashed };

Authorization authorization(Logins logins) {
  Authorization authorization;
  switch (logins) {
    case Logins::none:
      break;
    case Logins::token:
      authorization.token = "secret";
      break;
    case Logins::user:
      authorization.username = "alice";
      authorization.password = "secret";
      break;
    case Logins::list:
      authorization.users = {{"alice", "secret", std::nullopt, ""},
                             {"bob", "other", std::nullopt, ""}};
      break;
    case Logins::hashed:
      authorization.users = {{"alice", secret_hash, std::nullopt, ""}};
      break;
  }
  return authorization;
}

constexpr Logins all_logins[] = {Logins::none, Logins::token, Logins::user, Logins::list,
                                 Logins::hashed};

bool has_users(Logins logins) { return logins >= Logins::user; }

}  // namespace

// CVE-2023-47090: as soon as any credential is configured for a listener, whoever offers none is
// refused, unless a default user is named; and right credentials open exactly their own door.
// The leaf listener without logins of its own asks for those of the clients, also if it is bound
// to an account: that is only for those who need no login.
TEST_CASE("auth: every combination of logins", "[auth]") {
  for (const Logins clients : all_logins) {
    for (const Logins leafs : all_logins) {
      for (const bool default_user : {false, true}) {
        for (const bool bound : {false, true}) {
          if (default_user && !has_users(clients)) continue;  // refused by the configuration
          Options options;
          options.authorization = authorization(clients);
          options.leaf.authorization = authorization(leafs);
          if (bound) options.leaf.authorization.account = "$G";
          if (default_user) options.no_auth_user = "alice";
          Door door(options);
          CAPTURE(int(clients), int(leafs), default_user, bound);

          const bool clients_open = clients == Logins::none;
          CHECK(door.required(Entrance::client) == !clients_open);
          CHECK(door.lets_in(Entrance::client, "", "") == (clients_open || default_user));
          CHECK(door.lets_in(Entrance::client, "alice", "secret") ==
                (clients_open || has_users(clients)));
          CHECK(door.lets_in(Entrance::client, "", "", "secret") ==
                (clients_open || clients == Logins::token));
          CHECK(door.lets_in(Entrance::client, "alice", "") == clients_open);
          CHECK(door.lets_in(Entrance::client, "bob", "secret") == clients_open);

          const bool inherits = leafs == Logins::none;
          const Logins asked = inherits ? clients : leafs;
          const bool leafs_open = asked == Logins::none;
          CHECK(door.required(Entrance::leaf) == !leafs_open);
          CHECK(door.lets_in(Entrance::leaf, "", "") ==
                (leafs_open || (inherits && default_user)));
          CHECK(door.lets_in(Entrance::leaf, "alice", "secret") ==
                (leafs_open || has_users(asked)));
          CHECK(door.lets_in(Entrance::leaf, "secret", "", "secret") ==
                (leafs_open || asked == Logins::token));
          CHECK(door.lets_in(Entrance::leaf, "alice", "") == leafs_open);
          CHECK(door.lets_in(Entrance::leaf, "alice", "other") == leafs_open);
        }
      }
    }
  }
}

// The account and the permissions are the user's, never the request's; what a user has none of
// comes from the defaults.
TEST_CASE("auth: what a login brings along", "[auth]") {
  Options options;
  Permissions own;
  own.publish.allow = {"own"};
  Permissions defaults;
  defaults.publish.allow = {"default"};
  options.authorization.users = {{"alice", "a", own, "A"}, {"bob", "b", std::nullopt, ""}};
  options.authorization.default_permissions = defaults;
  options.leaf.authorization.users = {{"leaf", "l", std::nullopt, "L"}};
  Door door(options);
  LoginRequest request;
  request.user = "alice";
  request.password = "a";
  const Login alice = door.ask(request);
  CHECK(alice.accepted);
  CHECK(alice.user == "alice");
  CHECK(alice.account == "A");
  CHECK(alice.permissions->publish.allow == own.publish.allow);
  CHECK(door.ask(request).permissions == alice.permissions);  // one object for all their logins
  request.user = "bob";
  request.password = "b";
  const Login bob = door.ask(request);
  CHECK(bob.account.empty());
  CHECK(bob.permissions->publish.allow == defaults.publish.allow);
  request.entrance = Entrance::leaf;
  request.user = "leaf";
  request.password = "l";
  const Login leaf = door.ask(request);
  CHECK(leaf.account == "L");
  CHECK(leaf.permissions == nullptr);
}

// A refusal names the user for the log and nothing that was secret.
TEST_CASE("auth: refusals", "[auth]") {
  Options options;
  options.authorization = authorization(Logins::list);
  Door door(options);
  LoginRequest request;
  request.user = "alice";
  request.password = "guess";
  const Login wrong = door.ask(request);
  CHECK_FALSE(wrong.accepted);
  CHECK(wrong.user == "alice");
  CHECK(wrong.refusal.find("guess") == std::string::npos);
  CHECK(wrong.account.empty());
  request.user = "mallory";
  const Login unknown = door.ask(request);
  CHECK_FALSE(unknown.accepted);
  CHECK(unknown.permissions == nullptr);
}

// A user without a password in the configuration is nobody's: an empty secret matches nothing.
TEST_CASE("auth: an empty stored secret matches nothing", "[auth]") {
  Options options;
  options.authorization.users = {{"alice", "", std::nullopt, ""}};
  Door by_list(options);
  CHECK_FALSE(by_list.lets_in(Entrance::client, "alice", ""));
  CHECK_FALSE(by_list.lets_in(Entrance::client, "", ""));
  CHECK_FALSE(by_list.lets_in(Entrance::leaf, "alice", ""));
}

// An unknown name goes the same slow way as a known one with a wrong password, and a worker that
// has too much to do means a refusal and not a wait.
TEST_CASE("auth: hashes are checked on the worker", "[auth]") {
  Options options;
  options.authorization.users = {{"plain", "secret", std::nullopt, ""},
                                 {"alice", secret_hash, std::nullopt, ""}};
  Door door(options);
  CHECK(door.lets_in(Entrance::client, "plain", "secret"));
  CHECK_FALSE(door.late_.has_value());
  CHECK(door.lets_in(Entrance::client, "alice", "secret"));
  CHECK(door.late_.has_value());
  CHECK_FALSE(door.lets_in(Entrance::client, "mallory", "secret"));
  CHECK(door.late_.has_value());
  door.worker_.full_ = true;
  CHECK_FALSE(door.lets_in(Entrance::client, "alice", "secret"));
  CHECK_FALSE(door.late_.has_value());
}

// The hash itself is no password.
TEST_CASE("auth: a stolen hash does not open", "[auth]") {
  Options options;
  options.authorization.token = secret_hash;
  Door door(options);
  CHECK(door.lets_in(Entrance::client, "", "", "secret"));
  CHECK_FALSE(door.lets_in(Entrance::client, "", "", secret_hash));
}

TEST_CASE("WebSocket clients share the clients' logins unless their listener has its own") {
  Options options;
  options.authorization.username = "u";
  options.authorization.password = "p";
  options.websocket.emplace();
  {
    Door shared(options);
    CHECK(shared.required(Entrance::websocket));
    CHECK(shared.lets_in(Entrance::websocket, "u", "p"));
  }
  options.websocket->token = "t";
  Door own(options);
  CHECK(own.lets_in(Entrance::websocket, "", "", "t"));
  CHECK_FALSE(own.lets_in(Entrance::websocket, "u", "p"));
  CHECK(own.lets_in(Entrance::client, "u", "p"));
  CHECK_FALSE(own.lets_in(Entrance::client, "", "", "t"));
  // Leafs that come over WebSocket are leafs.
  CHECK(own.lets_in(Entrance::leaf_websocket, "u", "p"));
  CHECK_FALSE(own.lets_in(Entrance::leaf_websocket, "", "", "t"));
}

TEST_CASE("A WebSocket listener's logins hold where clients need none") {
  Options options;
  options.websocket.emplace();
  options.websocket->username = "w";
  options.websocket->password = "p";
  Door door(options);
  CHECK(door.required(Entrance::websocket));
  CHECK_FALSE(door.required(Entrance::client));
  CHECK(door.lets_in(Entrance::websocket, "w", "p"));
  CHECK_FALSE(door.lets_in(Entrance::websocket, "", ""));
  CHECK(door.lets_in(Entrance::client, "", ""));
}

TEST_CASE("CVE-2026-58211: a default user holds at its own entrance and at no other") {
  Options options;
  options.authorization.users = {{"a", "x", {}, {}}, {"w", "y", {}, {}}};
  options.websocket.emplace();
  options.websocket->no_auth_user = "w";
  Door door(options);
  LoginRequest nobody;
  for (const Entrance entrance : {Entrance::client, Entrance::leaf}) {
    nobody.entrance = entrance;
    CHECK_FALSE(door.ask(nobody).accepted);
  }
  for (const Entrance entrance : {Entrance::websocket, Entrance::leaf_websocket}) {
    nobody.entrance = entrance;
    CHECK(door.ask(nobody).user == "w");
  }
  // Who says nothing is the same as who sends an empty CONNECT, and it is asked at the same door.
  CHECK(door.has_default(Entrance::websocket));
  CHECK_FALSE(door.has_default(Entrance::client));
  // Logins of its own without a default user: the clients' one does not count there either.
  options.no_auth_user = "a";
  options.websocket->no_auth_user.clear();
  CHECK(default_user(options, Entrance::websocket) == "a");
  options.websocket->token = "t";
  CHECK(default_user(options, Entrance::websocket).empty());
  CHECK(default_user(options, Entrance::leaf_websocket) == "a");
}
