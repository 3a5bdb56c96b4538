// SPDX-License-Identifier: Apache-2.0
//
// Where the load stops so that the driver can look at the server: it writes the name of the point
// on a line of its own and goes on when a line comes back. Meanwhile the connections stay alive and
// answer PINGs.
#pragma once

#include <deque>
#include <string_view>

#include "client.hpp"

namespace leafnats::bench {

// Throws LoadError when the driver is gone or a server closes a connection.
void hold_at(std::string_view point, const std::deque<Client*>& clients);

}  // namespace leafnats::bench
