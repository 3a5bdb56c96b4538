// SPDX-License-Identifier: Apache-2.0
//
// The host's callback: what it is shown, what becomes of its answer.

#include "auth/authenticator.hpp"
#include "auth/nkey.hpp"

#include "support/catch.hpp"
#include "unit/auth/door.hpp"

#include <chrono>
#include <string>

using namespace leafnats;
using namespace leafnats::auth;
using namespace leafnats::auth::test;

namespace {

constexpr const char* seed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y";

}  // namespace

// Everybody is asked about, wherever they come in, and everybody may sign.
TEST_CASE("auth: the callback decides about all", "[auth]") {
  LoginOffer seen;
  HostDoor door([&](const LoginOffer& offer) -> Result<LoginVerdict> {
    seen = offer;
    return LoginVerdict{};
  });
  const std::pair<Entrance, LoginOffer::Kind> kinds[] = {
      {Entrance::client, LoginOffer::Kind::client},
      {Entrance::leaf, LoginOffer::Kind::leaf},
      {Entrance::websocket, LoginOffer::Kind::websocket_client},
      {Entrance::leaf_websocket, LoginOffer::Kind::websocket_leaf},
  };
  for (const auto& [entrance, kind] : kinds) {
    CHECK(door.required(entrance));
    CHECK(door.wants_nonce(entrance));
    CHECK_FALSE(door.has_default(entrance));
    LoginRequest request;
    request.entrance = entrance;
    CHECK(door.ask(request).accepted);
    CHECK(seen.kind == kind);
  }
}

// The offer is what the peer said, and whether its signature is good.
TEST_CASE("auth: what the callback is shown", "[auth]") {
  LoginOffer seen;
  HostDoor door([&](const LoginOffer& offer) -> Result<LoginVerdict> {
    seen = offer;
    return Error{Errc::invalid_argument, "no"};
  });
  const auto pair = KeyPair::from_seed(seed);
  REQUIRE(pair);
  LoginRequest request;
  request.address = "10.0.0.1:5";
  request.name = "sensor";
  request.user = "u";
  request.password = "p";
  request.token = "t";
  request.jwt = "j";
  request.nonce = "nonce";
  request.nkey = pair->public_key().text();
  request.signature = signature_text(*pair->sign(request.nonce));
  auto tls = std::make_shared<wire::TlsPeer>();
  tls->subject = "CN=x";
  tls->emails = {"e"};
  tls->dns_names = {"d"};
  tls->uris = {"s"};
  request.tls = tls;
  CHECK_FALSE(door.ask(request).accepted);
  CHECK(seen.connection_id == 17);
  CHECK(seen.address == request.address);
  CHECK(seen.name == request.name);
  CHECK(seen.user == request.user);
  CHECK(seen.password == request.password);
  CHECK(seen.token == request.token);
  CHECK(seen.jwt == request.jwt);
  CHECK(seen.nkey == request.nkey);
  CHECK(seen.nonce == request.nonce);
  CHECK(seen.signature == request.signature);
  CHECK(seen.signature_matches_nkey);
  CHECK(seen.has_tls);
  CHECK(seen.certificate_subject == "CN=x");
  CHECK(seen.certificate_emails == tls->emails);
  CHECK(seen.certificate_dns_names == tls->dns_names);
  CHECK(seen.certificate_uris == tls->uris);

  request.nonce = "another";
  request.tls = nullptr;
  CHECK_FALSE(door.ask(request).accepted);
  CHECK_FALSE(seen.signature_matches_nkey);
  CHECK_FALSE(seen.has_tls);
}

// The verdict is the login; an error refuses with its words for the log.
TEST_CASE("auth: what becomes of the verdict", "[auth]") {
  Result<LoginVerdict> verdict = LoginVerdict{};
  HostDoor door([&](const LoginOffer&) { return verdict; });
  LoginRequest request;
  request.user = "u";
  Login login = door.ask(request);
  CHECK(login.accepted);
  CHECK(login.account.empty());
  CHECK(login.permissions == nullptr);
  CHECK(login.expires_at == 0);

  verdict->user = "known";
  verdict->account = "A";
  verdict->permissions.emplace().publish.allow = {"x"};
  verdict->expires = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  login = door.ask(request);
  CHECK(login.user == "known");
  CHECK(login.account == "A");
  CHECK(login.permissions->publish.allow == std::vector<std::string>{"x"});
  CHECK(login.expires_at == 1'700'000'000);

  verdict = Error{Errc::invalid_argument, "not before nine"};
  login = door.ask(request);
  CHECK_FALSE(login.accepted);
  CHECK(login.user == "u");
  CHECK(login.refusal.find("not before nine") != std::string::npos);
}

// With too much to decide the next one is refused and does not wait.
TEST_CASE("auth: too many logins for the callback", "[auth]") {
  int calls = 0;
  HostDoor door([&](const LoginOffer&) -> Result<LoginVerdict> {
    ++calls;
    return LoginVerdict{};
  });
  door.worker_.full_ = true;
  CHECK_FALSE(door.ask({}).accepted);
  CHECK(calls == 0);
}
