// SPDX-License-Identifier: Apache-2.0
//
// Operator mode without a server: who gets in, what reaches the core, and what ends a login.

#include "auth/operator_mode.hpp"

#include "support/catch.hpp"
#include "support/test_keys.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;
using namespace leafnats::test;

namespace {

class HandClock final : public base::WallClock {
 public:
  std::int64_t seconds = test_now;
  [[nodiscard]] std::int64_t unix_ns() const override { return seconds * 1'000'000'000; }
};

class Utc final : public TimeZones {
 public:
  [[nodiscard]] std::optional<std::int64_t> offset_at(const std::string& zone,
                                                      std::int64_t) const override {
    return zone.empty() ? std::optional<std::int64_t>(0) : std::nullopt;
  }
};

/// Runs tasks when told to.
class HandWorker final : public Worker {
 public:
  bool submit(std::function<void()> task) override {
    tasks_.push_back(std::move(task));
    return true;
  }
  void run() {
    while (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  [[nodiscard]] std::size_t waiting() const { return tasks_.size(); }

 private:
  std::deque<std::function<void()>> tasks_;
};

/// An operator with two accounts, A and B, a user of A, and everything around them.
class World {
 public:
  World() {
    a.name = "A";
    b.name = "B";
    user.issued_at = test_now - 60;
  }

  /// Starts with what the claims say now.
  void start() {
    OperatorClaims claims;
    claims.subject = root.public_key().text();
    claims.signing_keys = {op.public_key().text()};
    claims.strict_signing_keys = strict;
    OperatorOptions options;
    options.operators = {signed_token(claims, root)};
    auto resolver = std::make_unique<MemoryResolver>();
    auto made = OperatorMode::make(
        options, {clock, zones, worker,
                  [this](base::ConnectionId, const Login& login) { late.push_back(login); },
                  std::move(resolver),
                  [this](AccountOptions account) {
                    core[account.name] = account;
                    return std::vector<std::string>();
                  },
                  [this](const std::string& account) { core.erase(account); },
                  [this] { ++changes; }, [this](std::string_view line) {
                    warnings.emplace_back(line);
                  }});
    REQUIRE(made);
    mode = std::move(*made);
    keep(a);
    keep(b);
  }

  void keep(const AccountClaims& claims) {
    REQUIRE(mode->resolver().store(claims.subject, signed_token(claims, op)));
  }

  LoginRequest request(const KeyPair& issuer) {
    LoginRequest made;
    made.address = "127.0.0.1:5000";
    made.jwt = signed_token(user, issuer);
    made.nonce = "a nonce";
    made.signature = signature_text(*user_key.sign(made.nonce));
    return made;
  }

  Login log_in(const LoginRequest& offered) {
    late.clear();
    if (auto login = mode->login(offered)) return *login;
    worker.run();
    REQUIRE(late.size() == 1);
    return late[0];
  }
  Login log_in() { return log_in(request(a_key)); }
  bool gets_in() { return log_in().accepted; }

  KeyPair root = test_key(NkeyKind::operator_key);
  KeyPair op = test_key(NkeyKind::operator_key, 2);
  KeyPair a_key = test_key(NkeyKind::account_key, 1);
  KeyPair b_key = test_key(NkeyKind::account_key, 2);
  KeyPair signer = test_key(NkeyKind::account_key, 3);
  KeyPair user_key = test_key(NkeyKind::user_key);
  AccountClaims a = account_claims(a_key);
  AccountClaims b = account_claims(b_key);
  UserClaims user = user_claims(user_key);
  bool strict = false;

  HandClock clock;
  Utc zones;
  HandWorker worker;
  std::vector<Login> late;
  std::map<std::string, AccountOptions> core;
  std::vector<std::string> warnings;
  int changes = 0;
  std::unique_ptr<OperatorMode> mode;
};

}  // namespace

TEST_CASE("operator mode: a user with token and signature gets in", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.user.name = "joe";
  w.user.rights.subscriptions = 7;
  w.start();
  const Login login = w.log_in();
  CHECK(login.refusal.empty());
  REQUIRE(login.accepted);
  CHECK(login.account == w.a.subject);
  CHECK(login.user_key == w.user.subject);
  CHECK(login.user_name == "joe");
  CHECK(login.max_subscriptions == 7);
  CHECK(login.max_payload == -1);
  CHECK(login.is_operator_mode);
  CHECK(w.core.contains(w.a.subject));
  // The account is known now: the next one waits for nothing.
  CHECK(w.mode->login(w.request(w.a_key)));
}

TEST_CASE("operator mode: what is not proved is refused", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.start();
  LoginRequest offered = w.request(w.a_key);
  offered.signature.clear();
  CHECK_FALSE(w.log_in(offered).accepted);
  offered = w.request(w.a_key);
  offered.nonce = "another nonce";
  CHECK_FALSE(w.log_in(offered).accepted);
  offered.nonce.clear();
  offered.signature = signature_text(*w.user_key.sign(""));
  CHECK_FALSE(w.log_in(offered).accepted);
  CHECK_FALSE(w.log_in(w.request(w.signer)).accepted);  // an account that nobody knows
  CHECK_FALSE(w.log_in(LoginRequest{}).accepted);
  // An account that another operator signed.
  REQUIRE(w.mode->resolver().store(w.signer.public_key().text(),
                                   signed_token(account_claims(w.signer), w.a_key)));
  CHECK_FALSE(w.log_in(w.request(w.signer)).accepted);
  CHECK(w.gets_in());
}

TEST_CASE("operator mode: signing keys, and operators that insist on them", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.user.issuer_account = w.a.subject;
  w.start();
  CHECK_FALSE(w.log_in(w.request(w.signer)).accepted);
  w.a.signing_keys[w.signer.public_key().text()] = std::nullopt;
  w.start();
  CHECK(w.log_in(w.request(w.signer)).accepted);
  CHECK(w.log_in(w.request(w.a_key)).accepted);
  CHECK_FALSE(w.log_in(w.request(w.b_key)).accepted);
  w.strict = true;
  w.start();
  CHECK(w.log_in(w.request(w.signer)).accepted);
  CHECK_FALSE(w.log_in(w.request(w.a_key)).accepted);
}

TEST_CASE("operator mode: a scope is applied before what it sets is looked at", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  SigningScope scope;
  scope.rights.permissions.publish.allow = {"u.{{name()}}"};
  scope.rights.has_permissions = true;
  scope.rights.connection_types = {"LEAFNODE"};
  scope.rights.subscriptions = 3;
  scope.rights.payload = -1;
  w.a.signing_keys[w.signer.public_key().text()] = scope;
  w.user.rights = {};
  w.user.name = "joe";
  w.user.issuer_account = w.a.subject;
  w.start();
  LoginRequest offered = w.request(w.signer);
  CHECK_FALSE(w.log_in(offered).accepted);
  offered.entrance = Entrance::leaf;
  const Login login = w.log_in(offered);
  REQUIRE(login.accepted);
  CHECK(login.max_subscriptions == 3);
  REQUIRE(login.permissions);
  CHECK(login.permissions->publish.allow == std::vector<std::string>{"u.joe"});
  w.user.rights.subscriptions = 100;  // a scoped user has no rights of its own
  offered = w.request(w.signer);
  offered.entrance = Entrance::leaf;
  CHECK_FALSE(w.log_in(offered).accepted);
}

TEST_CASE("operator mode: connection types that are not known let nobody in", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.user.rights.connection_types = {"SOMETHING"};
  w.start();
  CHECK_FALSE(w.gets_in());
  w.user.rights.connection_types = {"SOMETHING", "standard"};
  CHECK(w.gets_in());
  w.user.rights.connection_types = {"WEBSOCKET"};
  CHECK_FALSE(w.gets_in());
}

TEST_CASE("CVE-2020-26892: revocations at login", "[auth][advisory]") {
  if (!has_key_operations()) return;
  World w;
  for (const std::string& entry : {w.user.subject, std::string("*")}) {
    w.a.revocations = {{entry, test_now}};
    w.start();
    for (const std::int64_t issued : {-1, 0, 1}) {
      CAPTURE(entry, issued);
      w.user.issued_at = test_now + issued;
      CHECK(w.gets_in() == (issued > 0));
    }
  }
}

TEST_CASE("CVE-2020-26892: revocations and dates of live logins", "[auth][advisory]") {
  if (!has_key_operations()) return;
  World w;
  w.start();
  const Login login = w.log_in();
  REQUIRE(login.accepted);
  CHECK_FALSE(w.mode->review(login));
  AccountClaims changed = w.a;
  changed.revocations = {{w.user.subject, w.user.issued_at - 1}};
  REQUIRE(w.mode->update(signed_token(changed, w.op)));
  CHECK_FALSE(w.mode->review(login));
  changed.revocations = {{w.user.subject, w.user.issued_at}};
  const int before = w.changes;
  REQUIRE(w.mode->update(signed_token(changed, w.op)));
  CHECK(w.changes > before);
  CHECK(w.mode->review(login) == LoginEnd::revoked);
  changed.revocations.clear();
  changed.expires = test_now + 10;
  REQUIRE(w.mode->update(signed_token(changed, w.op)));
  CHECK_FALSE(w.mode->review(login));
  CHECK(w.mode->next_expiry() == test_now + 10);
  w.clock.seconds = test_now + 10;
  CHECK(w.mode->review(login) == LoginEnd::expired);
  CHECK_FALSE(w.gets_in());
  Login configured;  // not by token: nothing of this is its concern
  CHECK_FALSE(w.mode->review(configured));
}

TEST_CASE("operator mode: a scope that changes ends the logins under it", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  SigningScope scope;
  w.a.signing_keys[w.signer.public_key().text()] = scope;
  w.user.rights = {};
  w.user.issuer_account = w.a.subject;
  w.start();
  const Login login = w.log_in(w.request(w.signer));
  REQUIRE(login.accepted);
  REQUIRE(w.mode->update(signed_token(w.a, w.op)));
  CHECK_FALSE(w.mode->review(login));
  w.a.signing_keys[w.signer.public_key().text()]->rights.payload = 5;
  REQUIRE(w.mode->update(signed_token(w.a, w.op)));
  CHECK(w.mode->review(login) == LoginEnd::revoked);
  w.a.signing_keys.clear();
  REQUIRE(w.mode->update(signed_token(w.a, w.op)));
  CHECK(w.mode->review(login) == LoginEnd::revoked);
}

TEST_CASE("operator mode: dates, addresses, hours, bearers", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.start();
  w.user.expires = test_now - 1;
  CHECK_FALSE(w.gets_in());
  w.user.expires = test_now + 30;
  CHECK(w.log_in().expires_at == test_now + 30);
  w.user.not_before = test_now + 1;
  CHECK_FALSE(w.gets_in());
  w.user.not_before = 0;
  w.user.rights.sources = {"10.0.0.0/8"};
  CHECK_FALSE(w.gets_in());
  w.user.rights.sources = {"10.0.0.0/8", "127.0.0.0/8"};
  CHECK(w.gets_in());
  // It is 22:13:20 in UTC.
  w.user.rights.times = {{"22:00:00", "22:13:20"}};
  CHECK_FALSE(w.gets_in());
  w.user.rights.times = {{"22:00:00", "22:13:21"}};
  CHECK(w.log_in().expires_at == test_now + 1);
  w.user.rights.time_zone = "Nowhere";
  CHECK_FALSE(w.gets_in());
  w.user.rights.times.clear();

  w.user.rights.bearer_token = true;
  LoginRequest offered = w.request(w.a_key);
  offered.signature.clear();
  const Login bearer = w.log_in(offered);
  CHECK(bearer.accepted);
  w.a.disallow_bearer = true;
  REQUIRE(w.mode->update(signed_token(w.a, w.op)));
  CHECK_FALSE(w.log_in(offered).accepted);
  CHECK(w.mode->review(bearer) == LoginEnd::revoked);
}

TEST_CASE("operator mode: users without permissions have the account's", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.a.default_permissions.publish.allow = {"default"};
  w.start();
  CHECK(w.log_in().permissions->publish.allow == std::vector<std::string>{"default"});
  w.user.rights.permissions.subscribe.deny = {"x"};
  CHECK(w.log_in().permissions->publish.allow.empty());
}

TEST_CASE("operator mode: logins of an account wait for one look-up", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.start();
  for (int i = 0; i < 3; ++i) CHECK_FALSE(w.mode->login(w.request(w.a_key)));
  CHECK(w.worker.waiting() == 1);
  w.worker.run();
  REQUIRE(w.late.size() == 3);
  for (const Login& login : w.late) CHECK(login.accepted);
}

TEST_CASE("operator mode: updates are taken from operators alone", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  w.start();
  CHECK(w.mode->update(signed_token(w.a, w.op)));
  CHECK(w.mode->update(signed_token(w.a, w.root)));
  CHECK_FALSE(w.mode->update(signed_token(w.a, w.a_key)));
  CHECK_FALSE(w.mode->update(signed_token(w.a, test_key(NkeyKind::operator_key, 9))));
  CHECK_FALSE(w.mode->update(signed_token(w.user, w.a_key)));
  CHECK_FALSE(w.mode->update("x.y.z"));
}

TEST_CASE("CVE-2021-3127: an import needs all that its activation says", "[auth][advisory]") {
  if (!has_key_operations()) return;
  const auto works = [](auto change) {
    World w;
    ActivationClaims activation;
    activation.subject = w.b.subject;
    activation.kind = ShareKind::stream;
    activation.import_subject = "private.>";
    activation.issued_at = test_now - 60;
    ClaimedExport exported;
    exported.export_.subject = "private.>";
    exported.export_.token_required = true;
    w.a.exports = {exported};
    ClaimedImport import;
    import.account = w.a.subject;
    import.subject = "private.x";
    const KeyPair* issuer = &w.a_key;
    change(w, activation, import, issuer);
    import.token = import.token == "none" ? "" : signed_token(activation, *issuer);
    w.b.imports = {import};
    w.start();
    w.user.issuer_account.clear();
    w.log_in(w.request(w.a_key));
    w.log_in(w.request(w.b_key));
    const auto found = w.core.find(w.b.subject);
    return found != w.core.end() && found->second.imports.size() == 1;
  };
  using A = ActivationClaims;
  using I = ClaimedImport;
  using K = const KeyPair*;
  CHECK(works([](World&, A&, I&, K&) {}));
  CHECK_FALSE(works([](World&, A&, I& i, K&) { i.token = "none"; }));
  CHECK_FALSE(works([](World& w, A&, I&, K& k) { k = &w.signer; }));           // signer
  CHECK_FALSE(works([](World& w, A& a, I&, K&) { a.subject = w.a.subject; }));  // importer
  CHECK_FALSE(works([](World&, A& a, I&, K&) { a.kind = ShareKind::service; }));
  CHECK_FALSE(works([](World&, A& a, I&, K&) { a.import_subject = "private.y"; }));
  CHECK_FALSE(works([](World&, A& a, I&, K&) { a.expires = test_now; }));
  CHECK_FALSE(works([](World&, A& a, I&, K&) { a.not_before = test_now + 1; }));
  CHECK_FALSE(works([](World& w, A& a, I&, K&) {
    w.a.exports[0].revocations = {{w.b.subject, a.issued_at}};
  }));
  CHECK_FALSE(works([](World& w, A&, I&, K&) { w.a.exports[0].revocations = {{"*", test_now}}; }));
  CHECK(works([](World& w, A& a, I&, K&) {
    w.a.exports[0].revocations = {{w.b.subject, a.issued_at - 1}};
  }));
  // A signing key of the exporter is good, one of somebody else is not.
  CHECK(works([](World& w, A& a, I&, K& k) {
    w.a.signing_keys[w.signer.public_key().text()] = std::nullopt;
    a.issuer_account = w.a.subject;
    k = &w.signer;
  }));
  CHECK_FALSE(works([](World& w, A& a, I&, K& k) {
    a.issuer_account = w.a.subject;
    k = &w.signer;
  }));
}

TEST_CASE("operator mode: an activation that expires takes its import with it", "[auth]") {
  if (!has_key_operations()) return;
  World w;
  ActivationClaims activation;
  activation.subject = w.b.subject;
  activation.kind = ShareKind::stream;
  activation.import_subject = "x";
  activation.expires = test_now + 5;
  ClaimedExport exported;
  exported.export_.subject = "x";
  exported.export_.token_required = true;
  w.a.exports = {exported};
  ClaimedImport import;
  import.account = w.a.subject;
  import.subject = "x";
  import.token = signed_token(activation, w.a_key);
  w.b.imports = {import};
  w.start();
  w.log_in(w.request(w.b_key));  // fetches the exporter too
  CHECK(w.core[w.b.subject].imports.size() == 1);
  CHECK(w.mode->next_expiry() == test_now + 5);
  w.clock.seconds = test_now + 5;
  w.mode->refresh();
  CHECK(w.core[w.b.subject].imports.empty());
  CHECK(w.mode->next_expiry() == 0);
}
