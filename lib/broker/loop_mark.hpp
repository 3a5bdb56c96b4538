// SPDX-License-Identifier: Apache-2.0
//
// `$LDS.<22 characters>`, the interest by which servers find circles (nats-server 2.0). Ours
// differs from link to link in its last four characters. So we know on which link a mark that
// comes back had left: on another one, and we are on the circle; on the same one, and the circle
// is somewhere behind the peer; on one that is gone, and somebody has not noticed yet. For
// everybody else it is a mark like any other.
#pragma once

#include "base/ids.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace leafnats::broker {

inline constexpr std::size_t loop_mark_code_size = 4;

/// The mark of a link, made of the server's.
[[nodiscard]] std::string loop_mark(std::string_view server_mark, base::ConnectionId link);

/// Whether `subject` is a mark of this server, of whichever link.
[[nodiscard]] bool is_loop_mark_of(std::string_view server_mark, std::string_view subject) noexcept;

/// The same four characters for the same link; connection numbers repeat after 14 million.
[[nodiscard]] std::string loop_mark_code(std::uint64_t connection);

}  // namespace leafnats::broker
