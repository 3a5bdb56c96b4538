// SPDX-License-Identifier: Apache-2.0
//
// The rules are nats-server's. Its words, too, where they name what is wrong; none quotes a
// password or a seed.
#include "config/identity_validation.hpp"

#include "auth/all_users.hpp"
#include "auth/nkey.hpp"
#include "subject/grammar.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace leafnats::config {

namespace {

using auth::is_public_key;
using auth::NkeyKind;
using std::chrono::milliseconds;

bool has_operators(const Options& options) {
  return !options.operator_mode.operators.empty() || !options.operator_mode.trusted_keys.empty();
}

/// "subject queue", with any white space between, as nats-server has it for subscriptions. Both
/// may have wildcards.
bool is_subject_with_queue(std::string_view text) {
  constexpr std::string_view space = " \t\n\v\f\r";
  const std::size_t end = text.find_first_of(space);
  if (end == text.npos) {
    return false;
  }
  std::string_view queue = text.substr(end);
  queue.remove_prefix(std::min(queue.find_first_not_of(space), queue.size()));
  queue = queue.substr(0, queue.find_last_not_of(space) + 1);
  return subject::is_valid_subject(text.substr(0, end)) && subject::is_valid_subject(queue);
}

void check_permissions(Checker& checker, const std::string& field,
                       const std::optional<Permissions>& permissions) {
  if (!permissions) {
    return;
  }
  check_subjects(checker, field + ".publish.allow", permissions->publish.allow, false);
  check_subjects(checker, field + ".publish.deny", permissions->publish.deny, false);
  check_subjects(checker, field + ".subscribe.allow", permissions->subscribe.allow, true);
  check_subjects(checker, field + ".subscribe.deny", permissions->subscribe.deny, true);
}

/// Names and keys that were seen already, over all accounts: a login is looked up by them alone.
using Names = std::set<std::string_view>;

void check_name(Checker& checker, const std::string& field, const User& user) {
  if (user.nkey.empty()) {
    checker.require(!user.username.empty(), field, "User entry requires a user");
    return;
  }
  checker.require(is_public_key(user.nkey, NkeyKind::user_key), field,
                  "Not a valid public nkey for a user");
  checker.require(user.username.empty() && user.password.empty(), field,
                  "Nkey users do not take usernames or passwords");
}

/// An unknown type is no limit that anybody could keep, so it is wrong even among known ones.
void check_connection_types(Checker& checker, const std::string& field, const User& user) {
  static constexpr std::string_view known[] = {"STANDARD",    "WEBSOCKET", "LEAFNODE",
                                               "LEAFNODE_WS", "MQTT",      "MQTT_WS",
                                               "IN_PROCESS"};
  for (const std::string& type : user.allowed_connection_types) {
    checker.require(std::find(std::begin(known), std::end(known), type) != std::end(known),
                    field + ".allowed_connection_types",
                    "invalid connection types [\"" + type + "\"]");
  }
}

/// A double name is blamed on `blame`, as nats-server does: the users may be a variable's.
void check_users(Checker& checker, const std::string& field, const std::string& blame,
                 const std::vector<User>& users, Names& names) {
  const bool is_leaf = field.starts_with("leaf.");
  for (std::size_t i = 0; i < users.size(); ++i) {
    const User& user = users[i];
    const std::string here = element(field, i);
    const std::string& name = auth::name_of(user);
    check_name(checker, here, user);
    const std::string kind = user.nkey.empty() ? "user" : "nkey";
    checker.require(name.empty() || names.insert(name).second, blame,
                    is_leaf ? "duplicate user \"" + name + "\" detected in leafnode authorization"
                            : "Duplicate " + kind + " \"" + name + "\" detected");
    check_connection_types(checker, here, user);
    check_permissions(checker, here + ".permissions", user.permissions);
  }
}

/// A single user, a token and a list of users exclude each other: nobody could say which of them
/// a login without a name meant.
void check_authorization(Checker& checker, const std::string& field,
                         const Authorization& authorization, Names& names) {
  const bool is_single = !authorization.username.empty() || !authorization.password.empty();
  const bool has_token = !authorization.token.empty();
  const bool has_users = !authorization.users.empty();
  const std::string can_not = field.starts_with("leaf.") ? "can not" : "Can not";
  checker.require(!is_single || !has_token, field, "Cannot have a user/pass and token");
  checker.require(!has_users || authorization.username.empty(), field,
                  can_not + " have a single user/pass and a users array");
  checker.require(!has_users || !has_token, field, can_not + " have a token and a users array");
  check_users(checker, field + ".users", field, authorization.users, names);
  check_permissions(checker, field + ".default_permissions", authorization.default_permissions);
  checker.require(authorization.timeout > milliseconds(0), field + ".timeout", "must be positive");
}

void check_account_users(Checker& checker, const Options& options, Names& names) {
  for (std::size_t i = 0; i < options.accounts.size(); ++i) {
    const AccountOptions& account = options.accounts[i];
    const std::string here = element("accounts", i);
    const std::string users = here + ".users";
    checker.require(account.users.empty() || options.authorization.username.empty(), users,
                    "Can not have a single user/pass and accounts");
    checker.require(account.users.empty() || options.authorization.token.empty(), users,
                    "Can not have a token and accounts");
    check_users(checker, users, users, account.users, names);
    check_permissions(checker, here + ".default_permissions", account.default_permissions);
  }
}

void check_leaf_authorization(Checker& checker, const Authorization& authorization) {
  const std::string field = "leaf.authorization";
  Names names;
  check_authorization(checker, field, authorization, names);
  // nats-server has no such key; a leaf's token is compared with the clients' one.
  checker.require(authorization.token.empty(), field + ".token",
                  "leafs have no token of their own; use authorization.token");
  checker.require(authorization.nkey.empty() ||
                      is_public_key(authorization.nkey, NkeyKind::user_key),
                  field + ".nkey", "Not a valid public nkey for leafnode authorization");
  checker.require(authorization.nkey.empty() || authorization.users.empty(), field,
                  "can not have a single nkey and a users array");
  for (std::size_t i = 0; i < authorization.users.size(); ++i) {
    checker.require(authorization.users[i].nkey.empty(), element(field + ".users", i),
                    "leaf users have names and passwords; an nkey belongs to a user of an account");
  }
}

/// A single user is no candidate, as in nats-server.
void check_no_auth_user(Checker& checker, const Options& options) {
  const std::string& name = options.no_auth_user;
  checker.require(
      name.empty() || has_operators(options) || auth::has_user(options, name), "no_auth_user",
      "\"" + name +
          "\" not present as user or nkey in authorization block or account configuration");
  checker.require(name.empty() || !has_operators(options), "no_auth_user",
                  "no_auth_user not compatible with Trusted Operator");
}

void check_callout(Checker& checker, const Options& options) {
  const auto& callout = options.authorization.auth_callout;
  if (!callout) {
    return;
  }
  const std::string field = "authorization.auth_callout";
  checker.require(!callout->issuer.empty(), field,
                  "Authorization callouts require an issuer to be specified");
  checker.require(callout->issuer.empty() ||
                      is_public_key(callout->issuer, NkeyKind::account_key),
                  field + ".issuer",
                  "Expected callout user to be a valid public account nkey, got \"" +
                      callout->issuer + "\"");
  checker.require(!callout->auth_users.empty(), field,
                  "Authorization callouts require authorized users to be specified");
  checker.require(callout->xkey.empty() || is_public_key(callout->xkey, NkeyKind::curve_key),
                  field + ".xkey",
                  "Expected callout xkey to be a valid public xkey, got \"" + callout->xkey + "\"");
}

/// In operator mode accounts and users come from JWTs alone.
void check_operators(Checker& checker, const Options& options) {
  const OperatorOptions& mode = options.operator_mode;
  for (std::size_t i = 0; i < mode.trusted_keys.size(); ++i) {
    checker.require(is_public_key(mode.trusted_keys[i], NkeyKind::operator_key),
                    element("operator_mode.trusted_keys", i),
                    "trust key \"" + mode.trusted_keys[i] +
                        "\" required to be a valid public operator nkey");
  }
  checker.require(mode.operators.empty() || mode.trusted_keys.empty(), "operator_mode.trusted_keys",
                  "conflicting options for 'TrustedKeys' and 'TrustedOperators'");
  // An operator's own URL of a resolver is not followed: what is fetched, and from where, is for
  // this server's configuration to say.
  checker.require(mode.operators.empty() || mode.resolver.kind != ResolverOptions::Kind::none,
                  "operator_mode", "operators require an account resolver to be configured");
  if (!has_operators(options)) {
    return;
  }
  checker.require(options.accounts.empty(), "accounts",
                  "operators do not allow Accounts to be configured directly");
  checker.require(options.authorization.users.empty(), "authorization.users",
                  "operators do not allow users to be configured directly");
  checker.require(options.leaf.authorization.users.empty(), "leaf.authorization.users",
                  "operator mode does not allow specifying users in leafnode config");
  const std::string& leaf_account = options.leaf.authorization.account;
  checker.require(leaf_account.empty() || is_public_key(leaf_account, NkeyKind::account_key),
                  "leaf.authorization.account",
                  "operator mode and non account nkeys are incompatible");
  for (std::size_t i = 0; i < options.leaf.remotes.size(); ++i) {
    checker.require(is_public_key(options.leaf.remotes[i].account, NkeyKind::account_key),
                    element("leaf.remotes", i),
                    "operator mode requires account nkeys in remotes: \"account\" must be a public "
                    "key that begins with A");
  }
}

/// With a resolver in a directory, `accounts` come over $SYS.
void check_resolver(Checker& checker, const ResolverOptions& resolver) {
  const std::string field = "operator_mode.resolver";
  using Kind = ResolverOptions::Kind;
  const bool in_directory = resolver.kind == Kind::full || resolver.kind == Kind::cache;
  checker.require(!in_directory || !resolver.directory.empty(), field,
                  "dir has no value and needs to point to a directory");
  checker.require(resolver.kind != Kind::url || resolver.url.starts_with("http://") ||
                      resolver.url.starts_with("https://"),
                  field, "the URL of an account resolver begins with http:// or https://");
  if (resolver.kind == Kind::url && resolver.url.starts_with("https://")) {
    checker.refuse(field, "account resolvers over https are not part of this version");
  }
  checker.require(resolver.kind != Kind::cache || !resolver.allow_delete, field,
                  "CACHE does not accept allow_delete");
  checker.require(resolver.limit >= 0, field + ".limit", "must not be negative");
  for (std::size_t i = 0; i < resolver.preload.size(); ++i) {
    checker.require(is_public_key(resolver.preload[i].account, NkeyKind::account_key),
                    element(field + ".preload", i),
                    "preload should be a map of account_public_key:account_jwt");
  }
}

/// Messages never quote a seed. Remote has the three ways to sign, whatever else.
template <class Remote>
void check_signer(Checker& checker, const std::string& field, const Remote& remote) {
  const std::string prefix = field.empty() ? "" : field + ".";
  if (!remote.nkey.empty()) {
    const auto pair = auth::KeyPair::from_seed(remote.nkey);
    const bool lacks = !pair && pair.error().code == Errc::not_supported;
    if (lacks) {
      checker.refuse(prefix + "nkey", pair.error().context);
    }
    checker.require(lacks || (pair && pair->kind() == NkeyKind::user_key), prefix + "nkey",
                    "Remote leafnode nkey is not a valid seed: a user's begins with SU");
  }
  checker.require(remote.nkey.empty() || remote.credentials.empty(), field,
                  "Remote leafnode can not have both creds and nkey defined");
  checker.require(!remote.signature_cb || (remote.nkey.empty() && remote.credentials.empty()),
                  field, "signature_cb cannot stand beside creds or nkey");
}

}  // namespace

