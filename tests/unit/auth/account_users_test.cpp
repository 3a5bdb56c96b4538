// SPDX-License-Identifier: Apache-2.0
//
// Users of accounts, users with keys, and kinds of connections: who becomes what.

#include "auth/authenticator.hpp"
#include "auth/nkey.hpp"
#include "base/random.hpp"

#include "support/catch.hpp"
#include "unit/auth/door.hpp"

#include <span>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;
using namespace leafnats::auth::test;

namespace {

constexpr Entrance all_entrances[] = {Entrance::client, Entrance::leaf, Entrance::websocket,
                                      Entrance::leaf_websocket};

class CountingEntropy final : public base::Entropy {
 public:
  void fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) byte = static_cast<unsigned char>(++next_);
  }

 private:
  unsigned next_ = 0;
};

KeyPair make_key() {
  static CountingEntropy entropy;
  return std::move(*KeyPair::generate(NkeyKind::user_key, entropy));
}

User named(std::string name, std::string password) {
  User user;
  user.username = std::move(name);
  user.password = std::move(password);
  return user;
}

User keyed(const KeyPair& pair) {
  User user;
  user.nkey = pair.public_key().text();
  return user;
}

AccountOptions account(std::string name, std::vector<User> users) {
  AccountOptions options;
  options.name = std::move(name);
  options.users = std::move(users);
  return options;
}

LoginRequest signed_request(const KeyPair& pair, Entrance entrance = Entrance::client) {
  LoginRequest request;
  request.entrance = entrance;
  request.nonce = "aBcDeFgHiJkLmNo";
  request.nkey = pair.public_key().text();
  request.signature = signature_text(*pair.sign(request.nonce));
  return request;
}

}  // namespace

// All users of all accounts are one list, and each login ends in the account it was listed in.
TEST_CASE("auth: users of accounts", "[auth]") {
  Options options;
  Permissions defaults;
  defaults.publish.allow = {"default"};
  Permissions own;
  own.publish.allow = {"own"};
  User special = named("special", "s");
  special.permissions = own;
  options.authorization.users = {named("global", "g")};
  options.accounts = {account("A", {named("a", "1"), special}), account("B", {named("b", "2")})};
  options.accounts[0].default_permissions = defaults;
  Door door(options);
  for (const Entrance entrance : all_entrances) {
    CAPTURE(int(entrance));
    CHECK(door.required(entrance));
    LoginRequest request;
    request.entrance = entrance;
    CHECK_FALSE(door.ask(request).accepted);
    request.user = "a";
    request.password = "1";
    const Login a = door.ask(request);
    CHECK(a.accepted);
    CHECK(a.account == "A");
    CHECK(a.permissions->publish.allow == defaults.publish.allow);
    request.user = "special";
    request.password = "s";
    CHECK(door.ask(request).permissions->publish.allow == own.publish.allow);
    request.user = "b";
    request.password = "2";
    CHECK(door.ask(request).account == "B");
    CHECK(door.ask(request).permissions == nullptr);
    request.password = "1";
    CHECK_FALSE(door.ask(request).accepted);
    request.user = "global";
    request.password = "g";
    CHECK(door.ask(request).account.empty());
  }
}

// A key opens with a signature of this connection's nonce and with nothing else.
TEST_CASE("auth: users with keys", "[auth]") {
  const KeyPair pair = make_key();
  const KeyPair other = make_key();
  Options options;
  options.accounts = {account("A", {keyed(pair)})};
  Door door(options);
  for (const Entrance entrance : all_entrances) {
    CAPTURE(int(entrance));
    CHECK(door.wants_nonce(entrance));
    const LoginRequest good = signed_request(pair, entrance);
    const Login login = door.ask(good);
    CHECK(login.accepted);
    CHECK(login.account == "A");
    CHECK(login.user == good.nkey);
    CHECK(login.user_key == good.nkey);

    LoginRequest bad = good;
    bad.signature.clear();
    CHECK_FALSE(door.ask(bad).accepted);
    bad = good;
    bad.nonce = "somebody else's";
    CHECK_FALSE(door.ask(bad).accepted);
    bad = good;
    bad.nonce.clear();  // before there was one, nothing was signed
    CHECK_FALSE(door.ask(bad).accepted);
    bad = good;
    bad.signature = signature_text(*other.sign(bad.nonce));
    CHECK_FALSE(door.ask(bad).accepted);
    CHECK_FALSE(door.ask(signed_request(other, entrance)).accepted);
    bad = good;
    bad.signature += "AAAA";
    CHECK_FALSE(door.ask(bad).accepted);
    // The key as a name, without a signature.
    bad = {};
    bad.entrance = entrance;
    bad.user = good.nkey;
    CHECK_FALSE(door.ask(bad).accepted);
  }
}

// Passwords alone need no nonce, and old clients are not told one.
TEST_CASE("auth: a nonce only where somebody may sign it", "[auth]") {
  Options options;
  options.authorization.users = {named("a", "1")};
  Door door(options);
  CHECK_FALSE(door.wants_nonce(Entrance::client));
  CHECK_FALSE(door.wants_nonce(Entrance::websocket));
  CHECK(door.wants_nonce(Entrance::leaf));  // leafs are always told one
}

