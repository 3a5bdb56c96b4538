// SPDX-License-Identifier: Apache-2.0
//
// Words are taken from left to right: the first operand is the command, and from then on its own
// options are known beside the general ones. Checks that need the whole line come last.
#include "arguments.hpp"

#include <charconv>

namespace cli {
namespace {

using Words = std::vector<std::string>;

constexpr struct { std::string_view command, text; } sections[] = {
    {"pub", R"(
leafnats pub [options] SUBJECT [BODY]    publish BODY, or what is piped into standard input
  -H, --header 'Key: Value'    add a header; may be repeated
  --reply SUBJECT              where answers shall go
  --count N                    send N times
)"},
    {"sub", R"(
leafnats sub [options] SUBJECT...        print messages; * and > are wildcards
  -q, --queue GROUP            share the messages with the others in GROUP
  --count N                    end after N messages
  -r, --raw                    print payloads only
  --headers-only               print no payloads
)"},
    {"req", R"(
leafnats req [options] SUBJECT [BODY]    send a request and print the reply
  -H, --header 'Key: Value'    add a header; may be repeated
  --timeout TIME               how long to wait (default 2s)
  --replies N                  wait for N replies, or with 0 for all that come in TIME
)"},
    {"reply", R"(
leafnats reply [options] SUBJECT [BODY]  answer requests with BODY, without it as with --echo
  -q, --queue GROUP            share the requests in GROUP (default NATS-RPLY-22, '' for none)
  --count N                    end after N requests
  --echo                       answer with the request itself
)"}};

constexpr std::string_view general = R"(
General options
  -s, --server URL             host, host:port, nats://user:password@host, nats://token@host
                               (default: $NATS_URL, or else nats://127.0.0.1:4222)
  --user NAME, --password SECRET, --token SECRET
  -h, --help
)";

std::uint64_t parse_number(const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || *end) throw UsageError("'" + text + "' is not a number");
    return number;
}

std::chrono::milliseconds parse_time(const std::string& text) {
    std::uint32_t number = 0;  // so many minutes do not overflow any clock
    const std::string unit = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
    if (number > 0 && unit == "ms") return std::chrono::milliseconds{number};
    if (number > 0 && (unit == "s" || unit.empty())) return std::chrono::seconds{number};
    if (number > 0 && unit == "m") return std::chrono::minutes{number};
    throw UsageError("'" + text + "' is not a time such as 500ms, 2s or 1m");
}

// Takes the option at words[i], and its value from behind a '=' or from the next word.
void take_option(Arguments& a, const Words& words, std::size_t& i) {
    const std::size_t equals = words[i].starts_with("--") ? words[i].find('=') : std::string::npos;
    const std::string name = words[i].substr(0, equals);
    const auto value = [&] {
        if (equals != std::string::npos) return words[i].substr(equals + 1);
        if (i + 1 == words.size()) throw UsageError(name + " needs a value");
        return words[++i];
    };
    const auto is = [&](std::string_view long_name, std::string_view other_name = "") {
        return name == long_name || name == other_name;
    };
    const bool pub = a.command == "pub", sub = a.command == "sub";
    const bool req = a.command == "req", reply = a.command == "reply";
    if (is("--server", "-s")) a.url = value();
    else if (is("--user")) a.user = value();
    else if (is("--password", "--pass")) a.password = value();
    else if (is("--token")) a.token = value();
    else if (is("--help", "-h")) a.help = true;
    else if ((pub || req) && is("--header", "-H")) a.headers.push_back(value());
    else if (pub && is("--reply")) a.reply = value();
    else if ((sub || reply) && is("--queue", "-q")) a.queue = value();
    else if (!req && is("--count")) a.count = parse_number(value());
    else if (sub && is("--raw", "-r")) a.raw = true;
    else if (sub && is("--headers-only")) a.headers_only = true;
    else if (req && is("--timeout")) a.timeout = parse_time(value());
    else if (req && is("--replies")) a.replies = parse_number(value());
    else if (reply && is("--echo")) a.echo = true;
    else throw UsageError("unknown option '" + name + "' here; a BODY like it goes after --");
}

// The operand that comes first is the command, then come subjects, and at last a body.
void take_operand(Arguments& a, const std::string& word) {
    if (a.command.empty()) {
        for (const auto& section : sections)
            if (section.command == word) a.command = word;
        if (a.command.empty()) throw UsageError("unknown command '" + word + "'");
    } else if (a.command == "sub" || a.subjects.empty()) {
        a.subjects.push_back(word);
    } else if (!a.body) {
        a.body = word;
    } else {
        throw UsageError("more than one BODY: put quotes around spaces");
    }
}

// Text with a gap would fall apart on the wire.
bool has_gap(std::string_view text) {
    return text.find_first_of(std::string_view{" \t\r\n\0", 5}) != text.npos;
}

void check_subject(const std::string& text) {
    if (text.empty() || has_gap(text)) throw UsageError("'" + text + "' is not a subject");
}

std::string header_block(const Words& headers) {
    std::string block = "NATS/1.0\r\n";
    for (const std::string& header : headers) {
        const std::size_t colon = header.find(':');
        if (colon == 0 || colon == header.npos || has_gap(header.substr(0, colon)) ||
            header.find_first_of("\r\n") != header.npos)
            throw UsageError("'" + header + "' is not a header such as 'Key: Value'");
        block += header + "\r\n";
    }
    return headers.empty() ? "" : block + "\r\n";
}

std::string percent_decoded(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char code = 0;
        const char* digits = text.c_str() + i + 1;
        const bool coded = text[i] == '%' && i + 2 < text.size() &&
                           std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2;
        out += coded ? static_cast<char>(code) : text[i];
        i += coded ? 2 : 0;
    }
    return out;
}

Endpoint parse_endpoint(std::string url) {
    Endpoint endpoint;
    if (const std::size_t scheme = url.find("://"); scheme != url.npos) {
        if (!url.starts_with("nats://"))
            throw UsageError("this build speaks plain TCP only: a URL starts with nats://");
        url.erase(0, scheme + 3);
    }
    if (const std::size_t at = url.rfind('@'); at != url.npos) {
        const std::string login = url.substr(0, at);
        const std::size_t colon = login.find(':');
        auto& name = colon == login.npos ? endpoint.token : endpoint.user;
        name = percent_decoded(login.substr(0, colon));
        if (colon != login.npos) endpoint.password = percent_decoded(login.substr(colon + 1));
        url.erase(0, at + 1);
    }
    if (url.ends_with('/')) url.pop_back();
    const std::size_t bracket = url.starts_with('[') ? url.find(']') : url.npos;  // [IPv6]:port
    const std::size_t colon = url.find(':', bracket == url.npos ? 0 : bracket);
    endpoint.host = bracket == url.npos ? url.substr(0, colon) : url.substr(1, bracket - 1);
    if (colon != url.npos) endpoint.port = url.substr(colon + 1);
    if (endpoint.host.empty() || endpoint.host.find_first_of(" ,/") != std::string::npos)
        throw UsageError("the server's URL does not name one host");
    const std::string& port = endpoint.port;
    const bool digits = port.find_first_not_of("0123456789") == port.npos;
    if (port.empty() || port.size() > 5 || !digits || std::stoi(port) > 65535)
        throw UsageError("the port in the server's URL is not a number up to 65535");
    return endpoint;
}

}  // namespace

