// SPDX-License-Identifier: Apache-2.0
//
// What all TLS connections of one listener or one remote share: keys, trust, rules. It is made
// from options and from PEM text, never from files, and does not change afterwards: a listener
// whose files changed gets a new one. Sessions are resumed only under the context that they began
// under, so that whoever narrows its trust need not think of tickets.
//
// One function makes every context, whichever way its options came.
#pragma once

#include <leafnats/result.hpp>
#include <leafnats/tls.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leafnats::wire {

enum class TlsRole : std::uint8_t { server, client };

/// What TlsOptions name by path, as PEM text.
struct TlsMaterial {
  struct KeyPair {
    std::string name;  // for messages: the path of the certificate
    std::string certificate;
    std::string key;
  };
  std::vector<KeyPair> key_pairs;
  std::string trusted_name;  // for messages
  std::string trusted;       // certificates that may vouch for a peer
  /// Clients are told the names of `trusted`, to choose their certificate by. Not for the system's
  /// roots, which are too many.
  bool announce_trusted = false;
};

/// Thread: any, at once. Lifetime: shared by the filters made with it.
class TlsContext {
 public:
  /// Whether this build has TLS at all.
  [[nodiscard]] static bool supported() noexcept;

  /// Checks what can be checked without the files: names of cipher suites and curves, pins,
  /// what goes together.
  static Result<void> check(TlsRole role, const TlsOptions& options);

  static Result<std::shared_ptr<const TlsContext>> make(TlsRole role, const TlsOptions& options,
                                                        const TlsMaterial& material);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  [[nodiscard]] TlsRole role() const noexcept;
  /// A server that asks its clients for certificates.
  [[nodiscard]] bool wants_certificate() const noexcept;

  /// The part that only tls_*.cpp know.
  struct Body;
  [[nodiscard]] const Body& body() const noexcept { return *body_; }

 private:
  explicit TlsContext(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

/// Whether a remote or listener with these options needs certificates of others.
[[nodiscard]] inline bool verifies_peers(TlsRole role, const TlsOptions& options) {
  return role == TlsRole::client ? !options.insecure : options.verify || options.verify_and_map;
}

}  // namespace leafnats::wire