// The default user may be one with a key: without credentials, and only without.
TEST_CASE("auth: a default user with a key", "[auth]") {
  const KeyPair pair = make_key();
  const KeyPair other = make_key();
  Options options;
  options.accounts = {account("A", {keyed(pair), named("a", "1")})};
  options.no_auth_user = pair.public_key().text();
  Door door(options);
  CHECK(door.ask({}).account == "A");
  LoginRequest forged = signed_request(other);
  CHECK_FALSE(door.ask(forged).accepted);
  forged = signed_request(pair);
  forged.signature = signature_text(*other.sign(forged.nonce));
  CHECK_FALSE(door.ask(forged).accepted);
  LoginRequest guess;
  guess.user = "a";
  guess.password = "2";
  CHECK_FALSE(door.ask(guess).accepted);
}

// allowed_connection_types hold at every entrance, for every way to log in, and a type that
// nobody knows opens none: an empty list alone is no limit.
TEST_CASE("CVE-2026-58211: connection types hold for every way in", "[auth]") {
  const char* const types[] = {"STANDARD", "LEAFNODE", "WEBSOCKET", "LEAFNODE_WS"};
  const KeyPair pair = make_key();
  for (const std::vector<std::string>& allowed :
       std::vector<std::vector<std::string>>{{}, {"STANDARD"}, {"websocket"}, {"LEAFNODE", "X"},
                                             {"LEAFNODE_WS"}, {"MQTT"}, {"TELEGRAPH"}}) {
    Options options;
    User by_name = named("a", "1");
    User by_key = keyed(pair);
    by_name.allowed_connection_types = by_key.allowed_connection_types = allowed;
    options.accounts = {account("A", {by_name, by_key})};
    options.no_auth_user = "a";
    Door door(options);
    for (const Entrance entrance : all_entrances) {
      const std::string type = types[static_cast<std::size_t>(entrance)];
      CAPTURE(type, allowed);
      const bool may = allowed.empty() || allowed[0] == type ||
                       (allowed[0] == "websocket" && type == "WEBSOCKET");
      LoginRequest request;
      request.entrance = entrance;
      CHECK(door.ask(request).accepted == may);  // what an operation before CONNECT gets, too
      request.user = "a";
      request.password = "1";
      CHECK(door.ask(request).accepted == may);
      CHECK(door.ask(signed_request(pair, entrance)).accepted == may);
      request.password = "2";
      CHECK_FALSE(door.ask(request).accepted);
    }
  }
}

// CVE-2023-47090: users of the system account alone leave the default account open to those
// without credentials, as in nats-server; any other configured credential, and the mere block
// `authorization`, closes it. Credentials that are wrong are refused all the same.
TEST_CASE("CVE-2023-47090: users of the system account alone", "[auth]") {
  struct Row {
    const char* what;
    bool open;
    void (*change)(Options& options);
  };
  const Row rows[] = {
      {"system account alone", true, [](Options&) {}},
      {"with a name of its own", true,
       [](Options& o) { o.system_account = o.accounts[0].name = "SYS"; }},
      {"another account by that name", false, [](Options& o) { o.accounts[0].name = "SYS"; }},
      {"a block authorization", false, [](Options& o) { o.authorization.shuts_out = true; }},
      {"a user", false, [](Options& o) { o.authorization.users = {named("u", "p")}; }},
      {"a second account", false, [](Options& o) { o.accounts.push_back(account("A", {})); }},
      {"a second account with users", false,
       [](Options& o) { o.accounts.push_back(account("A", {named("u", "p")})); }},
  };
  for (const Row& row : rows) {
    Options options;
    options.accounts = {account("$SYS", {named("admin", "secret")})};
    row.change(options);
    Door door(options);
    for (const Entrance entrance : all_entrances) {
      CAPTURE(row.what, int(entrance));
      LoginRequest request;
      request.entrance = entrance;
      const Login login = door.ask(request);
      CHECK(login.accepted == row.open);
      CHECK(login.account.empty());
      CHECK(door.has_default(entrance) == row.open);
      CHECK(door.required(entrance));  // INFO says so all the same, as nats-server's
      request.user = "admin";
      request.password = "guess";
      CHECK_FALSE(door.ask(request).accepted);
      request.password = "secret";
      CHECK(door.ask(request).account == options.accounts[0].name);
    }
  }
}

// The leaf listener's own key: its holder gets the listener's account, and nobody else comes in.
TEST_CASE("auth: a leaf listener with a key", "[auth]") {
  const KeyPair pair = make_key();
  Options options;
  options.accounts = {account("A", {named("a", "1")})};
  options.leaf.authorization.nkey = pair.public_key().text();
  options.leaf.authorization.account = "A";
  Door door(options);
  CHECK(door.ask(signed_request(pair, Entrance::leaf)).account == "A");
  CHECK(door.ask(signed_request(pair, Entrance::leaf_websocket)).accepted);
  CHECK_FALSE(door.ask(signed_request(pair, Entrance::client)).accepted);
  CHECK_FALSE(door.ask(signed_request(make_key(), Entrance::leaf)).accepted);
  CHECK_FALSE(door.lets_in(Entrance::leaf, "a", "1"));
  CHECK_FALSE(door.lets_in(Entrance::leaf, "", ""));
}
