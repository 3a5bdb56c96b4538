// SPDX-License-Identifier: Apache-2.0
//
// What a client or leaf said of itself, and as whom it is logged in: for logs, events and
// monitoring. Packed into one allocation, because there is one for each connection; a connection
// that said nothing has none.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace leafnats::broker {

class PeerWords {
 public:
  /// Limit: of each word the first 65,535 bytes are kept; max_control_line is far below that.
  struct Words {
    std::string_view name;
    std::string_view lang;
    std::string_view version;
    std::string_view user;      ///< never a secret, see shown_user()
  };

  PeerWords() noexcept = default;
  explicit PeerWords(const Words& words);

  /// Lifetime of the views: this object's.
  [[nodiscard]] Words get() const noexcept;

 private:
  std::unique_ptr<char[]> bytes_;  // four sizes, then the words; null: all are empty
};

/// What a peer offered in its CONNECT.
struct OfferedIdentity {
  std::string_view nkey;
  std::string_view user;
  bool has_token = false;
};

/// How events and monitoring name a login: by public key, by user name, or as a token whose text
/// nobody sees. `login` is what the authenticator calls it; empty if it does not say.
[[nodiscard]] std::string_view shown_user(std::string_view login,
                                          const OfferedIdentity& offered) noexcept;

}  // namespace leafnats::broker
