// SPDX-License-Identifier: Apache-2.0
//
// Versions: of this library, and of the nats-server whose behaviour it follows.
#pragma once

#include <leafnats/export.hpp>

#include <string_view>

namespace leafnats {

/// The library that was linked, "0.1.0".
LEAFNATS_EXPORT std::string_view library_version() noexcept;

/// What INFO and CONNECT name as `version`: clients and servers choose by it what they may use.
LEAFNATS_EXPORT std::string_view protocol_version() noexcept;

}  // namespace leafnats
