// SPDX-License-Identifier: Apache-2.0
//
// Looking users up. Which kinds of connections a user may have is looked at in one place, after
// all else, for every way in.

#include "auth/user_table.hpp"

#include "auth/bcrypt.hpp"
#include "auth/certificate_user.hpp"
#include "auth/connection_type.hpp"
#include "auth/nkey.hpp"

#include <utility>

namespace leafnats::auth {
namespace {

Login refusal_of(std::string user, std::string why) {
  Login refused;
  refused.user = std::move(user);
  refused.refusal = std::move(why);
  return refused;
}

}  // namespace

std::shared_ptr<const Permissions> share(const std::optional<Permissions>& permissions) {
  return permissions ? std::make_shared<const Permissions>(*permissions) : nullptr;
}

bool signed_by(const std::string& key, const LoginRequest& request) {
  const auto public_key = PublicKey::parse(key, NkeyKind::user_key);
  const auto signature = parse_signature(request.signature);
  return public_key && signature && !request.nonce.empty() &&
         public_key->verifies(request.nonce, *signature);
}

UserTable::UserTable(const Authorization& authorization) : token_(authorization.token) {
  const auto defaults = share(authorization.default_permissions);
  if (!authorization.username.empty()) {
    User single;
    single.username = authorization.username;
    single.password = authorization.password;
    add(single, authorization.account, defaults);
  }
  if (!authorization.nkey.empty()) {
    User single;
    single.nkey = authorization.nkey;
    add(single, authorization.account, defaults);
  }
  for (const User& user : authorization.users) add(user, user.account, defaults);
}

void UserTable::add(const User& user, const std::string& account,
                    const std::shared_ptr<const Permissions>& defaults) {
  Known known{user.password, account, user.permissions ? share(user.permissions) : defaults,
              user.allowed_connection_types};
  if (!user.nkey.empty()) {
    keys_[user.nkey] = std::move(known);
    return;
  }
  if (decoy_.empty() || is_bcrypt(user.password)) decoy_ = user.password;
  users_[user.username] = std::move(known);
}

Login UserTable::login_of(const std::string& name, const Known& known, Entrance entrance) {
  if (!may_enter(entrance, known.connection_types)) {
    return refusal_of(name, "this user may not have connections of this type");
  }
  Login login;
  login.accepted = true;
  login.user = name;
  login.account = known.account;
  login.permissions = known.permissions;
  return login;
}

UserTable::Candidate UserTable::candidate(const LoginRequest& request) const {
  if (users_.empty()) {
    // A remote of nats-server 2.9 sends a token as its user and nothing else.
    const bool leaf = is_leaf(request.entrance) && request.token.empty();
    return {leaf ? request.user : request.token, token_, {}, {}};
  }
  const auto user = users_.find(request.user);
  if (user == users_.end()) {
    // An unknown name costs as much as a wrong password, so that the time does not tell names.
    return {request.password, decoy_, refusal_of(request.user, {}), "unknown user"};
  }
  Login login = login_of(request.user, user->second, request.entrance);
  std::string objection = std::move(login.refusal);
  return {request.password, user->second.password, std::move(login), std::move(objection)};
}

Login UserTable::log_in_by_key(const LoginRequest& request) const {
  const auto found = keys_.find(request.nkey);
  if (found == keys_.end()) return refusal_of(request.nkey, "unknown nkey");
  if (!signed_by(request.nkey, request)) return refusal_of(request.nkey, "wrong signature");
  Login login = login_of(request.nkey, found->second, request.entrance);
  login.user_key = request.nkey;
  return login;
}

Login UserTable::log_in_by_certificate(const LoginRequest& request, bool by_parts) const {
  const wire::TlsPeer& peer = *request.tls;
  const auto name = find_user_of(peer, by_parts, [&](const auto& visit) {
    for (const auto& [user, known] : users_) {
      // As in nats-server a user that may not come in here is not there.
      if (may_enter(request.entrance, known.connection_types) && visit(user)) return;
    }
  });
  if (name) return log_in(*name, request.entrance);
  return refusal_of(peer.subject,
                    peer.has_certificate ? "no user for this certificate" : "no certificate");
}

Login UserTable::log_in(const std::string& name, Entrance entrance) const {
  if (const auto key = keys_.find(name); key != keys_.end()) {
    return login_of(name, key->second, entrance);
  }
  const auto user = users_.find(name);
  if (user == users_.end()) return refusal_of(name, "unknown user");
  return login_of(name, user->second, entrance);
}

}  // namespace leafnats::auth
