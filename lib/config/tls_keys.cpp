// SPDX-License-Identifier: Apache-2.0
//
// The keys of tls { }, which is the same block for listeners and remotes. What its values mean to
// the TLS library is checked with the other rules about Options.
#include "config/section.hpp"
#include "config/sections.hpp"

#include <limits>

namespace leafnats::config {

namespace {

/// What "auto" stands for (nats-server).
constexpr std::chrono::milliseconds auto_fallback{50};

constexpr std::string_view no_store =
    "certificates come from files here (cert_file, key_file, ca_file), not from the certificate "
    "store of Windows";

void take_names(const Field& field, std::vector<std::string>& target) {
  const Array* array = field.array();
  if (array == nullptr) {
    return;
  }
  if (array->empty()) {
    field.invalid("error parsing tls config, '" + field.key() + "' cannot be empty");
    return;
  }
  if (auto found = field.texts()) {
    target = std::move(*found);
  }
}

/// An empty list pins nothing, as in nats-server.
void take_pins(const Field& field, TlsOptions& tls) {
  if (field.array() == nullptr) {
    return;
  }
  if (auto found = field.texts()) {
    tls.pinned_certs = std::move(*found);
  }
}

void take_verify_and_map(const Field& field, TlsOptions& tls) {
  field.into(tls.verify_and_map);
  tls.verify = tls.verify || tls.verify_and_map;
}

void take_check_known_urls(const Field& field, TlsOptions& /*tls*/) {
  if (field.boolean().value_or(false)) {
    field.invalid("verify_cert_and_check_known_urls not supported in this context");
  }
}

void take_min_version(const Field& field, TlsOptions& tls) {
  const std::optional<std::string> text = field.text();
  if (!text) {
    return;
  }
  if (*text == "1.2") {
    tls.min_version = TlsVersion::tls_1_2;
  } else if (*text == "1.3") {
    tls.min_version = TlsVersion::tls_1_3;
  } else if (*text == "1.0" || *text == "1.1") {
    field.invalid("error parsing tls config: unsupported TLS version: TLS " + *text +
                  "; the least is \"1.2\"");
  } else {
    field.invalid("error parsing tls config: unknown TLS version \"" + *text +
                  "\": it must be \"1.2\" or \"1.3\"");
  }
}

/// true, false, on, off, auto, or how long to wait before INFO goes out in the clear after all.
void take_handshake_first(const Field& field, TlsOptions& tls) {
  tls.handshake_first_fallback = {};
  if (const bool* is_on = field.value().as<bool>()) {
    tls.handshake_first = *is_on;
    return;
  }
  if (field.value().as<std::string>() == nullptr) {
    field.must_be("a boolean, \"auto\" or a duration such as \"100ms\"");
    return;
  }
  const std::string text = lower(*field.text());
  tls.handshake_first = text != "false" && text != "off";
  if (is_spelling("true on false off", text)) {
    return;
  }
  if (is_spelling("auto auto_fallback", text)) {
    tls.handshake_first_fallback = auto_fallback;
  } else if (const auto found = field.duration()) {
    tls.handshake_first_fallback = *found;
  }
}

void take_ocsp_peer(const Field& field, TlsOptions& /*tls*/) {
  const bool* is_on = field.value().as<bool>();
  if (is_on == nullptr || *is_on) {
    field.not_supported(
        "\"ocsp_peer\" is not supported: nobody asks an OCSP responder here; short-lived "
        "certificates or pinned_certs keep strangers out");
  }
}

void take_rate_limit(const Field& field, TlsOptions& tls) {
  if (const auto found = field.integer_between(0, std::numeric_limits<int>::max())) {
    tls.connection_rate_limit = static_cast<int>(*found);
  }
}

// ---- certs

constexpr Rule<TlsKeyPair> pair_rules[] = {
    {"cert_file", "cert_file",
     [](const Field& field, TlsKeyPair& pair) { field.into(pair.cert_file); }},
    {"key_file", "key_file",
     [](const Field& field, TlsKeyPair& pair) { field.into(pair.key_file); }},
};
constexpr Section<TlsKeyPair> pair_section{"tls.certs", pair_rules, {}};

void take_certs(const Field& field, TlsOptions& tls) {
  const Array* array = field.array();
  if (array == nullptr) {
    return;
  }
  tls.certs.clear();
  for (const Value& element : *array) {
    const Field part =
        field.part(element, field.option() + "[" + std::to_string(tls.certs.size()) + "]");
    const Map* map = part.value().as<Map>();
    if (map == nullptr) {
      part.must_be("an array of maps such as { cert_file: \"c.pem\", key_file: \"k.pem\" }");
      return;
    }
    take_section(pair_section, *map, part.option(), part.diagnostics(), tls.certs.emplace_back());
  }
}

constexpr Rule<TlsOptions> tls_rules[] = {
    {"cert_file", "cert_file",
     [](const Field& field, TlsOptions& tls) { field.into(tls.cert_file); }},
    {"key_file", "key_file", [](const Field& field, TlsOptions& tls) { field.into(tls.key_file); }},
    {"certs certificates", "certs", take_certs},
    {"ca_file", "ca_file", [](const Field& field, TlsOptions& tls) { field.into(tls.ca_file); }},
    {"verify", "verify",
     [](const Field& field, TlsOptions& tls) {
       field.into(tls.verify);
       tls.verify = tls.verify || tls.verify_and_map;
     }},
    {"verify_and_map", "verify_and_map", take_verify_and_map},
    {"verify_cert_and_check_known_urls", "", take_check_known_urls},
    {"insecure", "insecure", [](const Field& field, TlsOptions& tls) { field.into(tls.insecure); }},
    {"pinned_certs", "pinned_certs", take_pins},
    {"min_version", "min_version", take_min_version},
    {"cipher_suites", "cipher_suites",
     [](const Field& field, TlsOptions& tls) { take_names(field, tls.cipher_suites); }},
    {"allow_insecure_cipher_suites", "allow_insecure_cipher_suites",
     [](const Field& field, TlsOptions& tls) { field.into(tls.allow_insecure_cipher_suites); }},
    {"curve_preferences", "curve_preferences",
     [](const Field& field, TlsOptions& tls) { take_names(field, tls.curve_preferences); }},
    {"timeout", "timeout",
     [](const Field& field, TlsOptions& tls) {
       tls.timeout = field.timeout().value_or(tls.timeout);
     }},
    {"handshake_first first immediate", "handshake_first", take_handshake_first},
    {"connection_rate_limit", "connection_rate_limit", take_rate_limit},
    {"ocsp_peer", "", take_ocsp_peer},
};
constexpr Notice tls_notices[] = {
    {"cert_store cert_match_by cert_match", Policy::refuse, no_store},
    {"ca_certs_match cert_match_skip_invalid", Policy::refuse, no_store},
};
constexpr Section<TlsOptions> tls_section{"tls", tls_rules, tls_notices};

}  // namespace

void take_tls(const Field& field, std::optional<TlsOptions>& target) {
  if (const Map* map = field.map()) {
    TlsOptions tls;
    take_section(tls_section, *map, field.option(), field.diagnostics(), tls);
    target = std::move(tls);
  }
}

void list_tls_keys(KeyList& list) {
  list_keys(tls_section, list);
  list_keys(pair_section, list);
}

}  // namespace leafnats::config
