// SPDX-License-Identifier: Apache-2.0
//
// What options and PEM text make a context, and which are refused with what words.

#include "unit/wire/tls_pair.hpp"
#include "wire/tls_library.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

std::string refusal(const Setup& setup) {
  auto made = setup.try_make();
  return made ? std::string() : made.error().message();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string protected_key() {
  const tls::OwnedBio in(BIO_new_mem_buf(certificates().server.key.data(), -1));
  const tls::OwnedKey key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const tls::OwnedBio out(BIO_new(BIO_s_mem()));
  char password[] = "secret";
  PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), password, 6, nullptr,
                                nullptr);
  std::string text(static_cast<std::size_t>(BIO_pending(out.get())), '\0');
  BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
  return text;
}

}  // namespace

TEST_CASE("Certificates and keys that do not fit are refused with the file and the reason") {
  CHECK(refusal(server_setup()).empty());
  CHECK(refusal(client_setup()).empty());

  Setup setup{TlsRole::server, {}, {}};
  CHECK(contains(refusal(setup), "a listener needs cert_file"));
  setup.options.cert_file = "c";
  CHECK(contains(refusal(setup), "missing 'key_file'"));
  setup.options = {};
  setup.options.key_file = "k";
  CHECK(contains(refusal(setup), "missing 'cert_file'"));

  setup = server_setup();
  setup.options.cert_file = setup.options.key_file = "x";
  CHECK(contains(refusal(setup), "cannot combine"));
  setup = server_setup();
  setup.options.certs.front().key_file.clear();
  CHECK(contains(refusal(setup), "certs: both"));

  setup = server_setup();
  setup.material.key_pairs.front().key = certificates().client.key;
  CHECK(contains(refusal(setup), "cert.pem: the key is not the one of this certificate"));
  setup.material.key_pairs.front().key = "no key";
  CHECK(contains(refusal(setup), "cert.pem: its key file has no private key"));
  setup.material.key_pairs.front().key = protected_key();
  CHECK(contains(refusal(setup), "protected by a password"));

  setup = server_setup();
  std::string& text = setup.material.key_pairs.front().certificate;
  text = certificates().server.key;
  CHECK(contains(refusal(setup), "cert.pem: has no certificate"));
  text = certificates().server.certificate;
  text.erase(100, 64);
  CHECK(contains(refusal(setup), "cert.pem: "));
  text.assign(2 << 20, 'x');
  CHECK(contains(refusal(setup), "too large"));
}

TEST_CASE("Trust is needed where peers are judged, and only there") {
  Setup client{TlsRole::client, {}, {}};
  client.material.trusted_name = "ca.pem";
  CHECK(contains(refusal(client), "ca.pem: has no certificate"));
  client.options.insecure = true;
  CHECK(refusal(client).empty());

  Setup server = server_setup();
  CHECK_FALSE(server.make()->wants_certificate());
  server.options.verify_and_map = true;
  CHECK_FALSE(refusal(server).empty());
  server.trust(certificates().ca);
  REQUIRE(refusal(server).empty());
  CHECK(server.make()->wants_certificate());
}

TEST_CASE("A damaged certificate among the trusted ones does not spoil the others") {
  Setup setup = client_setup();
  std::string damaged = certificates().other_ca.certificate;
  damaged[100] = damaged[100] == 'A' ? 'B' : 'A';
  setup.material.trusted = "text before\n" + damaged + certificates().ca.certificate;
  Pair pair = connect(setup, server_setup());
  pair.run();
  CHECK(pair.open());
}

