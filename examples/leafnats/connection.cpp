// SPDX-License-Identifier: Apache-2.0
//
// The socket is non-blocking and every wait is a poll() with a deadline. An operation is taken from
// the input only when all of its bytes are there, so parsing has no state; no length that the
// server names is used before it has been checked.
#include "connection.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <iterator>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cli {
namespace {

using namespace std::chrono_literals;

constexpr auto connect_timeout = 5s;                 // for each address
constexpr auto answer_timeout = 10s;                 // for INFO, PONG, and room to send
constexpr std::size_t chunk_bytes = 64 << 10;        // what one read takes, and when to send
constexpr std::size_t line_bytes_max = 64 << 10;     // INFO of a large cluster takes a few KiB
constexpr std::size_t message_bytes_max = 64 << 20;  // what a nats-server can be configured for
constexpr std::size_t early_max = 1 << 16;           // messages between a SUB and its PONG

std::string error_text(int error) { return std::generic_category().message(error); }

// Gives an event if something else came before the descriptor was ready.
std::optional<Event> wait_for(int fd, short events, Clock::time_point deadline, int stop_fd = -1) {
    pollfd entries[] = {{fd, events, 0}, {stop_fd, POLLIN, 0}};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        const auto limit = std::clamp<std::int64_t>(left.count(), 0, INT_MAX);
        const int ready = poll(entries, 2, static_cast<int>(limit));
        if (ready == 0 && Clock::now() >= deadline) return Event::timeout;
        if (ready > 0) return entries[1].revents ? std::optional{Event::stopped} : std::nullopt;
    }
}

// Returns 0 or the error number.
int connect_to(int fd, const addrinfo& address) {
    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return errno;
    if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (wait_for(fd, POLLOUT, Clock::now() + connect_timeout)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int dial(const Endpoint& server) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    int error = getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &found);
    if (error) throw Failure(server.url() + ": " + gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, freeaddrinfo};
    for (const addrinfo* a = found; a; a = a->ai_next) {
        const int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol), on = 1;
        error = connect_to(fd, *a);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!error) return fd;
        close(fd);
    }
    throw Failure(server.url() + ": " + error_text(error));
}

// Words with a space between them; an empty one is left out.
std::string operation(std::initializer_list<std::string_view> words) {
    std::string line;
    for (const std::string_view word : words)
        if (!word.empty()) line.append(line.empty() ? "" : " ").append(word);
    return line + "\r\n";
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        char code[7] = {c};
        if (c == '"' || c == '\\') std::snprintf(code, sizeof code, "\\%c", c);
        if (c >= 0 && c < ' ') std::snprintf(code, sizeof code, "\\u%04x", c);
        out += code;
    }
    return out + '"';
}

std::string connect_line(const Endpoint& server, std::string_view client_name) {
    std::string line = R"(CONNECT {"verbose":false,"pedantic":true,"protocol":1,"echo":true,)"
                       R"("headers":true,"no_responders":true,"lang":"c++","version":"1","name":)";
    line += json_string(client_name);
    if (server.user) line += ",\"user\":" + json_string(*server.user);
    if (server.password) line += ",\"pass\":" + json_string(*server.password);
    if (server.token) line += ",\"auth_token\":" + json_string(*server.token);
    return line + "}\r\n";
}

// What follows a field's name in INFO. Quotes inside of JSON strings are escaped, so the search
// cannot hit the middle of a value; INFO has no nested objects.
std::string_view info_field(std::string_view info, const std::string& name) {
    const std::size_t at = info.find('"' + name + "\":");
    return at == info.npos ? "" : info.substr(at + name.size() + 3);
}

std::optional<std::size_t> parse_size(const std::string& text) {
    std::size_t size = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, size);
    const bool good = error == std::errc{} && stop == end && size <= message_bytes_max;
    return good ? std::optional{size} : std::nullopt;
}

}  // namespace

// The private constructor makes the object whole, so a throw from here on closes the socket.
Connection::Connection(const Endpoint& server, std::string_view client_name)
    : Connection(server.url(), dial(server)) {
    Message none;
    if (wait(none, Clock::now() + answer_timeout) != Event::info)
        fail("no greeting (INFO) from the server: is it NATS, and without TLS?");
    output_ += connect_line(server, client_name);
    confirm();
}

Connection::~Connection() { close(fd_); }

void Connection::publish(const Message& m) {
    const std::size_t size = m.headers.size() + m.payload.size();
    if (!m.headers.empty() && !headers_) fail("the server does not take headers");
    if (max_payload_ && size > max_payload_)
        fail(std::to_string(size) + " bytes: over the limit of " + std::to_string(max_payload_));
    const std::string header_size = m.headers.empty() ? "" : std::to_string(m.headers.size());
    output_ += operation({m.headers.empty() ? "PUB" : "HPUB", m.subject, m.reply, header_size,
                          std::to_string(size)});
    output_ += m.headers + m.payload + "\r\n";
    if (output_.size() >= chunk_bytes) flush();
}

