// SPDX-License-Identifier: Apache-2.0
//
// The users of a configuration: those of authorization and those of all accounts are one list,
// in which a name or key stands for one login (nats-server).
#pragma once

#include <leafnats/options.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::auth {

/// What a user is called in CONNECT, logs and no_auth_user.
[[nodiscard]] inline const std::string& name_of(const User& user) noexcept {
  return user.nkey.empty() ? user.username : user.nkey;
}

/// Calls `visit(user, account, defaults)` for each: the account that the user is in, empty for the
/// default one; and the permissions it has if it has none of its own.
template <class Visit>
void for_each_user(const Options& options, Visit visit) {
  for (const User& user : options.authorization.users) {
    visit(user, user.account, options.authorization.default_permissions);
  }
  for (const AccountOptions& account : options.accounts) {
    for (const User& user : account.users) {
      visit(user, account.name, account.default_permissions);
    }
  }
}

[[nodiscard]] inline bool has_users(const Options& options) noexcept {
  return !options.authorization.users.empty() ||
         std::any_of(options.accounts.begin(), options.accounts.end(),
                     [](const AccountOptions& account) { return !account.users.empty(); });
}

[[nodiscard]] inline bool has_user(const Options& options, std::string_view name) {
  bool found = false;
  for_each_user(options, [&](const User& user, const std::string&,
                             const std::optional<Permissions>&) {
    found = found || name_of(user) == name;
  });
  return found;
}

/// True if there are users of the system account alone, and nothing says who else may come in.
/// Others get into the default account then, as if there were no users; a block `authorization`
/// shuts them out, even an empty one (CVE-2023-47090).
[[nodiscard]] inline bool only_system_has_users(const Options& options) noexcept {
  const Authorization& own = options.authorization;
  const std::string_view system =
      options.system_account.empty() ? std::string_view("$SYS") : options.system_account;
  return options.no_auth_user.empty() && !own.shuts_out && own.users.empty() &&
         own.username.empty() && own.token.empty() && options.accounts.size() == 1 &&
         options.accounts[0].name == system && !options.accounts[0].users.empty();
}

}  // namespace leafnats::auth
