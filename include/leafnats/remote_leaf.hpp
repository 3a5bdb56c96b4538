// SPDX-License-Identifier: Apache-2.0
//
// A remote: a hub that this server dials as a leaf node, and the callback that signs for it when
// the key lives in the host's keystore.
#pragma once

#include <leafnats/result.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace leafnats {

/// nats-server's compression modes of a leaf link (2.10 and later). This version negotiates
/// "no compression" with every peer; `off` and `not_supported` say so at once.
enum class Compression { not_supported, off, accept, s2_auto, s2_fast, s2_better, s2_best };

/// What a SignatureHandler answers with.
struct Signature {
  std::string jwt;                                  ///< empty: a bare nkey login
  std::array<std::byte, 64> ed25519{};              ///< raw signature of the nonce's characters
};

/// Asks the host to sign a hub's nonce, so that the key never enters this library. Called on a
/// worker thread; it may block, and nothing else waits for it. An error closes the attempt,
/// which is retried with back-off. Must not throw.
/// The nonce is the characters as sent, not their base64 meaning (nats-server behaviour).
using SignatureHandler = std::function<Result<Signature>(std::span<const std::byte> nonce)>;

/// One hub to dial. Every URL must lead to the same system; the first that answers is used.
struct RemoteLeafOpts {
  /// "nats-leaf://", "nats://" or "tls://" [user:password@ | token@] host [:port]; port 7422 if
  /// not given. tls://, ws:// and wss:// are refused by a build without them.
  std::vector<std::string> urls;
  std::string account;                              ///< local account; empty: the default one, $G
  bool no_randomize = false;                        ///< try the URLs in the order given
  /// Role reversal: although it dials, this side is the hub of the link.
  bool hub = false;
  std::vector<std::string> deny_imports;            ///< subjects not taken from the hub
  std::vector<std::string> deny_exports;            ///< subjects not sent to the hub
  std::chrono::milliseconds first_info_timeout{1'000};
  std::chrono::milliseconds dial_timeout{0};        ///< 0: LeafOptions::dial_timeout
  bool ignore_discovered_servers = false;           ///< never dial a hub that others tell of
  Compression compression = Compression::s2_auto;
  /// For s2_auto: round trips from which on the next stronger level is used. Empty: 10, 50, 100 ms.
  std::vector<std::chrono::milliseconds> compression_rtt_thresholds;
  std::string credentials;                          ///< path of a credentials file
  SignatureHandler signature_cb;                    ///< not called before identity support lands
};

}  // namespace leafnats
