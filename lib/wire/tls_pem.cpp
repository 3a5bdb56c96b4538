// SPDX-License-Identifier: Apache-2.0
//
// Certificates and keys out of PEM text.

#include "wire/tls_library.hpp"

#include "base/limits.hpp"

#include <utility>

namespace leafnats::wire::tls {
namespace {

Error invalid(const std::string& name, const std::string& problem) {
  return {Errc::invalid_config, name + ": " + problem};
}

Result<OwnedBio> open_text(const std::string& name, const std::string& pem) {
  if (pem.size() > limits::tls_pem_bytes_max) return invalid(name, "is too large to be PEM");
  return OwnedBio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// A protected key must not make the library ask on a terminal.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

bool at_end() {
  const unsigned long code = ERR_peek_last_error();
  return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

enum class Broken { refuse, skip };

/// Other blocks between the certificates are passed over, as Go does.
Result<std::vector<OwnedCertificate>> read_certificates(const std::string& name,
                                                        const std::string& pem, Broken broken) {
  auto text = open_text(name, pem);
  if (!text) return std::move(text).error();
  std::vector<OwnedCertificate> found;
  for (;;) {
    ERR_clear_error();
    const std::size_t before = BIO_pending(text->get());
    OwnedCertificate certificate(PEM_read_bio_X509(text->get(), nullptr, nullptr, nullptr));
    if (certificate) {
      found.push_back(std::move(certificate));
      continue;
    }
    if (at_end()) break;
    if (broken == Broken::refuse) {
      return invalid(name, "a certificate in it is damaged: " + library_error());
    }
    if (static_cast<std::size_t>(BIO_pending(text->get())) == before) break;
  }
  ERR_clear_error();
  if (found.empty()) return invalid(name, "has no certificate (PEM) in it");
  return found;
}

Result<OwnedKey> read_key(const TlsMaterial::KeyPair& pair) {
  auto text = open_text(pair.name, pair.key);
  if (!text) return std::move(text).error();
  bool asked = false;
  ERR_clear_error();
  OwnedKey key(PEM_read_bio_PrivateKey(text->get(), nullptr, refuse_password, &asked));
  if (key) return key;
  const bool missing = pair.key.find("PRIVATE KEY-----") == std::string::npos;
  const std::string reason = library_error();
  if (asked) return invalid(pair.name, "its key is protected by a password, which nobody can give");
  if (missing) return invalid(pair.name, "its key file has no private key (PEM) in it");
  return invalid(pair.name, "its key cannot be read: " + reason);
}

}  // namespace

Result<Identity> read_identity(const TlsMaterial::KeyPair& pair) {
  auto certificates = read_certificates(pair.name, pair.certificate, Broken::refuse);
  if (!certificates) return std::move(certificates).error();
  auto key = read_key(pair);
  if (!key) return std::move(key).error();
  Identity identity;
  identity.certificate = std::move(certificates->front());
  for (std::size_t i = 1; i < certificates->size(); ++i) {
    identity.chain.push_back(std::move((*certificates)[i]));
  }
  identity.key = std::move(*key);
  const int fits = X509_check_private_key(identity.certificate.get(), identity.key.get());
  ERR_clear_error();
  if (fits != 1) return invalid(pair.name, "the key is not the one of this certificate");
  return identity;
}

Result<std::vector<OwnedCertificate>> read_trusted(const TlsMaterial& material) {
  // A system's bundle may hold what this library cannot read; the others still count.
  return read_certificates(material.trusted_name, material.trusted, Broken::skip);
}

}  // namespace leafnats::wire::tls
