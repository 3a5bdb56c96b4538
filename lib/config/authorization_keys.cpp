// SPDX-License-Identifier: Apache-2.0
//
// The keys of authorization { }, of users and their permissions, and of leafnodes.authorization.
// What may not stand together is left to validation.hpp.
#include "config/duration.hpp"
#include "config/section.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

namespace leafnats::config {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view no_proxies = "connections through trusted proxies";

/// 0 leaves the default.
void take_milliseconds(const Field& field, milliseconds& target) {
  const std::optional<milliseconds> found = field.timeout();
  if (found && found->count() > 0) {
    target = *found;
  }
}

// ---- allow_responses { }

/// 0 leaves the default, anything negative is no limit.
constexpr Rule<ResponsePermission> response_rules[] = {
    {"max_msgs max max_messages max_responses", "max_messages",
     [](const Field& field, ResponsePermission& response) {
       constexpr std::int64_t int_max = std::numeric_limits<int>::max();
       const auto found = field.integer_between(-int_max, int_max);
       if (found && *found != 0) {
         response.max_messages = *found < 0 ? -1 : static_cast<int>(*found);
       }
     }},
    {"expires expiration ttl", "expires",
     [](const Field& field, ResponsePermission& response) {
       const std::optional<milliseconds> found = field.signed_duration();
       if (found && found->count() != 0) {
         response.expires = found->count() < 0 ? milliseconds(-1) : *found;
       }
     }},
};
constexpr Section<ResponsePermission> response_section{"allow_responses", response_rules, {}};

void take_responses(const Field& field, Permissions& permissions) {
  if (const bool* is_on = field.value().as<bool>()) {
    permissions.allow_responses = *is_on ? std::optional(ResponsePermission{}) : std::nullopt;
    return;
  }
  const Map* map = field.value().as<Map>();
  if (map == nullptr) {
    field.must_be("true, false or a map");
    return;
  }
  ResponsePermission response;
  take_section(response_section, *map, field.option(), field.diagnostics(), response);
  permissions.allow_responses = response;
}

// ---- permissions { }

void take_subjects(const Field& field, std::vector<std::string>& target) {
  if (auto found = field.texts()) {
    target = std::move(*found);
  }
}

constexpr Rule<SubjectPermissions> subject_rules[] = {
    {"allow", "allow",
     [](const Field& field, SubjectPermissions& subjects) {
       take_subjects(field, subjects.allow);
     }},
    {"deny", "deny",
     [](const Field& field, SubjectPermissions& subjects) { take_subjects(field, subjects.deny); }},
};
constexpr Section<SubjectPermissions> subject_section{"publish and subscribe", subject_rules, {}};

/// A map of allow and deny, or just what is allowed.
void take_direction(const Field& field, SubjectPermissions& subjects) {
  subjects = {};
  if (const Map* map = field.value().as<Map>()) {
    take_section(subject_section, *map, field.option(), field.diagnostics(), subjects);
  } else {
    take_subjects(field.part(field.value(), field.option() + ".allow"), subjects.allow);
  }
}

constexpr Rule<Permissions> permission_rules[] = {
    {"publish pub import", "publish",
     [](const Field& field, Permissions& permissions) {
       take_direction(field, permissions.publish);
     }},
    {"subscribe sub export", "subscribe",
     [](const Field& field, Permissions& permissions) {
       take_direction(field, permissions.subscribe);
     }},
    {"allow_responses publish_allow_responses", "allow_responses", take_responses},
};
constexpr Section<Permissions> permission_section{"permissions", permission_rules, {}};

}  // namespace

void take_permissions(const Field& field, std::optional<Permissions>& target) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  Permissions permissions;
  take_section(permission_section, *map, field.option(), field.diagnostics(), permissions);
  if (permissions.allow_responses && permissions.publish.allow.empty()) {
    // nats-server: whoever may answer may publish nothing else, unless it is allowed by name. An
    // empty allow list would allow everything.
    permissions.publish.deny.emplace_back(">");
  }
  target = std::move(permissions);
}

