// SPDX-License-Identifier: Apache-2.0
//
// Templates of scoped signing keys: what they become, and that nothing about them widens anything.

#include "auth/scope.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;

namespace {

using Texts = std::vector<std::string>;

UserClaims joe() {
  UserClaims user;
  user.name = "joe";
  user.subject = "UJOE";
  user.issuer_account = "AACC";
  user.tags = {"dept:sales", "dept:it", "site:x", "plain"};
  return user;
}

const ScopeAccount account{"acme", "AACC", {"region:eu", "region:us"}};

/// What an allow list of publishers becomes; "refused" if it does.
Texts allowed(const Texts& templates, const UserClaims& user = joe()) {
  SigningScope scope;
  scope.rights.permissions.publish.allow = templates;
  const auto rights = apply_scope(scope, user, account);
  return rights ? rights->permissions.publish.allow : Texts{"refused"};
}

Texts denied(const Texts& templates) {
  SigningScope scope;
  scope.rights.permissions.subscribe.deny = templates;
  const auto rights = apply_scope(scope, joe(), account);
  return rights ? rights->permissions.subscribe.deny : Texts{"refused"};
}

}  // namespace

TEST_CASE("scope: every template has its value", "[auth]") {
  CHECK(allowed({"plain.>"}) == Texts{"plain.>"});
  CHECK(allowed({"u.{{name()}}.{{subject()}}"}) == Texts{"u.joe.UJOE"});
  CHECK(allowed({"a.{{account-name()}}.{{account-subject()}}"}) == Texts{"a.acme.AACC"});
  CHECK(allowed({"{{ Name() }}", "{{NAME()}}x"}) == Texts{"joe", "joex"});
  CHECK(allowed({"s.{{tag(site)}}"}) == Texts{"s.x"});
  CHECK(allowed({"{{tag(DEPT)}}.*"}) == Texts{"sales.*", "it.*"});
  CHECK(allowed({"{{account-tag(region)}}.{{tag(dept)}}"}) ==
        Texts{"eu.sales", "eu.it", "us.sales", "us.it"});
  CHECK(denied({"{{tag(dept)}}.secret", "x q"}) == Texts{"sales.secret", "it.secret", "x q"});
}

TEST_CASE("scope: what has no value leaves an allow list and refuses in a deny list", "[auth]") {
  CHECK(allowed({"a", "b.{{tag(nope)}}"}) == Texts{"a"});
  CHECK(denied({"a", "b.{{tag(nope)}}"}) == Texts{"refused"});
  UserClaims nameless = joe();
  nameless.name.clear();
  CHECK(allowed({"a", "b.{{name()}}"}, nameless) == Texts{"a"});
  UserClaims spaced = joe();
  spaced.name = "two words";
  CHECK(allowed({"a", "b.{{name()}}"}, spaced) == Texts{"a"});
}

TEST_CASE("scope: an allow list of which nothing is left allows nothing", "[auth]") {
  SigningScope scope;
  scope.rights.permissions.publish.allow = {"b.{{tag(nope)}}"};
  scope.rights.permissions.subscribe.allow = {"c.{{tag(nope)}}"};
  const auto rights = apply_scope(scope, joe(), account);
  REQUIRE(rights);
  CHECK(rights->permissions.publish.deny == Texts{">"});
  CHECK(rights->permissions.subscribe.deny == Texts{">"});
}

TEST_CASE("scope: what is no template refuses the login", "[auth]") {
  for (const char* text : {"{{}}", "{{name}}", "{{name(}}", "{{tag}}", "{{tag(}}", "{{tag)}}",
                           "{{account-tag(}}", "{{t}}", "{{nope()}}", "a.{{name()", "{{name()x}}",
                           "{{tag()x}}", "a..b", "a b c"}) {
    CAPTURE(text);
    CHECK(allowed({"ok", text}) == Texts{"refused"});
    CHECK(denied({text}) == Texts{"refused"});
  }
}

TEST_CASE("scope: products of tags are counted before they are made", "[auth]") {
  UserClaims tagged = joe();
  for (int i = 0; i < 64; ++i) tagged.tags.push_back("n:" + std::to_string(i));
  CHECK(allowed({"{{tag(n)}}.{{tag(n)}}"}, tagged).size() == limits::scope_subjects_max);
  CHECK(allowed({"{{tag(n)}}.{{tag(n)}}", "one.more"}, tagged) == Texts{"refused"});
  CHECK(allowed({"x.{{tag(n)}}.{{tag(n)}}.{{tag(n)}}.{{tag(n)}}.{{tag(n)}}.{{tag(n)}}.{{tag(n)}}"
                 ".{{tag(n)}}.{{tag(n)}}.{{tag(n)}}.{{tag(n)}}.{{tag(n)}}"},
                tagged) == Texts{"refused"});
}

TEST_CASE("scope: a scoped user has no rights of its own", "[auth]") {
  UserClaims user = joe();
  user.rights.bearer_token = true;
  CHECK(allowed({"a"}, user) == Texts{"refused"});
  user = joe();
  user.rights.subscriptions = 5;
  CHECK(allowed({"a"}, user) == Texts{"refused"});
  SigningScope scope;
  scope.rights.bearer_token = true;
  scope.rights.subscriptions = 7;
  const auto rights = apply_scope(scope, joe(), account);
  REQUIRE(rights);
  CHECK(rights->bearer_token);
  CHECK(rights->subscriptions == 7);
}