void check_subjects(Checker& checker, const std::string& field,
                    const std::vector<std::string>& subjects, bool may_have_queue) {
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    checker.require(subject::is_valid_subject(subjects[i]) ||
                        (may_have_queue && is_subject_with_queue(subjects[i])),
                    element(field, i), "subject \"" + subjects[i] + "\" is not a valid subject");
  }
}

void check_credentials(Checker& checker, const RemoteCredentials& credentials) {
  check_signer(checker, "credentials", credentials);
  checker.require(credentials.token.empty() || credentials.username.empty(), "credentials",
                  "Cannot have a user/pass and token");
}

void check_identity(const Options& options, Checker& checker) {
  Names names;
  check_authorization(checker, "authorization", options.authorization, names);
  checker.require(options.authorization.nkey.empty(), "authorization.nkey",
                  "a single nkey is for leaf listeners; clients with keys belong to users");
  check_account_users(checker, options, names);
  check_leaf_authorization(checker, options.leaf.authorization);
  check_no_auth_user(checker, options);
  check_callout(checker, options);
  check_operators(checker, options);
  check_resolver(checker, options.operator_mode.resolver);
  for (std::size_t i = 0; i < options.leaf.remotes.size(); ++i) {
    check_signer(checker, element("leaf.remotes", i), options.leaf.remotes[i]);
  }
}

}  // namespace leafnats::config
