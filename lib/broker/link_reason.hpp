// SPDX-License-Identifier: Apache-2.0
//
// From how a leaf link ended, and what its peer said before, to why.
#pragma once

#include "broker/session.hpp"

#include <leafnats/events.hpp>

#include <string_view>

namespace leafnats::broker {

/// By the text of an -ERR, as nats-server words it; none if it tells nothing.
[[nodiscard]] LinkReason reason_of_error(std::string_view text) noexcept;

[[nodiscard]] LinkReason reason_of_close(CloseReason reason) noexcept;

}  // namespace leafnats::broker
