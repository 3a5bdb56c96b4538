// SPDX-License-Identifier: Apache-2.0
//
// The slow path of the scanner: a line that differs from the one before.
#include "message_scanner.hpp"

#include <array>
#include <charconv>

#include "load_error.hpp"

namespace leafnats::bench {

namespace {

// Splits at spaces into at most 5 fields and returns how many there are.
std::size_t split(std::string_view line, std::array<std::string_view, 5>& fields) {
    std::size_t count = 0;
    while (!line.empty() && count < fields.size()) {
        const std::size_t space = line.find(' ');
        fields[count++] = line.substr(0, space);
        line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
    }
    return count;
}

std::uint64_t parse_digits(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) {
        throw LoadError("not a number in a MSG line: " + std::string(text));
    }
    return value;
}

}  // namespace

bool MessageScanner::take_ping() {
    if (pings_ == 0) return false;
    --pings_;
    return true;
}

bool MessageScanner::parse_line(std::string_view line) {
    if (line.starts_with("MSG ")) {
        parse_message_line(line);
        return true;
    }
    if (line.starts_with("PING")) {
        ++pings_;
    } else if (line.starts_with("PONG")) {
        ++pongs_;
    } else if (line.starts_with("INFO ")) {
        informed_ = true;
    } else if (line.starts_with("-ERR")) {
        throw LoadError("the server says " + std::string(line.substr(0, 200)));
    } else if (!line.starts_with("+OK")) {
        throw LoadError("unexpected line: " + std::string(line.substr(0, 80)));
    }
    return false;
}

void MessageScanner::parse_message_line(std::string_view line) {
    header_.assign(line).push_back('\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::array<std::string_view, 5> fields;
    const std::size_t count = split(std::string_view(header_).substr(0, line.size()), fields);
    if (count < 4) throw LoadError("short MSG line: " + std::string(line));
    message_.sid = parse_digits(fields[2]);
    message_.reply = count == 5 ? fields[3] : std::string_view{};
    payload_bytes_ = parse_digits(fields[count - 1]);
    if (payload_bytes_ < stamp_bytes) throw LoadError("a payload is too short to be ours");
}

}  // namespace leafnats::bench
