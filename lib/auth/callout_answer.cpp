// SPDX-License-Identifier: Apache-2.0

#include "auth/callout_answer.hpp"

#include "auth/address_range.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace leafnats::auth {
namespace {

constexpr std::string_view request_audience = "nats-authorization-request";

Error refused(std::string why) { return {Errc::authorization, std::move(why)}; }

std::string_view connection_type(Entrance entrance) noexcept {
  switch (entrance) {
    case Entrance::client: return "STANDARD";
    case Entrance::leaf: return "LEAFNODE";
    case Entrance::websocket: return "WEBSOCKET";
    case Entrance::leaf_websocket: return "LEAFNODE_WS";
  }
  return "";
}

bool comes_from(const UserRights& rights, const LoginRequest& request) {
  if (rights.sources.empty()) return true;
  const std::string_view host = host_of(request.address);
  return std::any_of(rights.sources.begin(), rights.sources.end(), [&](const std::string& text) {
    const auto range = AddressRange::parse(text);
    return range && range->contains(host);
  });
}

bool has_allowed_type(const UserRights& rights, const LoginRequest& request) {
  const auto& types = rights.connection_types;
  return types.empty() ||
         std::find(types.begin(), types.end(), connection_type(request.entrance)) != types.end();
}

Result<void> check_response(const AuthorizationResponse& response, std::string_view server_id,
                            const CalloutQuestion& question) {
  if (auto good = check(response, question.now); !good) return good;
  if (response.subject != question.user_key) {
    return refused("auth callout response is not for the expected user");
  }
  if (response.audience != server_id) {
    return refused("auth callout response is not for this server");
  }
  if (response.issuer != question.issuer) return refused("auth callout signing key is unknown");
  if (!response.error.empty()) {
    return refused("auth callout service returned an error: " + response.error);
  }
  return {};
}

Result<void> check_user(const UserClaims& user, const CalloutQuestion& question) {
  if (auto good = check(user, question.now); !good) return good;
  if (user.subject != question.user_key) {
    return refused("auth callout response has another user than was asked for");
  }
  // An issuer_account would let the service speak for accounts that are not its own.
  if (!user.issuer_account.empty()) {
    return refused("auth callout response attempted to use issuer_account");
  }
  if (user.issuer != question.issuer) {
    return refused("wrong issuer for auth callout response");
  }
  // In configuration mode the audience says which account the user goes to.
  if (user.audience.empty()) return refused("auth callout response names no account");
  if (user.rights.proxy_required) return refused("user requires a proxy");
  if (!comes_from(user.rights, question.request)) {
    return refused("user is not allowed to connect from this address");
  }
  if (!has_allowed_type(user.rights, question.request)) {
    return refused("connection type is not allowed for this user");
  }
  return {};
}

}  // namespace

AuthorizationRequest make_callout_request(CalloutServer server, const CalloutQuestion& question) {
  const LoginRequest& request = question.request;
  AuthorizationRequest claims;
  claims.subject = question.issuer;
  claims.audience = request_audience;
  claims.issued_at = question.now;
  claims.expires = question.expires;
  claims.server = std::move(server);
  claims.user_nkey = question.user_key;
  claims.client.host = host_of(request.address);
  claims.client.id = request.connection.number;
  claims.client.user = offered_user(request);
  claims.client.name = request.name;
  claims.client.kind = is_leaf(request.entrance) ? "Leafnode" : "Client";
  if (!is_leaf(request.entrance)) {
    claims.client.type = request.entrance == Entrance::websocket ? "websocket" : "nats";
  }
  if (!request.signature.empty()) claims.client.nonce = request.nonce;
  claims.connect = {request.jwt,  request.nkey,     request.signature, request.token,
                    request.user, request.password, request.name,      request.lang,
                    request.version, request.protocol};
  if (request.tls != nullptr) {
    claims.tls = CalloutTls{request.tls->version, request.tls->cipher, {}, {}};
  }
  return claims;
}

Result<Login> read_callout_answer(std::string_view answer, std::string_view server_id,
                                  const CalloutQuestion& question, const TimeZones* zones) {
  const Result<AuthorizationResponse> response = decode_authorization_response(answer);
  if (!response) return response.error();
  if (auto good = check_response(*response, server_id, question); !good) return good.error();
  const Result<UserClaims> user = decode_user(response->jwt);
  if (!user) return user.error();
  if (auto good = check_user(*user, question); !good) return good.error();

  Login login;
  login.expires_at = user->expires;
  if (!user->rights.times.empty()) {
    const auto until = zones == nullptr ? std::nullopt
                                        : open_until(user->rights.times, user->rights.time_zone,
                                                     question.now, *zones);
    if (!until) return refused("user is outside of its connect times");
    if (login.expires_at == 0 || (*until != 0 && *until < login.expires_at)) {
      login.expires_at = *until;
    }
  }
  login.accepted = true;
  login.user = user->name.empty() ? offered_user(question.request) : user->name;
  login.account = user->audience;
  if (user->rights.has_permissions) {
    login.permissions = std::make_shared<const Permissions>(user->rights.permissions);
  }
  login.user_key = user->subject;
  login.issuer_key = user->issuer;
  login.issued_at = user->issued_at;
  login.user_name = user->name;
  login.tags = user->tags;
  return login;
}

std::string offered_user(const LoginRequest& request) {
  if (!request.nkey.empty()) return request.nkey;
  if (!request.user.empty()) return request.user;
  if (!request.jwt.empty()) {
    const Result<UserClaims> user = decode_user(request.jwt);
    return user ? user->subject : std::string();
  }
  return request.token.empty() ? "" : "[REDACTED]";
}

}  // namespace leafnats::auth
