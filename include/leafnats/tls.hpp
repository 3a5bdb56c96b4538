// SPDX-License-Identifier: Apache-2.0
//
// TLS of one listener or one remote, with the fields of nats-server's `tls` block. A default
// TlsOptions is what `tls {}` is: on a remote TLS with the system's roots; on a listener it lacks
// a certificate and Server::start() refuses it.
//
// Files are PEM. They are read at start, and again for new connections when they change: what is
// there and complete counts, a file that went bad is logged once and the old one stays in use.
// Anything that can never work (a name that is not known, a key that is not the certificate's) is
// refused by Server::start() with the name of the field. In a build without TLS every use of
// TlsOptions is refused.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace leafnats {

/// A certificate, its intermediates behind it, and the key that belongs to it. Keys protected by
/// a password are refused: nobody is there to type it.
struct TlsKeyPair {
  std::string cert_file;
  std::string key_file;
};

/// Nothing older than 1.2 is ever spoken.
enum class TlsVersion { tls_1_2, tls_1_3 };

struct TlsOptions {
  // ---- Who we are

  std::string cert_file;  ///< a listener needs one; a remote if its hub asks for it
  std::string key_file;   ///< goes with cert_file; one without the other is refused
  /// Several: the first that has the name that the peer asks for (SNI) and a key of a type that
  /// the peer takes; failing that the first. Excludes cert_file.
  std::vector<TlsKeyPair> certs;

  // ---- Whom we trust

  /// Who may sign the peer's certificate. Empty: the roots of the system, where they are looked
  /// for in the usual places; none found is an error of start() if they are needed.
  std::string ca_file;
  /// Listeners: clients must show a certificate that ca_file vouches for. Remotes always check.
  bool verify = false;
  /// Listeners: as verify, and the certificate also names the user: the first of its e-mail
  /// addresses, DNS names, URIs, then its subject that is the name of one of the users. A user
  /// name in CONNECT is not looked at then.
  bool verify_and_map = false;
  /// Remotes: takes any certificate of the hub. Whoever is on the way can then read and change
  /// everything. A warning is logged.
  bool insecure = false;
  /// SHA-256 of public keys (DER SubjectPublicKeyInfo) in hex. Not empty: the peer's certificate
  /// must have one of these keys, besides everything else that is asked of it.
  std::vector<std::string> pinned_certs;

  // ---- How

  TlsVersion min_version = TlsVersion::tls_1_2;
  /// For TLS 1.2, in order of preference, by the names of Go: "TLS_ECDHE_RSA_WITH_AES_128_GCM_-
  /// SHA256". Empty: all that Go holds secure. TLS 1.3 always has its three. A name that the TLS
  /// library of this build lacks is refused with the list of those it has.
  std::vector<std::string> cipher_suites;
  /// cipher_suites may name those that Go holds insecure; false: they are refused.
  bool allow_insecure_cipher_suites = false;
  /// "X25519", "CurveP256" and so on, in order of preference. Empty: all that the library has.
  std::vector<std::string> curve_preferences;

  /// For the handshake, from its begin on; then the connection is closed. 0: 2 s.
  std::chrono::milliseconds timeout{2'000};
  /// TLS before the first INFO. Both ends must agree, or each waits for the other; a listener
  /// with handshake_first_fallback serves either.
  bool handshake_first = false;
  /// Listeners: how long to wait for a peer that speaks TLS at once, before INFO is sent in the
  /// clear after all (nats-server's "auto" is 50 ms). Every peer that does not is delayed by as
  /// much. 0: INFO is never sent in the clear.
  std::chrono::milliseconds handshake_first_fallback{0};
  /// The client listener: TLS handshakes a second that may begin; more connections are closed at
  /// once. 0: any number.
  int connection_rate_limit = 0;
};

}  // namespace leafnats
