// SPDX-License-Identifier: Apache-2.0
//
// The four commands, and how they speak: results on stdout, flushed one by one so that pipes follow
// along, and complaints on stderr, one line each.
#pragma once

#include "arguments.hpp"

namespace cli {

// Connects, does the work and gives the exit code; failures are thrown.
int run(const Arguments& arguments);

void print(std::string_view text);  // throws if stdout cannot take it
void complain(std::string_view text);

// In colour if stdout is a terminal and NO_COLOR is not set.
std::string highlighted(std::string_view text);

// Bytes from the network. On a terminal, control characters become visible, since a message could
// otherwise rewrite the screen; into a pipe they go untouched.
std::string shown(std::string_view bytes);

}  // namespace cli
