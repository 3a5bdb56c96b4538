// SPDX-License-Identifier: Apache-2.0
//
// What one run of the load generator does, as told on its command line. The driver decides the
// scenarios; the generator knows only three shapes: a flow of messages, requests with replies, and
// idle connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace leafnats::bench {

struct Endpoint {
    std::string host = "127.0.0.1";
    std::uint16_t port = 4222;
};

enum class Shape { flow, request, idle };

struct LoadOptions {
    Shape shape = Shape::flow;
    Endpoint publish_to;    // requesters connect here as well
    Endpoint subscribe_at;  // differs from publish_to when messages cross a leaf link

    unsigned publishers = 1;
    unsigned subscribers = 1;
    bool queue = false;           // the subscribers form one queue group
    std::size_t subjects = 0;         // 0: one for all; else distinct, dealt over the subscribers
    std::size_t payload_bytes = 128;  // at least 16: sequence number and send time

    unsigned requesters = 8;
    unsigned connections = 2000;

    // A phase ends with whichever comes first; 0 messages means that only time ends it.
    double seconds = 2.0;
    double warm_up_seconds = 0.3;
    std::uint64_t messages_max = 0;

    // Limit: bytes of PUB frames published but not yet received. Enough to keep a server busy
    // across its wake-ups (a larger one raised no server's rate), small enough to stay in the
    // caches, and far below the 64 MB at which a nats-server cuts a slow consumer.
    std::size_t window_bytes = 512U << 10U;
    std::size_t batch_bytes = 64U << 10U;

    bool unattended = false;  // do not wait for the driver at the checkpoints
};

// Throws LoadError with a sentence about the first argument that makes no sense.
LoadOptions parse_options(int argc, char** argv);

}  // namespace leafnats::bench
