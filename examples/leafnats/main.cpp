// SPDX-License-Identifier: Apache-2.0
//
// leafnats: publish, subscribe, request and reply on any NATS server, from a terminal. This file
// keeps the promise to scripts: exit code 0 for success, 1 when the network or the server says no,
// 2 when the command line makes no sense; what went wrong is one line on stderr.
#include "arguments.hpp"
#include "commands.hpp"

#include <cstdlib>

int main(int argc, char** argv) {
    try {
        const char* url = std::getenv("NATS_URL");
        const cli::Arguments arguments = cli::parse_arguments(
            {argv + (argc > 0), argv + argc}, url && *url ? url : "nats://127.0.0.1:4222");
        if (!arguments.help) return cli::run(arguments);
        cli::print(cli::help_text(arguments.command));
        return 0;
    } catch (const cli::UsageError& error) {
        cli::complain(std::string{error.what()} + " (see leafnats --help)");
        return 2;
    } catch (const std::exception& error) {
        cli::complain(error.what());
        return 1;
    }
}
