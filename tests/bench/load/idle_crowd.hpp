// SPDX-License-Identifier: Apache-2.0
//
// Many connections that say CONNECT and then nothing: what one of them costs the server in memory.
#pragma once

#include <deque>

#include "client.hpp"
#include "options.hpp"

namespace leafnats::bench {

class IdleCrowd {
public:
    explicit IdleCrowd(const LoadOptions& options) {
        for (unsigned i = 0; i < options.connections; ++i) {
            crowd_.emplace_back(options.publish_to, Client::idle_buffer_bytes);
        }
    }

    std::deque<Client*> clients() {
        std::deque<Client*> all;
        for (Client& client : crowd_) all.push_back(&client);
        return all;
    }

private:
    std::deque<Client> crowd_;
};

}  // namespace leafnats::bench
