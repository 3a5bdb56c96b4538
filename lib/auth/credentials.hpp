// SPDX-License-Identifier: Apache-2.0
//
// Credentials files: a user JWT and the seed of its key, each between two lines of dashes. Files
// come out of editors, mails and secret stores, so what does not change the meaning is forgiven:
// Windows line ends, a byte order mark, blanks around lines, text between the parts, and a seed
// whose lines of dashes are missing. A file of a bare seed or a bare token is read too.
#pragma once

#include "auth/secret.hpp"

#include <leafnats/result.hpp>

#include <string>
#include <string_view>

namespace leafnats::auth {

struct Credentials {
  std::string jwt;                                  ///< empty: a bare seed
  Secret seed;                                      ///< of a user key, "SU..."
};

/// Reads the text of a credentials file. Errors never have a part of the text. The token is not
/// decoded; the seed is, and so is not_supported in a build without key operations.
[[nodiscard]] Result<Credentials> parse_credentials(std::string_view text);

/// The token of a file that has one between lines of dashes, or nothing else; empty if it has none.
[[nodiscard]] std::string_view find_token(std::string_view text) noexcept;

}  // namespace leafnats::auth
