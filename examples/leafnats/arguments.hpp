// SPDX-License-Identifier: Apache-2.0
//
// The command line as a value. What comes out has been checked: no subject, queue group or header
// can smuggle a line of its own into the protocol.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

// The caller's mistake, found before anything was sent. Never quotes a URL: it may hold a password.
struct UsageError : std::runtime_error {
    using runtime_error::runtime_error;
};

struct Endpoint {
    std::string host, port = "4222";
    std::optional<std::string> user, password, token;

    std::string url() const;  // for messages to the user: where, but never as whom
};

struct Arguments {
    std::string command;  // pub, sub, req or reply; may be missing beside --help
    bool help = false, raw = false, headers_only = false, echo = false;
    std::optional<std::string> url, user, password, token;
    Endpoint server;                          // what these four come to
    std::vector<std::string> subjects;        // one, except for sub
    std::optional<std::string> body;          // '' is a body too
    std::optional<std::string> reply, queue;  // '' is no queue group
    std::vector<std::string> headers;         // as typed
    std::string header_block;                 // as sent
    std::uint64_t count = 0;                  // 0: pub sends one, sub and reply have no end
    std::uint64_t replies = 1;                // 0: as many as come before the timeout
    std::chrono::milliseconds timeout{2000};
};

Arguments parse_arguments(const std::vector<std::string>& words, const std::string& default_url);

// For one command, or for all of them if it is empty.
std::string help_text(std::string_view command);

}  // namespace cli
