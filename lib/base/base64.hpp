// SPDX-License-Identifier: Apache-2.0
//
// Base64 with the standard alphabet and padding (RFC 4648, section 4), as HTTP headers have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leafnats::base {

[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// Nothing if `text` is not exactly what encode_base64() makes of some bytes.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace leafnats::base
