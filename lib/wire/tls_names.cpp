// SPDX-License-Identifier: Apache-2.0
//
// Cipher suites and curves: Go's names, which nats-server's configuration uses, and the library's.
// What is there is asked of the library, so that the same table serves each of them.

#include "wire/tls_library.hpp"

#include <span>

namespace leafnats::wire::tls {
namespace {

enum class Grade : std::uint8_t { tls_1_3, secure, insecure };

struct Suite {
  const char* go;
  const char* library;
  Grade grade;
};

/// All that Go has; "secure" is its CipherSuites(), "insecure" its InsecureCipherSuites(). The
/// secure ones stand in the order in which we prefer them.
constexpr Suite suites[] = {
    {"TLS_AES_128_GCM_SHA256", "", Grade::tls_1_3},
    {"TLS_AES_256_GCM_SHA384", "", Grade::tls_1_3},
    {"TLS_CHACHA20_POLY1305_SHA256", "", Grade::tls_1_3},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", Grade::secure},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", Grade::secure},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", Grade::secure},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", Grade::secure},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
     Grade::secure},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", Grade::secure},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", Grade::secure},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", Grade::secure},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", Grade::secure},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", Grade::secure},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", Grade::insecure},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256", Grade::insecure},
    {"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA", Grade::insecure},
    {"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", "ECDHE-ECDSA-RC4-SHA", Grade::insecure},
    {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", "ECDHE-RSA-RC4-SHA", Grade::insecure},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", Grade::insecure},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", Grade::insecure},
    {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", Grade::insecure},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", Grade::insecure},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", Grade::insecure},
    {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA", Grade::insecure},
    {"TLS_RSA_WITH_RC4_128_SHA", "RC4-SHA", Grade::insecure},
};

struct Curve {
  const char* go;
  const char* library;
};

/// In nats-server's order of preference, the strongest first.
constexpr Curve curves[] = {
    {"X25519MLKEM768", "X25519MLKEM768"},
    {"SecP384r1MLKEM1024", "SecP384r1MLKEM1024"},
    {"SecP256r1MLKEM768", "SecP256r1MLKEM768"},
    {"X25519", "X25519"},
    {"CurveP256", "P-256"},
    {"CurveP384", "P-384"},
    {"CurveP521", "P-521"},
};

/// Asks the library what it knows.
class Probe {
 public:
  Probe() : context_(SSL_CTX_new(TLS_method())) {}

  bool has(const Suite& suite) const {
    if (suite.grade == Grade::tls_1_3) return true;
    return quietly(SSL_CTX_set_cipher_list(context_.get(), suite.library));
  }
  bool has(const Curve& curve) const {
    return quietly(static_cast<int>(SSL_CTX_set1_curves_list(context_.get(), curve.library)));
  }

 private:
  static bool quietly(int answer) {
    ERR_clear_error();
    return answer == 1;
  }

  OwnedContext context_;
};

template <class Entry>
const Entry* find(std::span<const Entry> table, std::string_view name) {
  for (const Entry& entry : table) {
    if (entry.go == name) return &entry;
  }
  return nullptr;
}

void add(std::string& list, std::string_view name, std::string_view separator) {
  if (!list.empty()) list += separator;
  list += name;
}

template <class Entry>
std::string available(const Probe& probe, std::span<const Entry> table) {
  std::string list;
  for (const Entry& entry : table) {
    if (probe.has(entry)) add(list, entry.go, ", ");
  }
  return list;
}

template <class Entry>
Result<const Entry*> look_up(const Probe& probe, std::span<const Entry> table, const char* key,
                             const std::string& name) {
  const Entry* entry = find(table, name);
  if (entry != nullptr && probe.has(*entry)) return entry;
  const char* problem =
      entry == nullptr ? " is not known; there are: " : " is not in this TLS library; it has: ";
  return Error{entry == nullptr ? Errc::invalid_config : Errc::not_supported,
               std::string(key) + ": " + name + problem + available(probe, table)};
}

Result<void> take_suites(const Probe& probe, const TlsOptions& options, NameLists& lists) {
  for (const Suite& suite : suites) {
    if (!options.cipher_suites.empty()) break;
    if (suite.grade == Grade::secure && probe.has(suite)) add(lists.ciphers, suite.library, ":");
  }
  std::string insecure;
  for (const std::string& name : options.cipher_suites) {
    auto suite = look_up(probe, std::span<const Suite>(suites), "cipher_suites", name);
    if (!suite) return std::move(suite).error();
    if ((*suite)->grade == Grade::insecure) add(insecure, name, ", ");
    if ((*suite)->grade != Grade::tls_1_3) add(lists.ciphers, (*suite)->library, ":");
  }
  if (!insecure.empty() && !options.allow_insecure_cipher_suites) {
    return Error{Errc::invalid_config,
                 "insecure cipher suites configured without 'allow_insecure_cipher_suites' option "
                 "set: " +
                     insecure};
  }
  lists.only_tls_1_3 = lists.ciphers.empty();
  return {};
}

Result<void> take_curves(const Probe& probe, const TlsOptions& options, NameLists& lists) {
  for (const Curve& curve : curves) {
    if (!options.curve_preferences.empty()) break;
    if (probe.has(curve)) add(lists.curves, curve.library, ":");
  }
  for (const std::string& name : options.curve_preferences) {
    auto curve = look_up(probe, std::span<const Curve>(curves), "curve_preferences", name);
    if (!curve) return std::move(curve).error();
    add(lists.curves, (*curve)->library, ":");
  }
  return {};
}

}  // namespace

Result<NameLists> library_names(const TlsOptions& options) {
  const Probe probe;
  NameLists lists;
  if (auto taken = take_suites(probe, options, lists); !taken) return std::move(taken).error();
  if (auto taken = take_curves(probe, options, lists); !taken) return std::move(taken).error();
  return lists;
}

std::string cipher_name(const SSL* ssl) {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  if (cipher == nullptr) return {};
  // The standard's names are Go's.
  const char* name = SSL_CIPHER_standard_name(cipher);
  return name == nullptr ? std::string() : name;
}

}  // namespace leafnats::wire::tls
