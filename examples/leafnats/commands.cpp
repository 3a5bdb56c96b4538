// SPDX-License-Identifier: Apache-2.0
//
// pub and req send and wait for the server's word; sub and reply share one receiving loop that ends
// after --count messages or on SIGINT. Whoever has sent something leaves only after a PING has come
// back, so that nothing is lost in a socket that closes.
#include "commands.hpp"

#include "connection.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <iostream>
#include <random>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t input_bytes_max = 64 << 20;  // more is more than any server takes
constexpr auto drain_timeout = 5s;

// A terminal or /dev/null is not input; a pipe or a file is, even if it is slow.
std::string read_piped_input() {
    struct stat input {};
    if (fstat(STDIN_FILENO, &input) != 0 || S_ISCHR(input.st_mode)) return "";
    std::string body;
    char chunk[16384];
    while (body.size() <= input_bytes_max && std::cin.read(chunk, sizeof chunk).gcount() > 0)
        body.append(chunk, static_cast<std::size_t>(std::cin.gcount()));
    return body;
}

int publish(const Arguments& a) {
    const std::string body = a.body ? *a.body : read_piped_input();
    const std::uint64_t count = std::max<std::uint64_t>(a.count, 1);
    const Message message{a.subjects[0], a.reply.value_or(""), a.header_block, body};
    Connection connection{a.server, "leafnats pub"};
    Message ignored;
    for (std::uint64_t n = 1; n <= count; ++n) {
        connection.publish(message);
        // A long run answers PINGs and stops at the first -ERR, not after the last message.
        if (n % 256 == 0) connection.next(ignored, Clock::now());
    }
    connection.confirm();
    const std::string times = count > 1 ? ", " + std::to_string(count) + " times" : "";
    const std::string size = std::to_string(body.size());
    print("Published " + size + " bytes to \"" + message.subject + "\"" + times + "\n");
    return 0;
}

// A signal becomes a byte in this pipe: poll() sees it like any other input, without a race.
int stop_pipe[2];

extern "C" void on_stop_signal(int) {
    const int saved = errno;
    [[maybe_unused]] const ssize_t written = write(stop_pipe[1], "", 1);
    errno = saved;
}

int stop_descriptor() {
    if (pipe(stop_pipe) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // a second one kills
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return stop_pipe[0];
}

// Subscribes and says so, then handles messages until the count or a signal; after a signal, those
// that the server had already sent, which are over when it answers a PING.
void receive(Connection& connection, const Arguments& a, const std::string& queue,
             const std::function<void()>& say_ready,
             const std::function<void(const Message&, const std::string& number)>& handle) {
    for (const std::string& subject : a.subjects) connection.subscribe(subject, queue, a.count);
    connection.confirm();
    connection.stop_on(stop_descriptor());
    say_ready();
    Message message;
    Clock::time_point deadline = Clock::time_point::max();
    for (std::uint64_t n = 1; a.count == 0 || n <= a.count;) {
        const Event event = connection.next(message, deadline);
        if (event == Event::message) handle(message, std::to_string(n++));
        if (event == Event::pong || event == Event::timeout) return;
        if (event != Event::stopped) continue;
        connection.stop_on(-1);
        connection.unsubscribe_all();
        connection.ping();
        deadline = Clock::now() + drain_timeout;
    }
}

// "Key: Value" lines; a status in the first line, "NATS/1.0 503", becomes one of them.
std::string header_lines(const Message& message) {
    std::string text = message.headers.substr(std::min<std::size_t>(message.headers.size(), 8));
    std::erase(text, '\r');
    if (text.starts_with('\n')) text.erase(0, 1);
    if (text.starts_with(' ')) text.insert(0, "Status:");
    if (text.ends_with("\n\n")) text.pop_back();
    return shown(text);
}

int subscribe(const Arguments& a) {
    const auto handle = [&](const Message& message, const std::string& number) {
        if (a.raw) return print(message.payload + "\n");
        std::string head = "[#" + number + "] Received on \"" + shown(message.subject) + "\"";
        if (!message.reply.empty()) head += " with reply \"" + shown(message.reply) + "\"";
        std::string text = highlighted(head) + "\n" + header_lines(message);
        if (!message.headers.empty()) text += "\n";
        if (!a.headers_only) text += shown(message.payload);
        if (!a.headers_only) text += message.payload.ends_with('\n') ? "\n" : "\n\n";
        print(text);
    };
    Connection connection{a.server, "leafnats sub"};
    receive(connection, a, a.queue.value_or(""), [&] {
        for (const std::string& subject : a.subjects) complain("subscribed to " + subject);
    }, handle);
    return 0;
}

std::string random_token(std::size_t length) {
    constexpr std::string_view letters =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::random_device source;
    std::uniform_int_distribution<std::size_t> pick{0, letters.size() - 1};
    std::string token(length, ' ');
    for (char& c : token) c = letters[pick(source)];
    return token;
}

int request(const Arguments& a) {
    const std::string& subject = a.subjects[0];
    const std::string inbox = "_INBOX." + random_token(22) + "." + random_token(8);
    Connection connection{a.server, "leafnats req"};
    connection.subscribe(inbox, "", a.replies);
    connection.publish({subject, inbox, a.header_block, a.body.value_or("")});
    connection.flush();
    print("Published [" + subject + "] : '" + a.body.value_or("") + "'\n");

    const Clock::time_point deadline = Clock::now() + a.timeout;
    Message reply;
    for (std::uint64_t seen = 0; a.replies == 0 || seen < a.replies;) {
        const Event event = connection.next(reply, deadline);
        if (event == Event::timeout && a.replies == 0 && seen > 0) break;
        if (event == Event::timeout)
            connection.fail("timeout after " + std::to_string(a.timeout.count()) + " ms: " +
                            std::to_string(seen) + " replies on [" + subject + "]");
        if (event != Event::message) continue;
        if (reply.payload.empty() && reply.headers.starts_with("NATS/1.0 503"))
            connection.fail("no responders on [" + subject + "]");
        const std::string head = "Received  [" + shown(reply.subject) + "]";
        print(highlighted(head) + " : '" + shown(reply.payload) + "'\n" + header_lines(reply));
        ++seen;
    }
    return 0;
}

int reply(const Arguments& a) {
    Connection connection{a.server, "leafnats reply"};
    const auto answer = [&](const Message& request, const std::string& number) {
        const std::string head = "[#" + number + "] Received on [" + shown(request.subject) + "]";
        print(highlighted(head) + ": '" + shown(request.payload) + "'\n" + header_lines(request));
        if (request.reply.empty()) return;
        if (a.body) connection.publish({request.reply, "", "", *a.body});
        else connection.publish({request.reply, "", request.headers, request.payload});
    };
    // As with the nats tool, and in the same group, several repliers share the requests.
    receive(connection, a, a.queue.value_or("NATS-RPLY-22"),
            [&] { print("Listening on [" + a.subjects[0] + "]\n"); }, answer);
    connection.confirm();
    return 0;
}

}  // namespace

int run(const Arguments& arguments) {
    if (arguments.command == "pub") return publish(arguments);
    if (arguments.command == "sub") return subscribe(arguments);
    return arguments.command == "req" ? request(arguments) : reply(arguments);
}

}  // namespace cli
