// SPDX-License-Identifier: Apache-2.0

#include "support/test_certificates.hpp"

#ifdef LEAFNATS_HAVE_TLS

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>

namespace leafnats::test {
namespace {

template <class T>
T* must(T* object) {
  if (object == nullptr) std::abort();
  return object;
}
void must(int answer) {
  if (answer <= 0) std::abort();
}

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;
using Text = std::unique_ptr<BIO, int (*)(BIO*)>;

Key make_key(KeyType type) {
  const int id = type == KeyType::p256      ? EVP_PKEY_EC
                 : type == KeyType::rsa2048 ? EVP_PKEY_RSA
                                            : EVP_PKEY_ED25519;
  std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context(
      must(EVP_PKEY_CTX_new_id(id, nullptr)), EVP_PKEY_CTX_free);
  must(EVP_PKEY_keygen_init(context.get()));
  if (id == EVP_PKEY_EC) {
    must(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1));
    must(EVP_PKEY_CTX_set_ec_param_enc(context.get(), OPENSSL_EC_NAMED_CURVE));
  }
  if (id == EVP_PKEY_RSA) must(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048));
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_keygen(context.get(), &key));
  return {key, EVP_PKEY_free};
}

std::string taken(BIO* bio) {
  std::string text(static_cast<std::size_t>(BIO_pending(bio)), '\0');
  must(BIO_read(bio, text.data(), static_cast<int>(text.size())));
  return text;
}

void add_part(X509_NAME* name, const std::string& part) {
  bool first = true;
  for (std::size_t at = 0; at <= part.size();) {
    const std::size_t end = std::min(part.find('+', at), part.size());
    const std::string attribute = part.substr(at, end - at);
    const std::size_t equals = attribute.find('=');
    const std::string value = attribute.substr(equals + 1);
    must(X509_NAME_add_entry_by_txt(name, attribute.substr(0, equals).c_str(), MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, first ? 0 : -1));
    first = false;
    at = end + 1;
  }
}

void add_extension(X509* certificate, X509V3_CTX* context, int kind, const std::string& value) {
  X509_EXTENSION* extension = must(X509V3_EXT_nconf_nid(nullptr, context, kind, value.c_str()));
  must(X509_add_ext(certificate, extension, -1));
  X509_EXTENSION_free(extension);
}

}  // namespace

TestCertificate make_certificate(const CertificateWish& wish, const TestCertificate* issuer) {
  static long serial = 1000;
  const Key key = make_key(wish.key);
  const Certificate made(must(X509_new()), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), static_cast<std::time_t>(wish.not_before));
  ASN1_TIME_set(X509_getm_notAfter(made.get()), static_cast<std::time_t>(wish.not_after));
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(made.get());
  for (const std::string& part : wish.subject) add_part(subject, part);

  Certificate parent(nullptr, X509_free);
  Key parent_key(nullptr, EVP_PKEY_free);
  if (issuer != nullptr) {
    const Text text(
        BIO_new_mem_buf(issuer->certificate.data(), static_cast<int>(issuer->certificate.size())),
        BIO_free);
    parent.reset(must(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)));
    const Text key_text(BIO_new_mem_buf(issuer->key.data(), static_cast<int>(issuer->key.size())),
                        BIO_free);
    parent_key.reset(must(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)));
  }
  X509* signer = parent ? parent.get() : made.get();
  EVP_PKEY* signing_key = parent ? parent_key.get() : key.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));

  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, made.get(), nullptr, nullptr, 0);
  if (wish.authority) {
    add_extension(made.get(), &context, NID_basic_constraints, "critical,CA:TRUE");
  }
  if (!wish.names.empty()) {
    add_extension(made.get(), &context, NID_subject_alt_name, wish.names);
  }
  if (!wish.usage.empty()) add_extension(made.get(), &context, NID_ext_key_usage, wish.usage);
  const bool pure = EVP_PKEY_id(signing_key) == EVP_PKEY_ED25519;
  must(X509_sign(made.get(), signing_key, pure ? nullptr : EVP_sha256()));

  const Text certificate_out(BIO_new(BIO_s_mem()), BIO_free);
  must(PEM_write_bio_X509(certificate_out.get(), made.get()));
  const Text key_out(BIO_new(BIO_s_mem()), BIO_free);
  must(PEM_write_bio_PKCS8PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr));
  return {taken(certificate_out.get()), taken(key_out.get())};
}

}  // namespace leafnats::test

#endif
