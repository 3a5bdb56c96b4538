// SPDX-License-Identifier: Apache-2.0
//
// Command line of the load generator: `leafnats-bench-load SHAPE --name value ...`. Every option
// takes a value except the switches, so one table from name to setter is the whole grammar.
#include "options.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <string_view>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

constexpr std::size_t payload_bytes_min = 16;

template <class Number>
Number parse_number(std::string_view text) {
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) {
        throw LoadError("not a number: " + std::string(text));
    }
    return value;
}

Endpoint parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        throw LoadError("expected host:port, got " + std::string(text));
    }
    return {std::string(text.substr(0, colon)),
            parse_number<std::uint16_t>(text.substr(colon + 1))};
}

Shape parse_shape(std::string_view text) {
    if (text == "flow") return Shape::flow;
    if (text == "request") return Shape::request;
    if (text == "idle") return Shape::idle;
    throw LoadError("unknown shape " + std::string(text) + ", expected flow, request or idle");
}

using Setter = std::function<void(LoadOptions&, std::string_view)>;

template <class Number>
Setter number(Number LoadOptions::*member) {
    return [member](LoadOptions& options, std::string_view text) {
        options.*member = parse_number<Number>(text);
    };
}

std::map<std::string_view, Setter> setters() {
    return {
        {"--publish-to", [](auto& o, auto text) { o.publish_to = parse_endpoint(text); }},
        {"--subscribe-at", [](auto& o, auto text) { o.subscribe_at = parse_endpoint(text); }},
        {"--publishers", number(&LoadOptions::publishers)},
        {"--subscribers", number(&LoadOptions::subscribers)},
        {"--subjects", number(&LoadOptions::subjects)},
        {"--payload", number(&LoadOptions::payload_bytes)},
        {"--requesters", number(&LoadOptions::requesters)},
        {"--connections", number(&LoadOptions::connections)},
        {"--seconds", number(&LoadOptions::seconds)},
        {"--warm-up", number(&LoadOptions::warm_up_seconds)},
        {"--messages", number(&LoadOptions::messages_max)},
        {"--window", number(&LoadOptions::window_bytes)},
        {"--batch", number(&LoadOptions::batch_bytes)},
    };
}

void check(const LoadOptions& options) {
    if (options.payload_bytes < payload_bytes_min) {
        throw LoadError("--payload must be 16 or more: it carries a sequence number and a time");
    }
    if (options.publishers == 0 || options.publishers > 1000 || options.subscribers == 0) {
        throw LoadError("--publishers must be 1 to 1000, --subscribers 1 or more");
    }
    if (options.queue && options.publishers != 1) {
        throw LoadError("--queue goes with one publisher: its members share one row of numbers");
    }
    if (options.subjects != 0 && (options.publishers != 1 || options.queue)) {
        throw LoadError("--subjects goes with one publisher and no queue group");
    }
    if (options.subjects != 0 && options.subjects < options.subscribers) {
        throw LoadError("--subjects must be at least as many as --subscribers");
    }
}

}  // namespace

LoadOptions parse_options(int argc, char** argv) {
    if (argc < 2) {
        throw LoadError("usage: leafnats-bench-load flow|request|idle --publish-to HOST:PORT ...");
    }
    LoadOptions options;
    options.shape = parse_shape(argv[1]);
    const auto known = setters();
    for (int i = 2; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--queue") {
            options.queue = true;
        } else if (name == "--unattended") {
            options.unattended = true;
        } else if (const auto found = known.find(name); found == known.end()) {
            throw LoadError("unknown option " + std::string(name));
        } else if (++i == argc) {
            throw LoadError(std::string(name) + " needs a value");
        } else {
            found->second(options, argv[i]);
        }
    }
    check(options);
    return options;
}

}  // namespace leafnats::bench
