// SPDX-License-Identifier: Apache-2.0
//
// tls { }: every key with its spellings and defaults, what is refused, and where the block may
// stand. Verdicts are nats-server's except where the text says so.
#include "unit/config/reading.hpp"
#include "wire/tls_context.hpp"

#include <string>

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::config::test;
using std::chrono::milliseconds;

namespace {

constexpr const char* with_files = "cert_file: c.pem, key_file: k.pem, ";

Result<Config> client_tls(const std::string& keys) {
  return load("port: -1\ntls { " + std::string(with_files) + keys + " }");
}

TlsOptions tls_with(const std::string& keys) {
  const Result<Config> config = client_tls(keys);
  INFO(keys << ": " << (config ? "" : config.error().context));
  REQUIRE(config);
  REQUIRE(config->options.tls);
  return *config->options.tls;
}

std::string refusal(const std::string& keys) {
  const Result<Config> config = client_tls(keys);
  return config ? std::string("it loads") : config.error().context;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("config: tls in a build without it", "[config]") {
  if (wire::TlsContext::supported()) return;
  const Result<Config> config = client_tls("");
  REQUIRE_FALSE(config);
  CHECK(config.error().code == Errc::not_supported);
  CHECK(contains(config.error().context, "t.conf:2:1: "));
  CHECK(contains(config.error().context, "TLS is not part of this build"));
}

TEST_CASE("config: keys of tls", "[config]") {
  if (!wire::TlsContext::supported()) return;
  const TlsOptions plain = tls_with("");
  CHECK(plain.cert_file == "c.pem");
  CHECK(plain.key_file == "k.pem");
  CHECK_FALSE(plain.verify);
  CHECK(plain.timeout == milliseconds(2000));
  CHECK_FALSE(plain.handshake_first);
  CHECK(plain.min_version == TlsVersion::tls_1_2);
  CHECK_FALSE(client_tls("")->options.allow_non_tls);

  CHECK(tls_with("ca_file: ca.pem").ca_file == "ca.pem");
  CHECK(tls_with("verify: true").verify);
  CHECK(tls_with("verify_and_map: true").verify);
  CHECK(tls_with("verify_and_map: true").verify_and_map);
  CHECK(tls_with("verify: false, verify_and_map: true").verify);
  CHECK(tls_with("verify_and_map: true, verify: false").verify);
  CHECK(tls_with("insecure: true").insecure);
  CHECK(tls_with("verify_cert_and_check_known_urls: false").cert_file == "c.pem");
  CHECK(tls_with("timeout: 1.5").timeout == milliseconds(1500));
  CHECK(tls_with("timeout: 3").timeout == milliseconds(3000));
  CHECK(tls_with("timeout: \"250ms\"").timeout == milliseconds(250));
  CHECK(tls_with("min_version: \"1.3\"").min_version == TlsVersion::tls_1_3);
  CHECK(tls_with("connection_rate_limit: 7").connection_rate_limit == 7);
  const char* const suite = "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]";
  CHECK(tls_with(suite).cipher_suites.size() == 1);
  CHECK(tls_with("curve_preferences: [CurveP256, X25519]").curve_preferences.size() == 2);
  CHECK(tls_with("ocsp_peer: false").cert_file == "c.pem");
  const std::string pin(64, 'A');
  CHECK(tls_with("pinned_certs: [\"" + pin + "\"]").pinned_certs.front() == pin);
  CHECK(tls_with("pinned_certs: []").pinned_certs.empty());

  const Result<Config> several =
      load("port: -1\ntls { certs: [ {cert_file: a, key_file: b}, {cert_file: c, key_file: d} ] }");
  REQUIRE(several);
  CHECK(several->options.tls->certs[1].key_file == "d");
}

TEST_CASE("config: forms of handshake_first", "[config]") {
  if (!wire::TlsContext::supported()) return;
  for (const char* on : {"handshake_first: true", "first: \"on\"", "immediate: \"TRUE\""}) {
    CHECK(tls_with(on).handshake_first);
    CHECK(tls_with(on).handshake_first_fallback == milliseconds(0));
  }
  for (const char* off : {"handshake_first: false", "first: off"}) {
    CHECK_FALSE(tls_with(off).handshake_first);
  }
  for (const char* waits : {"handshake_first: auto", "handshake_first: auto_fallback"}) {
    CHECK(tls_with(waits).handshake_first);
    CHECK(tls_with(waits).handshake_first_fallback == milliseconds(50));
  }
  CHECK(tls_with("handshake_first: \"300ms\"").handshake_first_fallback == milliseconds(300));
  CHECK(contains(refusal("handshake_first: sometimes"), "t.conf:2:42: "));
  CHECK(contains(refusal("handshake_first: 5"), "boolean"));
}

TEST_CASE("config: what tls refuses", "[config]") {
  if (!wire::TlsContext::supported()) return;
  CHECK(contains(refusal("min_version: \"1.1\""), "unsupported TLS version"));
  CHECK(contains(refusal("min_version: \"2\""), "unknown TLS version"));
  CHECK(contains(refusal("cipher_suites: []"), "'cipher_suites' cannot be empty"));
  CHECK(contains(refusal("cipher_suites: [TLS_NO]"), "cipher_suites: TLS_NO is not known"));
  CHECK(contains(refusal("cipher_suites: [TLS_NO]"), "t.conf:2:"));
  CHECK(contains(refusal("cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]"),
                 "insecure cipher suites configured without"));
  CHECK(contains(refusal("curve_preferences: [P256]"), "curve_preferences: P256 is not known"));
  CHECK(contains(refusal("pinned_certs: [abc]"), "does not look like hex-encoded sha256"));
  CHECK(contains(refusal("verify_cert_and_check_known_urls: true"),
                 "not supported in this context"));
  CHECK(contains(refusal("cert_store: WindowsCurrentUser"), "not from the certificate store"));
  CHECK(contains(refusal("ca_certs_match: [x]"), "not from the certificate store"));
  CHECK(contains(refusal("ocsp_peer: true"), "OCSP"));
  CHECK(contains(refusal("ocsp_peer: { verify: true }"), "OCSP"));
  CHECK(contains(refusal("certs: [ {cert_file: a, key_file: b} ]"), "cannot combine"));
  CHECK(contains(refusal("key_fil: x"), "did you mean"));
  CHECK(contains(refusal("verify: 1"), "t.conf:2:42: "));
  CHECK(contains(error_of(load("port: -1\ntls { key_file: k }")), "missing 'cert_file'"));
  CHECK(contains(error_of(load("port: -1\ntls { cert_file: k }")), "missing 'key_file'"));
  CHECK(contains(error_of(load("port: -1\ntls { }")), "a listener needs cert_file"));
}

TEST_CASE("config: tls of leafnodes and remotes", "[config]") {
  if (!wire::TlsContext::supported()) return;
  const Result<Config> config = load(
      "allow_non_tls: true\ntls { cert_file: c, key_file: k }\n"
      "leafnodes { port: -1, tls { cert_file: a, key_file: b, handshake_first: auto }\n"
      " remotes: [ { url: \"tls://h\", tls { ca_file: roots, insecure: true, first: true } },\n"
      " { url: \"nats://h\" } ] }");
  REQUIRE(config);
  CHECK(config->options.allow_non_tls);
  REQUIRE(config->options.leaf.tls);
  CHECK(config->options.leaf.tls->cert_file == "a");
  REQUIRE(config->options.leaf.remotes[0].tls);
  CHECK(config->options.leaf.remotes[0].tls->insecure);
  CHECK(config->options.leaf.remotes[0].tls->handshake_first);
  CHECK_FALSE(config->options.leaf.remotes[1].tls);
  // Without a listener there is nobody to show a certificate to.
  CHECK(load("port: -1\nleafnodes { tls { pinned_certs: [] } }"));
  CHECK(contains(error_of(load("leafnodes { port: -1, tls { } }")), "a listener needs cert_file"));
}
