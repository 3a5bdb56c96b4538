// SPDX-License-Identifier: Apache-2.0
//
// Scoped signing keys: an account says once what all users of such a key may, with templates in
// the subjects that each user's token fills in: {{name()}}, {{subject()}}, {{account-name()}},
// {{account-subject()}}, {{tag(key)}}, {{account-tag(key)}}. A tag may have several values, and a
// subject becomes one for each, or for each pair of them.
// What holds here: how many subjects there will be is known and bounded before one of them is made;
// and what cannot be filled in never widens anything. A template that is no template refuses the
// login. One that has no value, or a value that makes no subject, drops the subject from an allow
// list and refuses the login in a deny list; an allow list of which nothing is left allows nothing.
#pragma once

#include "auth/claims.hpp"

#include <leafnats/result.hpp>

#include <string>
#include <vector>

namespace leafnats::auth {

/// What an account gives to templates.
struct ScopeAccount {
  std::string name;
  std::string subject;
  std::vector<std::string> tags;
};

/// The rights of `user` by `scope`. Errors: the user has rights of its own, or a template cannot
/// be filled in.
[[nodiscard]] Result<UserRights> apply_scope(const SigningScope& scope, const UserClaims& user,
                                             const ScopeAccount& account);

}  // namespace leafnats::auth
