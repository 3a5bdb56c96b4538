// SPDX-License-Identifier: Apache-2.0
//
// Which user a certificate names.
#include "auth/certificate_user.hpp"

#include "support/catch.hpp"

using namespace leafnats::auth;
using leafnats::wire::NamePart;
using leafnats::wire::TlsPeer;

namespace {

using Parts = std::vector<NamePart>;

std::string found(const TlsPeer& peer, const std::vector<std::string>& users, bool parts = true) {
  return find_user_of(peer, parts, [&users](const auto& visit) {
           for (const std::string& user : users) {
             if (visit(user)) return;
           }
         }).value_or("");
}

Parts parse(const char* text) {
  const auto parts = parse_distinguished_name(text);
  INFO(text);
  REQUIRE(parts);
  return *parts;
}

TlsPeer example() {
  TlsPeer peer;
  peer.has_certificate = true;
  peer.emails = {"a@example.com", "b@example.com"};
  peer.dns_names = {"host.example.com"};
  peer.uris = {"spiffe://x/y"};
  peer.subject = "CN=me,OU=b+OU=a,O=acme";
  peer.domain_components = "DC=com";
  peer.subject_parts = {{{"CN", "me"}}, {{"OU", "a"}}, {{"OU", "b"}}, {{"O", "acme"}},
                        {{"DC", "com"}}};
  return peer;
}

}  // namespace

TEST_CASE("The first name of the certificate that is a user counts, in nats-server's order") {
  const TlsPeer peer = example();
  CHECK(found(peer, {"spiffe://x/y", "host.example.com", "b@example.com"}) == "b@example.com");
  CHECK(found(peer, {"spiffe://x/y", "host.example.com"}) == "host.example.com");
  CHECK(found(peer, {"spiffe://x/y", "CN=me,OU=b+OU=a,O=acme"}) == "spiffe://x/y");
  CHECK(found(peer, {"CN=me,OU=b+OU=a,O=acme"}) == "CN=me,OU=b+OU=a,O=acme");
  CHECK(found(peer, {"CN=me,OU=b+OU=a,O=acme,DC=com"}) == "CN=me,OU=b+OU=a,O=acme,DC=com");
  CHECK(found(peer, {"DC=com,O=acme,OU=a,OU=b,CN=me"}) == "DC=com,O=acme,OU=a,OU=b,CN=me");
  CHECK(found(peer, {"DC=com,O=acme,OU=a,OU=b,CN=me"}, false).empty());
  CHECK(found(peer, {"O=acme,OU=a,OU=b,CN=me,DC=com", "CN=me,OU=a,OU=b,O=acme,DC=com"}) ==
        "CN=me,OU=a,OU=b,O=acme,DC=com");
  CHECK(found(peer, {"me", "CN=me", "A@example.com", ""}).empty());
  CHECK(found(TlsPeer(), {"", "x"}).empty());
  TlsPeer nameless;
  nameless.has_certificate = true;
  CHECK(found(nameless, {"", "x"}).empty());
}

TEST_CASE("Distinguished names are read as RFC 4514 writes them") {
  const Parts parts = parse(" CN = a\\,b\\20 , OU=x + L = y z ,O=\\C3\\A4");
  REQUIRE(parts.size() == 3);
  CHECK(parts[0][0].type == "CN");
  CHECK(parts[0][0].value == "a,b ");
  REQUIRE(parts[1].size() == 2);
  CHECK(parts[1][1].value == "y z");
  CHECK(parts[2][0].value == "\xC3\xA4");
  for (const char* bad : {"", "CN", "=x", "CN=a,", "CN=a,b", "CN=#0401", "CN=\\", "CN=\\1",
                          "CN=\\zz",
                          "a+CN=b", "CN=a,=b"}) {
    INFO(bad);
    CHECK_FALSE(parse_distinguished_name(bad));
  }
}

TEST_CASE("CVE-2026-33248: parts of a name are paired one to one") {
  const auto same = [](const char* a, const char* b) {
    CHECK(same_parts(parse(a), parse(b)) == same_parts(parse(b), parse(a)));
    return same_parts(parse(a), parse(b));
  };
  CHECK(same("OU=a,OU=b", "OU=b,OU=a"));
  CHECK(same("ou=a,CN=c", "CN=c,OU=a"));
  CHECK(same("OU=a+CN=c", "CN=c+OU=a"));
  CHECK(same("CN=a\\20", "CN=a\\ "));
  CHECK_FALSE(same("OU=a,OU=a", "OU=a,OU=b"));
  CHECK_FALSE(same("OU=a,OU=a", "OU=a"));
  CHECK_FALSE(same("OU=a+OU=a", "OU=a+OU=b"));
  CHECK_FALSE(same("OU=a+OU=b", "OU=a,OU=b"));
  CHECK_FALSE(same("OU=a", "OU=A"));
  CHECK_FALSE(same("OU=a+OU=a,OU=a+OU=b", "OU=a+OU=b,OU=a+OU=b"));
}
