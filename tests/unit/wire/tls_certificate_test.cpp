// SPDX-License-Identifier: Apache-2.0
//
// Who is believed to be whom: trust, names, times, pins, certificates of clients, and the choice
// among several certificates of our own.

#include "unit/wire/tls_pair.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The client's view of a handshake with a server that shows `shown`.
Pair meet(const TestCertificate& shown, const std::string& name, std::int64_t now = valid_now,
          const TestCertificate& trusted = certificates().ca) {
  Setup server{TlsRole::server, {}, {}};
  server.show(shown);
  Setup client{TlsRole::client, {}, {}};
  client.trust(trusted);
  Pair pair = connect(client, server, name, now);
  pair.run();
  return pair;
}

Setup verifying_server() {
  Setup server = server_setup();
  server.options.verify = true;
  server.trust(certificates().ca);
  return server;
}

}  // namespace

TEST_CASE("A server's certificate must be for the name that was dialled") {
  const TestCertificate& shown = certificates().server;
  for (const char* name : {"hub.example.com", "HUB.example.com", "hub.example.com.",
                           "a.wild.example.com", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"}) {
    INFO(name);
    CHECK(meet(shown, name).open());
  }
  for (const char* name :
       {"example.com", "wild.example.com", "a.b.wild.example.com", "127.0.0.2", "hub", "::2"}) {
    Pair pair = meet(shown, name);
    INFO(name);
    CHECK_FALSE(pair.open());
    CHECK(pair.client.filter->fault() == TlsFault::certificate_name);
    CHECK(contains(pair.client.filter->error(),
                   std::string("is for hub.example.com, *.wild.example.com, 127.0.0.1, "
                               "0:0:0:0:0:0:0:1, not for '") +
                       name + "'"));
    CHECK(pair.server.filter->fault() == TlsFault::refused);
  }
  // A common name is no host name.
  const TestCertificate bare = make_certificate({{"CN=hub.example.com"}}, &certificates().ca);
  Pair pair = meet(bare, "hub.example.com");
  CHECK(contains(pair.client.filter->error(), "names no host"));
}

TEST_CASE("A name that cannot be one is an error, unless nobody asks") {
  for (const std::string& name : {std::string(), std::string(300, 'a')}) {
    Pair pair = meet(certificates().server, name);
    CHECK(pair.client.filter->fault() == TlsFault::certificate_name);
    Setup client = client_setup();
    client.options.insecure = true;
    Pair insecure = connect(client, server_setup(), name);
    insecure.run();
    CHECK(insecure.open());
  }
}

TEST_CASE("Time that is outside the certificate's is said with both times") {
  Pair late = meet(certificates().server, "hub.example.com", valid_until + 10);
  CHECK(late.client.filter->fault() == TlsFault::certificate_time);
  CHECK(contains(late.client.filter->error(), "has expired on "));
  CHECK(contains(late.client.filter->error(), "2027"));
  CHECK(contains(late.client.filter->error(), "the clock here says"));
  CHECK(contains(late.server.filter->error(), "clock"));
  Pair early = meet(certificates().server, "hub.example.com", valid_from - 10);
  CHECK(early.client.filter->fault() == TlsFault::certificate_time);
  CHECK(contains(early.client.filter->error(), "is not valid before "));
  CHECK(meet(certificates().server, "hub.example.com", valid_from + 1).open());
  CHECK(meet(certificates().server, "hub.example.com", valid_until - 1).open());
}

TEST_CASE("Only who is signed by a trusted authority is believed") {
  Pair wrong = meet(certificates().server, "hub.example.com", valid_now, certificates().other_ca);
  CHECK(wrong.client.filter->fault() == TlsFault::certificate);
  CHECK(contains(wrong.client.filter->error(), "signed by none of those we trust (ca_file)"));
  CHECK(contains(wrong.server.filter->error(), "does not trust who signed our certificate"));

  // The very certificate in ca_file is trusted, and an intermediate alone is too, as in Go.
  const TestCertificate lone = make_certificate({{"CN=lone"}, "DNS:lone"});
  CHECK(meet(lone, "lone", valid_now, lone).open());
  CHECK_FALSE(meet(lone, "lone").open());
  const TestCertificate middle =
      make_certificate({{"CN=middle"}, "", "", true}, &certificates().ca);
  TestCertificate leaf = make_certificate({{"CN=leaf"}, "DNS:leaf"}, &middle);
  CHECK(meet(leaf, "leaf", valid_now, middle).open());
  CHECK_FALSE(meet(leaf, "leaf").open());
  leaf.certificate += middle.certificate;
  CHECK(meet(leaf, "leaf").open());

  // A certificate that is no authority cannot vouch for others.
  const TestCertificate forged = make_certificate({{"CN=x"}, "DNS:x"}, &certificates().server);
  TestCertificate chain = forged;
  chain.certificate += certificates().server.certificate;
  CHECK_FALSE(meet(chain, "x").open());
}

TEST_CASE("Every kind of key works") {
  CHECK(meet(certificates().rsa, "hub.example.com").open());
  CHECK(meet(certificates().ed25519, "ed.example.com").open());
}

TEST_CASE("insecure takes any certificate, and pins still hold") {
  Setup client = client_setup();
  client.trust(certificates().other_ca);
  client.options.insecure = true;
  Pair pair = connect(client, server_setup(), "elsewhere");
  pair.run();
  REQUIRE(pair.open());
  const std::string pin = pair.client.filter->peer().public_key_sha256;
  CHECK(pin.size() == 64);
  client.options.pinned_certs = {std::string(64, '0'), pin};
  Pair pinned = connect(client, server_setup(), "elsewhere");
  pinned.run();
  CHECK(pinned.open());
  client.options.pinned_certs = {std::string(64, '0')};
  Pair other = connect(client, server_setup(), "elsewhere");
  other.run();
  CHECK(other.client.filter->fault() == TlsFault::not_pinned);
  CHECK(contains(other.client.filter->error(), pin + " is not among pinned_certs"));
}

TEST_CASE("verify asks clients for a certificate") {
  Setup client = client_setup();
  Pair none = connect(client, verifying_server());
  none.run();
  CHECK(none.server.filter->fault() == TlsFault::no_certificate);
  CHECK(contains(none.server.filter->error(), "showed no certificate"));
  CHECK(none.client.filter->fault() == TlsFault::refused);
  CHECK(contains(none.client.filter->error(), "cert_file and key_file"));

  client.show(certificates().client);
  Pair shown = connect(client, verifying_server());
  shown.run();
  CHECK(shown.open());

  const TestCertificate foreign = make_certificate({{"CN=foreign"}}, &certificates().other_ca);
  Setup stranger = client_setup();
  stranger.show(foreign);
  Pair refused = connect(stranger, verifying_server());
  refused.run();
  CHECK(refused.server.filter->fault() == TlsFault::certificate);

  const TestCertificate wrong_use =
      make_certificate({{"CN=server only"}, "", "serverAuth"}, &certificates().ca);
  Setup misused = client_setup();
  misused.show(wrong_use);
  Pair use = connect(misused, verifying_server());
  use.run();
  CHECK(contains(use.server.filter->error(), "not meant for this use"));

  Setup pinning = verifying_server();
  pinning.options.pinned_certs = {std::string(64, '0')};
  Pair unpinned = connect(client, pinning);
  unpinned.run();
  CHECK(unpinned.server.filter->fault() == TlsFault::not_pinned);
}

TEST_CASE("A client's certificate is told in full") {
  Setup client = client_setup();
  client.show(certificates().client);
  Pair pair = connect(client, verifying_server());
  pair.run();
  REQUIRE(pair.open());
  const TlsPeer peer = pair.server.filter->peer();
  CHECK(peer.has_certificate);
  CHECK(peer.subject == "CN=client,OU=a+OU=b,O=acme");
  CHECK(peer.emails == std::vector<std::string>{"client@example.com"});
  CHECK(peer.dns_names == std::vector<std::string>{"client.example.com"});
  CHECK(peer.uris == std::vector<std::string>{"spiffe://acme/client"});
  REQUIRE(peer.subject_parts.size() == 3);
  CHECK(peer.subject_parts.front().front().value == "client");
  CHECK(peer.subject_parts[1].size() == 2);

  const TestCertificate odd = make_certificate(
      {{"DC=com", "DC=example", "C=DE", "CN=first", "CN=a,b \"c\" "}}, &certificates().ca);
  Setup other = client_setup();
  other.show(odd);
  Pair odd_pair = connect(other, verifying_server());
  odd_pair.run();
  REQUIRE(odd_pair.open());
  const TlsPeer odd_peer = odd_pair.server.filter->peer();
  CHECK(odd_peer.subject == "CN=a\\,b \\\"c\\\"\\ ,C=DE");
  CHECK(odd_peer.domain_components == "DC=com,DC=example");
}

TEST_CASE("Among several certificates the name and the key type decide") {
  Setup server{TlsRole::server, {}, {}};
  server.show(certificates().server);
  server.show(certificates().ed25519);
  const TestCertificate rsa_elsewhere = make_certificate(
      {{"CN=rsa2"}, "DNS:rsa.example.com", "", false, valid_from, valid_until, KeyType::rsa2048},
      &certificates().ca);
  server.show(rsa_elsewhere);
  const auto shown_for = [&server](const std::string& name) {
    Pair pair = connect(client_setup(), server, name);
    pair.run();
    INFO(pair.client.filter->error());
    REQUIRE(pair.open());
    return pair.client.filter->peer().subject;
  };
  CHECK(shown_for("hub.example.com") == "CN=hub");
  CHECK(shown_for("ed.example.com") == "CN=ed");
  CHECK(shown_for("rsa.example.com") == "CN=rsa2");
  CHECK(shown_for("127.0.0.1") == "CN=hub");  // no SNI: the first

  Setup anyone = client_setup();
  anyone.options.insecure = true;
  Pair unknown = connect(anyone, server, "unknown.example.com");
  unknown.run();
  REQUIRE(unknown.open());
  CHECK(unknown.client.filter->peer().subject == "CN=hub");
}

TEST_CASE("CVE-2025-68121: a session is worth nothing where other certificates are trusted") {
  Setup client = client_setup();
  client.show(certificates().client);
  const auto client_context = client.make();
  const auto first_server = verifying_server().make();
  Pair first = connect(client_context, first_server);
  first.run();
  first.server.say("x");
  first.run();
  REQUIRE(first.open());
  const TlsSession session = first.client.filter->session();
  REQUIRE(session.ticket);

  // The same listener resumes it.
  Pair again = connect(client_context, first_server, "hub.example.com", valid_now, session);
  again.run();
  REQUIRE(again.open());
  CHECK(again.server.filter->peer().resumed);
  CHECK(again.server.filter->peer().subject == "CN=client,OU=a+OU=b,O=acme");

  // One that trusts others does not; nor does the same after a reload, trusting others or not.
  Setup narrower = verifying_server();
  narrower.trust(certificates().other_ca);
  Pair elsewhere = connect(client_context, narrower.make(), "hub.example.com", valid_now, session);
  elsewhere.run();
  CHECK_FALSE(elsewhere.open());
  CHECK(elsewhere.server.filter->fault() == TlsFault::certificate);
  Pair reloaded =
      connect(client_context, verifying_server().make(), "hub.example.com", valid_now, session);
  reloaded.run();
  REQUIRE(reloaded.open());
  CHECK_FALSE(reloaded.server.filter->peer().resumed);
}

TEST_CASE("A resumed session does not outlive the certificate that it began with") {
  Setup client = client_setup();
  const TestCertificate brief = make_certificate(
      {{"CN=brief"}, "", "", false, valid_from, valid_now + 60}, &certificates().ca);
  client.show(brief);
  const auto client_context = client.make();
  const auto server = verifying_server().make();
  Pair first = connect(client_context, server);
  first.run();
  first.server.say("x");
  first.run();
  REQUIRE(first.open());
  Pair later = connect(client_context, server, "hub.example.com", valid_now + 120,
                       first.client.filter->session());
  later.run();
  CHECK_FALSE(later.open());
  CHECK(later.server.filter->fault() == TlsFault::certificate_time);
}
