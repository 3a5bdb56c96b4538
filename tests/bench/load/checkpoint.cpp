// SPDX-License-Identifier: Apache-2.0
//
// Waiting for the driver, by poll over its pipe and all connections.
#include "checkpoint.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

// The driver writes exactly one line at a time, so a read never brings the next one along.
void read_go_ahead() {
    char line[64];
    if (::read(STDIN_FILENO, line, sizeof line) <= 0) throw LoadError("the driver is gone");
}

}  // namespace

void hold_at(std::string_view point, const std::deque<Client*>& clients) {
    std::printf("%.*s\n", static_cast<int>(point.size()), point.data());
    std::fflush(stdout);
    std::vector<pollfd> waited{{STDIN_FILENO, POLLIN, 0}};
    for (Client* client : clients) waited.push_back({client->socket().fd(), POLLIN, 0});
    for (;;) {
        ::poll(waited.data(), waited.size(), -1);
        for (std::size_t i = 1; i < waited.size(); ++i) {
            if (waited[i].revents == 0) continue;
            clients[i - 1]->drain();
            clients[i - 1]->answer_pings();
        }
        if (waited.front().revents != 0) {
            read_go_ahead();
            return;
        }
    }
}

}  // namespace leafnats::bench
