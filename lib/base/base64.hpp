// SPDX-License-Identifier: Apache-2.0
//
// Base64 in the two forms that NATS has: the standard alphabet with padding (RFC 4648, section 4)
// as HTTP headers have it, and the URL alphabet without padding (section 5) of tokens and nonces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leafnats::base {

[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// Nothing if `text` is not exactly what encode_base64() makes of some bytes.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

[[nodiscard]] std::string encode_base64url(std::string_view bytes);

/// Nothing if `text` is not exactly what encode_base64url() makes of some bytes.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace leafnats::base
