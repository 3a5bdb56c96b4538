// SPDX-License-Identifier: Apache-2.0
//
// The TLS library's errors in words that say what to do. Alerts come from the peer and are about
// us; the rest is what we found wrong with the peer.

#include "wire/tls_library.hpp"

#include <array>

namespace leafnats::wire::tls {
namespace {

/// Both libraries report the peer's alert number n as the reason 1000 + n.
constexpr int alert_reason_base = 1000;

struct Alert {
  int number;
  const char* meaning;
};

constexpr Alert alerts[] = {
    {10, "it did not expect our message"},
    {20, "our record was damaged on the way"},
    {40, "there is no version, cipher suite or curve that both sides take"},
    {42, "it cannot use our certificate"},
    {43, "it does not take our kind of certificate"},
    {44, "our certificate was revoked"},
    {45, "our certificate has expired or is not yet valid by its clock"},
    {46, "it does not accept our certificate"},
    {47, "a parameter of our handshake is illegal to it"},
    {48, "it does not trust who signed our certificate (its ca_file)"},
    {49, "it denies access to our certificate"},
    {50, "it could not decode our message"},
    {51, "our signature does not verify"},
    {70, "it does not speak a TLS version that we take (min_version)"},
    {71, "our cipher suites are too weak for it"},
    {80, "it had an internal error"},
    {90, "it was cancelled"},
    {109, "it misses an extension"},
    {112, "it has no certificate for the server name that we ask for"},
    {116, "it wants a certificate of us: set cert_file and key_file"},
};

std::string reason_text(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
    switch (reason) {
      case SSL_R_NO_SHARED_CIPHER: return "no cipher suite that both sides take";
      case SSL_R_UNSUPPORTED_PROTOCOL:
        return "the peer speaks no TLS version that we take (min_version)";
      case SSL_R_WRONG_VERSION_NUMBER: return "what the peer sends is not TLS";
      case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the peer showed no certificate, and verify asks for one";
      default: break;
    }
  }
  const char* text = ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

}  // namespace

bool is_peer_alert(unsigned long code) noexcept {
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= alert_reason_base &&
         ERR_GET_REASON(code) < alert_reason_base + 256;
}

std::string library_error() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (code == 0) return "the connection was cut off";
  if (!is_peer_alert(code)) return reason_text(code);
  const int number = ERR_GET_REASON(code) - alert_reason_base;
  for (const Alert& alert : alerts) {
    if (alert.number == number) return std::string("the peer refused: ") + alert.meaning;
  }
  return "the peer refused with alert " + std::to_string(number);
}

}  // namespace leafnats::wire::tls