void Connection::subscribe(const std::string& subject, const std::string& queue,
                           std::uint64_t max) {
    const std::string sid = std::to_string(++last_sid_);
    output_ += operation({"SUB", subject, queue, sid});
    if (max) output_ += operation({"UNSUB", sid, std::to_string(max)});
}

void Connection::unsubscribe_all() {
    for (; last_sid_ > 0; --last_sid_) output_ += operation({"UNSUB", std::to_string(last_sid_)});
}

// A failed write is not reported here: a server that refuses us says why and closes, and that
// reason is still to be read. Everyone reads on after writing, which reports it, or else the loss.
void Connection::flush() {
    for (std::size_t sent = 0; sent < output_.size() && !write_failed_;) {
        const ssize_t n = send(fd_, output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
        if (n >= 0) sent += static_cast<std::size_t>(n);
        else if (errno != EAGAIN && errno != EINTR) write_failed_ = true;
        else if (wait_for(fd_, POLLOUT, Clock::now() + answer_timeout))
            fail("the server stopped reading");
    }
    output_.clear();
}

void Connection::confirm() {
    ping();
    const Clock::time_point deadline = Clock::now() + answer_timeout;
    Message message;
    for (Event event = Event::info; event != Event::pong;) {
        event = wait(message, deadline);
        if (event == Event::message) early_.push_back(std::move(message));
        if (event == Event::timeout || early_.size() > early_max) fail("no PONG from the server");
    }
}

Event Connection::next(Message& message, Clock::time_point deadline) {
    if (early_.empty()) return wait(message, deadline);
    message = std::move(early_.front());
    early_.pop_front();
    return Event::message;
}

Event Connection::wait(Message& message, Clock::time_point deadline) {
    for (;;) {
        if (const auto event = take_event(message)) return *event;
        flush();
        if (const auto event = wait_for(fd_, POLLIN, deadline, stop_fd_)) return *event;
        receive();
    }
}

void Connection::receive() {
    input_.erase(0, std::exchange(consumed_, 0));
    char chunk[chunk_bytes];
    const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
    if (n == 0) fail("the server closed the connection");
    if (n > 0) input_.append(chunk, static_cast<std::size_t>(n));
    else if (errno != EAGAIN && errno != EINTR) fail(error_text(errno));
}

// Takes operations from the input until one is an event; gives nothing if more bytes are needed.
std::optional<Event> Connection::take_event(Message& message) {
    for (;;) {
        const std::string_view rest = std::string_view{input_}.substr(consumed_);
        const std::size_t end = rest.substr(0, line_bytes_max).find("\r\n");
        if (end == rest.npos && rest.size() < line_bytes_max) return std::nullopt;
        if (end == rest.npos) fail("the server sent an endless line");
        std::string_view line = rest.substr(0, end);
        if (line.starts_with("MSG ") || line.starts_with("HMSG ")) {
            if (!take_message(line, rest.substr(end + 2), message)) return std::nullopt;
            return Event::message;
        }
        consumed_ += end + 2;
        if (line == "PONG") return Event::pong;
        if (line == "PING") {
            output_ += "PONG\r\n";
        } else if (line.starts_with("INFO ")) {
            headers_ = info_field(line, "headers").starts_with("true");
            const std::string_view limit = info_field(line, "max_payload");
            std::from_chars(limit.data(), limit.data() + limit.size(), max_payload_);
            if (info_field(line, "tls_required").starts_with("true"))
                fail("the server demands TLS: this build speaks plain TCP only");
            return Event::info;
        } else if (line.starts_with("-ERR")) {
            line.remove_prefix(std::min(line.find_first_not_of(" '", 4), line.size()));
            fail(std::string{line.substr(0, line.find_last_not_of('\'') + 1)});
        } else if (line != "+OK") {
            fail("the server does not speak NATS");
        }
    }
}

// The line is one of these; `rest` has the body and a line break, or else not yet all of them:
//   MSG <subject> <sid> [reply] <size>
//   HMSG <subject> <sid> [reply] <header size> <size>
bool Connection::take_message(std::string_view line, std::string_view rest, Message& message) {
    std::istringstream text{std::string{line}};
    const std::vector<std::string> words{std::istream_iterator<std::string>{text}, {}};
    const std::size_t count = words.size(), least = words[0] == "HMSG" ? 5 : 4;
    if (count < least || count > least + 1) fail("the server sent a malformed message");
    const auto size = parse_size(words[count - 1]);
    const auto header_size = least == 5 ? parse_size(words[count - 2]) : 0;
    if (!size || !header_size || *header_size > *size) fail("the server sent an impossible size");
    if (rest.size() < *size + 2) return false;
    if (rest.substr(*size, 2) != "\r\n") fail("the server sent a wrong size");
    message.subject = words[1];
    message.reply = count > least ? words[3] : "";
    message.headers = rest.substr(0, *header_size);
    message.payload = rest.substr(*header_size, *size - *header_size);
    consumed_ += line.size() + 2 + *size + 2;
    return true;
}

}  // namespace cli