TEST_CASE("Cipher suites and curves have Go's names") {
  Setup setup = server_setup();
  setup.options.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"};
  setup.options.curve_preferences = {"CurveP384"};
  const auto client = client_setup().make();
  SSL_CTX_set_max_proto_version(client->body().context.get(), TLS1_2_VERSION);
  Pair pair = connect(client, setup.make());
  pair.run();
  REQUIRE(pair.open());
  CHECK(pair.client.filter->peer().cipher == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");

  setup.options.cipher_suites = {"TLS_AES_128_GCM_SHA256"};
  Pair only_modern = connect(client, setup.make());
  only_modern.run();
  CHECK_FALSE(only_modern.open());
  Pair modern = connect(client_setup(), setup);
  modern.run();
  CHECK(modern.open());
}

TEST_CASE("Names that are not there are refused with the list of those that are") {
  Setup setup = server_setup();
  setup.options.cipher_suites = {"TLS_MADE_UP"};
  CHECK(contains(refusal(setup), "cipher_suites: TLS_MADE_UP is not known; there are: TLS_AES"));
  setup.options.cipher_suites = {"TLS_RSA_WITH_RC4_128_SHA"};
  setup.options.allow_insecure_cipher_suites = true;
  CHECK(contains(refusal(setup), "is not in this TLS library; it has: TLS_AES_128_GCM_SHA256"));
  CHECK(contains(refusal(setup), "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"));
  setup.options.cipher_suites = {"TLS_RSA_WITH_AES_128_CBC_SHA"};
  CHECK(refusal(setup).empty());
  setup.options.allow_insecure_cipher_suites = false;
  CHECK(contains(refusal(setup),
                 "insecure cipher suites configured without 'allow_insecure_cipher_suites' option "
                 "set: TLS_RSA_WITH_AES_128_CBC_SHA"));
  setup = server_setup();
  setup.options.curve_preferences = {"P-256"};
  CHECK(contains(refusal(setup), "curve_preferences: P-256 is not known; there are: "));
  CHECK(contains(refusal(setup), "X25519, CurveP256"));
}

TEST_CASE("Every cipher suite of the default works in TLS 1.2") {
  const std::string names[] = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                               "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                               "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                               "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                               "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                               "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                               "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                               "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
                               "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
                               "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"};
  for (const std::string& name : names) {
    Setup client = client_setup();
    client.options.cipher_suites = {name};
    const auto context = client.make();
    REQUIRE(context);
    SSL_CTX_set_max_proto_version(context->body().context.get(), TLS1_2_VERSION);
    Setup server{TlsRole::server, {}, {}};
    const bool rsa = contains(name, "ECDHE_RSA");
    server.show(rsa ? certificates().rsa : certificates().server);
    Pair pair = connect(context, server.make());
    pair.run();
    INFO(name << " " << pair.client.filter->error() << " " << pair.server.filter->error());
    REQUIRE(pair.open());
    CHECK(pair.client.filter->peer().cipher == name);
  }
}

TEST_CASE("Pins must look like a SHA-256") {
  Setup setup = client_setup();
  setup.options.pinned_certs = {std::string(63, 'a')};
  CHECK(contains(refusal(setup), "does not look like hex-encoded sha256"));
  setup.options.pinned_certs = {std::string(63, 'a') + "g"};
  CHECK_FALSE(refusal(setup).empty());
  setup.options.pinned_certs = {std::string(64, 'A')};
  CHECK(refusal(setup).empty());
}

TEST_CASE("CVE-2021-32026: contexts accept the same, whichever way their options came") {
  // Everything goes through make(): cert_file and certs must not differ in what they accept.
  Setup one = server_setup();
  one.options.certs.clear();
  one.options.cert_file = one.options.key_file = "x";
  Setup several = server_setup();
  several.show(certificates().rsa);
  std::vector<std::vector<std::string>> lists;
  for (const Setup& setup : {one, several, server_setup(), client_setup()}) {
    const auto context = setup.make();
    REQUIRE(context);
    std::vector<std::string> names;
    STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context->body().context.get());
    for (std::size_t i = 0; i < static_cast<std::size_t>(sk_SSL_CIPHER_num(ciphers)); ++i) {
      names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, static_cast<int>(i))));
    }
    lists.push_back(names);
  }
  CHECK_FALSE(lists.front().empty());
  for (const auto& list : lists) CHECK(list == lists.front());
}