namespace {

// ---- users

/// Which of them there are, validation.hpp knows.
void take_connection_types(const Field& field, User& user) {
  if (auto found = field.texts()) {
    user.allowed_connection_types = std::move(*found);
    for (std::string& type : user.allowed_connection_types) {
      std::transform(type.begin(), type.end(), type.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
  }
}

constexpr Rule<User> user_rules[] = {
    {"user username", "username",
     [](const Field& field, User& user) { field.into(user.username); }},
    {"password pass", "password",
     [](const Field& field, User& user) { field.into(user.password); }},
    {"permissions permission authorization", "permissions",
     [](const Field& field, User& user) { take_permissions(field, user.permissions); }},
    {"nkey", "nkey", [](const Field& field, User& user) { field.into(user.nkey); }},
    {"allowed_connection_types connection_types clients", "allowed_connection_types",
     take_connection_types},
};
constexpr Notice user_notices[] = {
    {"proxy_required", Policy::refuse_if_on, no_proxies},
};
constexpr Section<User> user_section{"authorization.users", user_rules, user_notices};

constexpr Rule<User> leaf_user_rules[] = {
    {"user username", "username",
     [](const Field& field, User& user) { field.into(user.username); }},
    {"password pass", "password",
     [](const Field& field, User& user) { field.into(user.password); }},
    {"account", "account", [](const Field& field, User& user) { field.into(user.account); }},
};
constexpr Notice leaf_user_notices[] = {
    {"proxy_required", Policy::refuse_if_on, no_proxies},
};
constexpr Section<User> leaf_user_section{"leafnodes.authorization.users", leaf_user_rules,
                                          leaf_user_notices};

void take_users(const Field& field, const Section<User>& section, std::vector<User>& users) {
  users.clear();
  take_maps(field, "{ user: name, password: word }", 0, [&](const Field& entry, const Map& map) {
    User user;
    take_section(section, map, entry.option(), field.diagnostics(), user);
    users.push_back(std::move(user));
  });
}

// ---- auth_callout { }

void take_names(const Field& field, std::vector<std::string>& target) {
  if (field.array() != nullptr) {
    take_subjects(field, target);
  }
}

constexpr Rule<AuthCalloutOptions> callout_rules[] = {
    {"issuer", "issuer",
     [](const Field& field, AuthCalloutOptions& callout) { field.into(callout.issuer); }},
    {"account acc", "account",
     [](const Field& field, AuthCalloutOptions& callout) { field.into(callout.account); }},
    {"auth_users users", "auth_users",
     [](const Field& field, AuthCalloutOptions& callout) {
       take_names(field, callout.auth_users);
     }},
    {"xkey key", "xkey",
     [](const Field& field, AuthCalloutOptions& callout) { field.into(callout.xkey); }},
    {"allowed_accounts", "allowed_accounts",
     [](const Field& field, AuthCalloutOptions& callout) {
       take_names(field, callout.allowed_accounts);
     }},
};
constexpr Section<AuthCalloutOptions> callout_section{"authorization.auth_callout", callout_rules,
                                                      {}};

void take_callout(const Field& field, std::optional<AuthCalloutOptions>& target) {
  if (const Map* map = field.map()) {
    target.emplace();
    take_section(callout_section, *map, field.option(), field.diagnostics(), *target);
  }
}

// ---- authorization { }

struct AuthorizationKeys {
  Authorization& authorization;
  bool has_users = false;  ///< even an empty list excludes a single user
};

// Both kinds of authorization share these three.

constexpr Rule<AuthorizationKeys> user_rule{
    "user username", "username",
    [](const Field& field, AuthorizationKeys& keys) { field.into(keys.authorization.username); }};
constexpr Rule<AuthorizationKeys> password_rule{
    "password pass", "password",
    [](const Field& field, AuthorizationKeys& keys) { field.into(keys.authorization.password); }};
constexpr Rule<AuthorizationKeys> timeout_rule{
    "timeout", "timeout", [](const Field& field, AuthorizationKeys& keys) {
      take_milliseconds(field, keys.authorization.timeout);
    }};

constexpr Rule<AuthorizationKeys> authorization_rules[] = {
    user_rule,
    password_rule,
    timeout_rule,
    {"token", "token",
     [](const Field& field, AuthorizationKeys& keys) { field.into(keys.authorization.token); }},
    {"users", "users",
     [](const Field& field, AuthorizationKeys& keys) {
       keys.has_users = true;
       take_users(field, user_section, keys.authorization.users);
     }},
    {"default_permissions default_permission permissions", "default_permissions",
     [](const Field& field, AuthorizationKeys& keys) {
       take_permissions(field, keys.authorization.default_permissions);
     }},
    {"auth_callout auth_hook", "auth_callout",
     [](const Field& field, AuthorizationKeys& keys) {
       take_callout(field, keys.authorization.auth_callout);
     }},
};
constexpr Notice authorization_notices[] = {
    {"proxy_required", Policy::refuse_if_on, no_proxies},
};
constexpr Section<AuthorizationKeys> authorization_section{"authorization", authorization_rules,
                                                           authorization_notices};

constexpr Rule<AuthorizationKeys> leaf_authorization_rules[] = {
    user_rule,
    password_rule,
    timeout_rule,
    {"users", "users",
     [](const Field& field, AuthorizationKeys& keys) {
       take_users(field, leaf_user_section, keys.authorization.users);
     }},
    {"account", "account",
     [](const Field& field, AuthorizationKeys& keys) { field.into(keys.authorization.account); }},
    {"nkey", "nkey",
     [](const Field& field, AuthorizationKeys& keys) { field.into(keys.authorization.nkey); }},
};
constexpr Notice leaf_authorization_notices[] = {
    {"proxy_required", Policy::refuse_if_on, no_proxies},
};
constexpr Section<AuthorizationKeys> leaf_authorization_section{
    "leafnodes.authorization", leaf_authorization_rules, leaf_authorization_notices};

}  // namespace

void take_authorization(const Field& field, Authorization& authorization) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  authorization = {};
  authorization.shuts_out = true;
  AuthorizationKeys keys{authorization};
  take_section(authorization_section, *map, field.option(), field.diagnostics(), keys);
  const bool is_single = !authorization.username.empty() || !authorization.token.empty();
  if (keys.has_users && authorization.users.empty() && is_single) {
    field.invalid("Can not have a single user or a token and a users array, not even an empty one");
  }
  if (authorization.default_permissions && authorization.users.empty()) {
    field.remark("default permissions are for users in a list; they have no effect here");
    authorization.default_permissions.reset();
  }
  if (authorization.username.empty() && !authorization.password.empty()) {
    field.remark("a password without a user protects nothing");
  }
}

void take_leaf_authorization(const Field& field, Authorization& authorization) {
  if (const Map* map = field.map()) {
    authorization = {};
    AuthorizationKeys keys{authorization};
    take_section(leaf_authorization_section, *map, field.option(), field.diagnostics(), keys);
  }
}

void take_users(const Field& field, std::vector<User>& users) {
  take_users(field, user_section, users);
}

void list_authorization_keys(KeyList& list) {
  list_keys(authorization_section, list);
  list_keys(callout_section, list);
  list_keys(user_section, list);
  list_keys(permission_section, list);
  list_keys(subject_section, list);
  list_keys(response_section, list);
  list_keys(leaf_authorization_section, list);
  list_keys(leaf_user_section, list);
}

}  // namespace leafnats::config
