// SPDX-License-Identifier: Apache-2.0
//
// BoringSSL or OpenSSL 3, for tls_*.cpp only: owners for their objects, the few calls in which
// they differ, and what a TlsContext is made of.
#pragma once

#include "wire/tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::wire {
struct TlsPeer;
}

namespace leafnats::wire::tls {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

inline void free_names(GENERAL_NAMES* names) noexcept { GENERAL_NAMES_free(names); }
inline void free_name_list(STACK_OF(X509_NAME) * names) noexcept {
  sk_X509_NAME_pop_free(names, X509_NAME_free);
}

using OwnedBio = std::unique_ptr<BIO, Release<BIO_free>>;
using OwnedCertificate = std::unique_ptr<X509, Release<X509_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using OwnedNames = std::unique_ptr<GENERAL_NAMES, Release<free_names>>;
using OwnedNameList = std::unique_ptr<STACK_OF(X509_NAME), Release<free_name_list>>;
using OwnedTime = std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>>;
using OwnedContext = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;

// ---- tls_pem.cpp

/// Who we are to a peer.
struct Identity {
  OwnedCertificate certificate;
  std::vector<OwnedCertificate> chain;  // from its issuer on
  OwnedKey key;
};

Result<Identity> read_identity(const TlsMaterial::KeyPair& pair);
Result<std::vector<OwnedCertificate>> read_trusted(const TlsMaterial& material);

// ---- tls_certificate.cpp

/// Fills in what comes from the certificate.
void describe_certificate(X509* certificate, TlsPeer& peer);
/// "Nov 20 17:09:04 2026 GMT"
std::string unix_time_text(std::int64_t seconds);
/// Lower-case hex of the SHA-256 of the DER SubjectPublicKeyInfo.
std::string public_key_sha256(X509* certificate);
/// The subject as Go writes it.
std::string subject_text(X509* certificate);
/// "expired on ..., and it is ... by the clock ..."; empty while it is valid.
std::string validity_problem(X509* certificate, std::int64_t unix_time);
/// DNS names and addresses that it is for, at most a few: "a.example.com, 10.0.0.1".
std::string names_text(X509* certificate);
bool is_ip_literal(const std::string& host);

// ---- tls_names.cpp

/// Lists for the library, out of Go's names or of the default.
struct NameLists {
  std::string ciphers;  // TLS 1.2
  std::string curves;
  bool only_tls_1_3 = false;  // no cipher suite of TLS 1.2 is left
};
Result<NameLists> library_names(const TlsOptions& options);
/// Go's name for the cipher suite in use.
std::string cipher_name(const SSL* ssl);

// ---- tls_faults.cpp

/// Takes the oldest error off the library's queue, empties it, and says it in words.
std::string library_error();
/// Whether the error that library_error() would tell is an alert of the peer.
bool is_peer_alert(unsigned long code) noexcept;

// ---- tls_context.cpp

/// Whether the peer of a handshake that is choosing certificates takes signatures by `key`.
bool peer_takes_key(SSL* ssl, EVP_PKEY* key);

}  // namespace leafnats::wire::tls

namespace leafnats::wire {

struct TlsContext::Body {
  TlsRole role = TlsRole::server;
  bool wants_certificate = false;
  bool judges_certificate = false;  // of the peer
  std::set<std::string, std::less<>> pinned;
  std::vector<tls::Identity> identities;  // more than one: chosen in each handshake
  tls::OwnedContext context;
};

/// The context's hooks into the filters. In tls_filter.cpp.
void install_tls_callbacks(TlsContext::Body& body);

}  // namespace leafnats::wire