std::string Endpoint::url() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    return "nats://" + (ipv6 ? "[" + host + "]" : host) + ":" + port;
}

Arguments parse_arguments(const std::vector<std::string>& words, const std::string& default_url) {
    Arguments a;
    bool options_end = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (options_end || words[i].size() < 2 || words[i][0] != '-') take_operand(a, words[i]);
        else if (words[i] == "--") options_end = true;
        else take_option(a, words, i);
    }
    if (a.help) return a;
    if (a.subjects.empty()) throw UsageError("expected: leafnats COMMAND SUBJECT");
    for (const std::string& subject : a.subjects) check_subject(subject);
    if (a.reply) check_subject(*a.reply);
    if (has_gap(a.queue.value_or(""))) throw UsageError("a queue group has no spaces");
    if (a.echo && a.body) throw UsageError("--echo and BODY exclude each other");
    if (a.password && !a.user) throw UsageError("--password needs --user");
    a.header_block = header_block(a.headers);
    a.server = parse_endpoint(a.url.value_or(default_url));
    if (a.user || a.token)
        a.server = {a.server.host, a.server.port, a.user, a.password, a.token};
    return a;
}

std::string help_text(std::string_view command) {
    std::string text;
    for (const auto& section : sections)
        if (command.empty() || command == section.command) text += section.text;
    return text.append(general);
}

}  // namespace cli
