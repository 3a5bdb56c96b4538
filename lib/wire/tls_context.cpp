// SPDX-License-Identifier: Apache-2.0
//
// Making a TLS context: every listener and every remote goes through make(), so that none has
// weaker rules than the others by accident.

#include "wire/tls_context.hpp"

#include "base/limits.hpp"
#include "wire/tls_library.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace leafnats::wire {
namespace {

using tls::Identity;

Error invalid(std::string text) { return {Errc::invalid_config, std::move(text)}; }

bool is_sha256_hex(std::string_view text) {
  return text.size() == 2 * SHA256_DIGEST_LENGTH &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

Result<void> check_identity(TlsRole role, const TlsOptions& options) {
  if (!options.certs.empty() && !options.cert_file.empty()) {
    return invalid("cannot combine 'cert_file' option with 'certs' option");
  }
  if (options.cert_file.empty() != options.key_file.empty()) {
    return invalid(options.key_file.empty() ? "missing 'key_file'" : "missing 'cert_file'");
  }
  for (const TlsKeyPair& pair : options.certs) {
    if (pair.cert_file.empty() || pair.key_file.empty()) {
      return invalid("certs: both 'cert_file' and 'key_file' are required");
    }
  }
  if (role == TlsRole::server && options.cert_file.empty() && options.certs.empty()) {
    return invalid("a listener needs cert_file and key_file");
  }
  return {};
}

/// Bytes of `key` signatures that TLS knows by these code points (RFC 8446, 4.2.3).
bool signs_with(int key_type, std::uint16_t scheme) {
  switch (key_type) {
    case EVP_PKEY_RSA: return (scheme & 0xff) == 0x01 || (scheme >= 0x0804 && scheme <= 0x0806);
    case EVP_PKEY_EC: return (scheme & 0xff) == 0x03 && scheme < 0x0700;
    case EVP_PKEY_ED25519: return scheme == 0x0807;
    default: return true;
  }
}

std::vector<std::uint16_t> peer_schemes(SSL* ssl) {
  std::vector<std::uint16_t> schemes;
#ifdef OPENSSL_IS_BORINGSSL
  const std::uint16_t* first = nullptr;
  const std::size_t count = SSL_get0_peer_verify_algorithms(ssl, &first);
  schemes.assign(first, first + count);
#else
  const int count = SSL_get_sigalgs(ssl, 0, nullptr, nullptr, nullptr, nullptr, nullptr);
  for (int i = 0; i < count; ++i) {
    unsigned char signature = 0;
    unsigned char hash = 0;
    SSL_get_sigalgs(ssl, i, nullptr, nullptr, nullptr, &signature, &hash);
    schemes.push_back(static_cast<std::uint16_t>(hash << 8 | signature));
  }
#endif
  return schemes;
}

bool has_name(const Identity& identity, const char* name) {
  const bool matches = X509_check_host(identity.certificate.get(), name, std::strlen(name),
                                       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
  ERR_clear_error();
  return matches;
}

/// Whether the server named the issuer among those it takes certificates of.
bool is_wanted(SSL* ssl, const Identity& identity) {
  const STACK_OF(X509_NAME)* names = SSL_get_client_CA_list(ssl);
  const std::size_t count = names == nullptr ? 0 : sk_X509_NAME_num(names);
  if (count == 0) return true;
  const auto among = [&](X509* certificate) {
    for (std::size_t i = 0; i < count; ++i) {
      const X509_NAME* name = sk_X509_NAME_value(names, static_cast<int>(i));
      if (X509_NAME_cmp(name, X509_get_issuer_name(certificate)) == 0) return true;
    }
    return false;
  };
  return among(identity.certificate.get()) ||
         std::any_of(identity.chain.begin(), identity.chain.end(),
                     [&among](const auto& certificate) { return among(certificate.get()); });
}

const Identity& choose_identity(SSL* ssl, const TlsContext::Body& body) {
  const bool server = body.role == TlsRole::server;
  const char* name = server ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : nullptr;
  const auto takes_key = [ssl](const Identity& identity) {
    return tls::peer_takes_key(ssl, identity.key.get());
  };
  for (const Identity& identity : body.identities) {
    const bool fits =
        server ? name == nullptr || has_name(identity, name) : is_wanted(ssl, identity);
    if (fits && takes_key(identity)) return identity;
  }
  const auto any = std::find_if(body.identities.begin(), body.identities.end(), takes_key);
  return any == body.identities.end() ? body.identities.front() : *any;
}

int on_certificate_wanted(SSL* ssl, void* argument) {
  const Identity& identity = choose_identity(ssl, *static_cast<TlsContext::Body*>(argument));
  if (SSL_use_certificate(ssl, identity.certificate.get()) != 1) return 0;
  if (SSL_use_PrivateKey(ssl, identity.key.get()) != 1) return 0;
  SSL_clear_chain_certs(ssl);
  for (const auto& issuer : identity.chain) {
    if (SSL_add1_chain_cert(ssl, issuer.get()) != 1) return 0;
  }
  return 1;
}

Result<void> take_identities(const TlsMaterial& material, TlsContext::Body& body) {
  for (const TlsMaterial::KeyPair& pair : material.key_pairs) {
    auto identity = tls::read_identity(pair);
    if (!identity) return std::move(identity).error();
    body.identities.push_back(std::move(*identity));
  }
  SSL_CTX* context = body.context.get();
  if (body.identities.size() > 1) {
    SSL_CTX_set_cert_cb(context, on_certificate_wanted, &body);
    return {};
  }
  for (const Identity& identity : body.identities) {
    bool taken = SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
                 SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1;
    for (const auto& issuer : identity.chain) {
      taken = taken && SSL_CTX_add1_chain_cert(context, issuer.get()) == 1;
    }
    if (!taken) return invalid(material.key_pairs.front().name + ": " + tls::library_error());
  }
  return {};
}

Result<void> take_trusted(const TlsMaterial& material, TlsContext::Body& body) {
  if (!body.judges_certificate) return {};
  auto trusted = tls::read_trusted(material);
  if (!trusted) return std::move(trusted).error();
  X509_STORE* store = SSL_CTX_get_cert_store(body.context.get());
  tls::OwnedNameList names(sk_X509_NAME_new_null());
  for (const auto& certificate : *trusted) {
    X509_STORE_add_cert(store, certificate.get());
    if (!material.announce_trusted || body.role == TlsRole::client) continue;
    X509_NAME* name = X509_NAME_dup(X509_get_subject_name(certificate.get()));
    if (name != nullptr) sk_X509_NAME_push(names.get(), name);
  }
  ERR_clear_error();  // of certificates that stand twice in the bundle
  // As in Go: an intermediate or the very certificate in ca_file is trusted by itself.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (sk_X509_NAME_num(names.get()) > 0) {
    SSL_CTX_set_client_CA_list(body.context.get(), names.release());
  }
  return {};
}

Result<void> set_rules(const TlsOptions& options, TlsContext::Body& body) {
  auto names = tls::library_names(options);
  if (!names) return std::move(names).error();
  SSL_CTX* context = body.context.get();
  const bool modern = names->only_tls_1_3 || options.min_version == TlsVersion::tls_1_3;
  SSL_CTX_set_min_proto_version(context, modern ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (!names->ciphers.empty()) SSL_CTX_set_cipher_list(context, names->ciphers.c_str());
  if (SSL_CTX_set1_curves_list(context, names->curves.c_str()) != 1) {
    return invalid("curve_preferences: " + tls::library_error());
  }
#ifdef OPENSSL_IS_BORINGSSL
  // Its default leaves out the last two, which Go takes, and has one with SHA-1, which Go does not.
  static constexpr std::array<std::uint16_t, 10> schemes = {
      SSL_SIGN_ECDSA_SECP256R1_SHA256, SSL_SIGN_RSA_PSS_RSAE_SHA256, SSL_SIGN_RSA_PKCS1_SHA256,
      SSL_SIGN_ECDSA_SECP384R1_SHA384, SSL_SIGN_RSA_PSS_RSAE_SHA384, SSL_SIGN_RSA_PKCS1_SHA384,
      SSL_SIGN_RSA_PSS_RSAE_SHA512,    SSL_SIGN_RSA_PKCS1_SHA512,    SSL_SIGN_ED25519,
      SSL_SIGN_ECDSA_SECP521R1_SHA512};
  SSL_CTX_set_verify_algorithm_prefs(context, schemes.data(), schemes.size());
#endif
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(context, limits::tls_chain_bytes_max);
  return {};
}

/// A server gives tickets and keeps nothing; a client's filter keeps the last ticket itself.
void set_resumption(TlsContext::Body& body) {
  SSL_CTX* context = body.context.get();
  static constexpr unsigned char scope[] = "leafnats";
  SSL_CTX_set_session_id_context(context, scope, sizeof scope - 1);
  if (body.role == TlsRole::server) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
  } else {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  }
}

}  // namespace

namespace tls {

bool peer_takes_key(SSL* ssl, EVP_PKEY* key) {
  const std::vector<std::uint16_t> schemes = peer_schemes(ssl);
  const int type = EVP_PKEY_id(key);
  return schemes.empty() || std::any_of(schemes.begin(), schemes.end(),
                                        [type](auto scheme) { return signs_with(type, scheme); });
}

}  // namespace tls

bool TlsContext::supported() noexcept { return true; }

Result<void> TlsContext::check(TlsRole role, const TlsOptions& options) {
  if (auto found = check_identity(role, options); !found) return found;
  for (const std::string& pin : options.pinned_certs) {
    if (!is_sha256_hex(pin)) {
      return invalid("'pinned_certs' key " + pin +
                     " does not look like hex-encoded sha256 of DER encoded SubjectPublicKeyInfo");
    }
  }
  if (role == TlsRole::server && options.insecure && verifies_peers(role, options)) {
    return invalid("insecure and verify contradict each other");
  }
  if (auto names = tls::library_names(options); !names) return std::move(names).error();
  return {};
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(TlsRole role, const TlsOptions& options,
                                                           const TlsMaterial& material) {
  if (auto sound = check(role, options); !sound) return std::move(sound).error();
  auto body = std::make_unique<Body>();
  body->role = role;
  body->judges_certificate = verifies_peers(role, options);
  body->wants_certificate = role == TlsRole::server && body->judges_certificate;
  for (std::string pin : options.pinned_certs) {
    std::transform(pin.begin(), pin.end(), pin.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    body->pinned.insert(std::move(pin));
  }
  ERR_clear_error();
  body->context.reset(SSL_CTX_new(TLS_method()));
  if (!body->context) return Error{Errc::io_error, "TLS: " + tls::library_error()};
  if (auto set = set_rules(options, *body); !set) return std::move(set).error();
  if (auto taken = take_identities(material, *body); !taken) return std::move(taken).error();
  if (auto taken = take_trusted(material, *body); !taken) return std::move(taken).error();
  set_resumption(*body);
  install_tls_callbacks(*body);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(body)));
}

TlsContext::TlsContext(std::unique_ptr<Body> body) : body_(std::move(body)) {}
TlsContext::~TlsContext() = default;

TlsRole TlsContext::role() const noexcept { return body_->role; }
bool TlsContext::wants_certificate() const noexcept { return body_->wants_certificate; }

}  // namespace leafnats::wire
