// SPDX-License-Identifier: Apache-2.0
//
// SHA-1 (FIPS 180-4), which the WebSocket handshake wants as a plain checksum; nothing secret
// depends on it. Our own, because builds without a TLS library speak WebSocket too.
#pragma once

#include <array>
#include <string_view>

namespace leafnats::wire {

[[nodiscard]] std::array<unsigned char, 20> sha1(std::string_view bytes);

}  // namespace leafnats::wire
