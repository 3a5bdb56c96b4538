// SPDX-License-Identifier: Apache-2.0
//
// Logins that the host decides about. Each is a task of the worker, so the callback may ask a
// database or a person; the session waits, and nobody else.

#include "auth/authenticator.hpp"
#include "auth/user_table.hpp"

#include <utility>

namespace leafnats::auth {
namespace {

LoginOffer::Kind kind_of(Entrance entrance) {
  switch (entrance) {
    case Entrance::leaf:
      return LoginOffer::Kind::leaf;
    case Entrance::websocket:
      return LoginOffer::Kind::websocket_client;
    case Entrance::leaf_websocket:
      return LoginOffer::Kind::websocket_leaf;
    case Entrance::client:
      break;
  }
  return LoginOffer::Kind::client;
}

LoginOffer offer_of(const LoginRequest& request) {
  LoginOffer offer;
  offer.kind = kind_of(request.entrance);
  offer.connection_id = request.connection.number;
  offer.address = request.address;
  offer.name = request.name;
  offer.user = request.user;
  offer.password = request.password;
  offer.token = request.token;
  offer.nkey = request.nkey;
  offer.jwt = request.jwt;
  offer.nonce = request.nonce;
  offer.signature = request.signature;
  offer.signature_matches_nkey = signed_by(request.nkey, request);
  if (request.tls) {
    offer.has_tls = true;
    offer.certificate_subject = request.tls->subject;
    offer.certificate_dns_names = request.tls->dns_names;
    offer.certificate_emails = request.tls->emails;
    offer.certificate_uris = request.tls->uris;
  }
  return offer;
}

Login login_of(Result<LoginVerdict> verdict, const LoginRequest& request) {
  Login login;
  if (!verdict) {
    login.user = request.user.empty() ? request.nkey : request.user;
    login.refusal = verdict.error().message();
    return login;
  }
  login.accepted = true;
  login.user = std::move(verdict->user);
  login.account = std::move(verdict->account);
  login.permissions = share(verdict->permissions);
  const auto since_epoch = verdict->expires.time_since_epoch();
  login.expires_at = std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
  return login;
}

class HostAuthenticator final : public Authenticator {
 public:
  HostAuthenticator(AuthenticationHandler handler, Worker& worker, LateAnswer answer)
      : handler_(std::move(handler)), worker_(worker), answer_(std::move(answer)) {}

  [[nodiscard]] bool required(Entrance) const override { return true; }
  [[nodiscard]] bool wants_nonce(Entrance) const override { return true; }

  std::optional<Login> login(const LoginRequest& request) override {
    const bool taken = worker_.submit([this, request] {
      answer_(request.connection, login_of(handler_(offer_of(request)), request));
    });
    if (taken) return std::nullopt;
    Login refused;
    refused.user = request.user;
    refused.refusal = "too many logins at once";
    return refused;
  }

 private:
  const AuthenticationHandler handler_;
  Worker& worker_;
  const LateAnswer answer_;
};

}  // namespace

std::unique_ptr<Authenticator> make_host_authenticator(AuthenticationHandler handler,
                                                       Worker& worker, LateAnswer answer) {
  return std::make_unique<HostAuthenticator>(std::move(handler), worker, std::move(answer));
}

}  // namespace leafnats::auth
