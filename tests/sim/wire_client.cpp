// SPDX-License-Identifier: Apache-2.0
//
// The client protocol, written and read in the plainest way.

#include "wire_client.hpp"

#include "broker/client_session.hpp"
#include "message_text.hpp"

#include <algorithm>

namespace leafnats::sim {

WireClient::WireClient(Stage& stage, SimServer& server)
    : Client(stage, server,
             stage.plan.permissions ? draw_client_rules(stage.random) : nullptr),
      to_server_(stage.scheduler, stage.journal, stage.random,
                 draw_client_wire(stage.plan, stage.random)),
      to_client_(stage.scheduler, stage.journal, stage.random,
                 draw_client_wire(stage.plan, stage.random)),
      end_(stage, server, server.place(), to_server_, to_client_) {
  record_.echo = !one_in(stage.random, 4);
  record_.headers = !one_in(stage.random, 5);
  record_.no_responders = record_.headers && !one_in(stage.random, 4);
  to_server_.on_writable = [this] { pump(); };
  to_client_.on_readable = [this] { on_readable(); };
  connect();
}

void WireClient::connect() {
  stage_.tell("c{} connects to s{} shard {}, echo {}, headers {}, no_responders {}{}", record_.id,
              server_.index(), end_.shard(), record_.echo, record_.headers,
              record_.no_responders, record_.rules ? ", may " + to_string(*record_.rules) : "");
  const std::string user = fmt::format("c{}", record_.id);
  if (record_.rules) stage_.users[user] = record_.rules;
  server_.post(end_.shard(), [this] {
    end_.start(server_.shard(end_.shard())
                   .accept_client(end_, fmt::format("client{}:1", record_.id)));
  });
  send(fmt::format("CONNECT {{\"verbose\":false,\"pedantic\":false,\"echo\":{},\"headers\":{},"
                   "\"no_responders\":{},\"protocol\":1,\"user\":\"{}\"}}\r\n",
                   record_.echo, record_.headers, record_.no_responders, user));
  subscribe(record_.inbox + "*", {});
}

// ---- Operations ----

void WireClient::subscribe(std::string pattern, std::string queue) {
  SubscriptionRecord& subscription = stage_.model.add_subscription(record_, pattern, queue);
  subscriptions_.push_back(&subscription);
  stage_.tell("SUB {}", describe(subscription));
  send(fmt::format("SUB {} {}{}{}\r\n", pattern, queue, queue.empty() ? "" : " ",
                   subscription.sid));
}

void WireClient::unsubscribe(SubscriptionRecord& subscription, std::uint32_t max) {
  stage_.tell("UNSUB {} max {}", describe(subscription), max);
  stage_.model.end_subscription(subscription, max);
  send(max == 0 ? fmt::format("UNSUB {}\r\n", subscription.sid)
                : fmt::format("UNSUB {} {}\r\n", subscription.sid, max));
}

void WireClient::publish(const Publication& publication) {
  if (!live()) return;
  const MessageRecord& message = compose(publication);
  const std::string_view blank = message.reply.empty() ? "" : " ";
  if (message.headers.empty()) {
    send(fmt::format("PUB {}{}{} {}\r\n", message.subject, blank, message.reply,
                     message.payload.size()));
  } else {
    send(fmt::format("HPUB {}{}{} {} {}\r\n{}", message.subject, blank, message.reply,
                     message.headers.size(), message.headers.size() + message.payload.size(),
                     message.headers));
  }
  send(message.payload);
  send("\r\n");
}

void WireClient::ping() {
  pings_.push_back(stage_.model.tick());
  stage_.tell("c{} PING", record_.id);
  send("PING\r\n");
}

void WireClient::send(std::string_view bytes) {
  unsent_.append(bytes);
  pump();
}

void WireClient::pump() {
  if (to_server_.is_cut()) return;
  unsent_.erase(0, to_server_.write(unsent_));
  if (finishing_ && unsent_.empty()) {
    finishing_ = false;
    to_server_.finish();
  }
}

// ---- Input ----

void WireClient::on_readable() {
  if (stage_.scheduler.now() < stalled_until_ns_) return;
  const std::string bytes = to_client_.read_all();
  if (!live()) return;
  input_.append(bytes);
  while (live() && take_operation()) {
  }
  input_.erase(0, begin_);
  begin_ = 0;
  if (to_client_.at_end() && live()) on_end();
}

bool WireClient::take_operation() {
  const std::size_t end = input_.find("\r\n", begin_);
  if (end == input_.npos) return false;
  // A copy: an answer that is sent from here must not be disturbed by what it causes.
  const std::string line = input_.substr(begin_, end - begin_);
  if (line.starts_with("MSG ") || line.starts_with("HMSG ")) return take_message(line, end + 2);
  begin_ = end + 2;
  if (line == "PING") {
    send("PONG\r\n");
  } else if (line == "PONG") {
    if (pings_.empty()) {
      stage_.checker.fail("PONG without PING", fmt::format("c{}", record_.id));
      return false;
    }
    const Moment ping = pings_.front();
    pings_.pop_front();
    take_pong(ping);
  } else if (line.starts_with("-ERR '") && line.ends_with('\'')) {
    stage_.tell("c{} is told {}", record_.id, line);
    stage_.checker.on_error(record_, std::string_view(line).substr(6, line.size() - 7));
  } else if (!line.starts_with("INFO ")) {
    stage_.checker.fail("unexpected line", fmt::format("c{}: {}", record_.id, line));
  }
  return true;
}

bool WireClient::take_message(std::string_view line, std::size_t line_end) {
  const bool with_headers = line.starts_with('H');
  std::string_view words[6];
  std::size_t count = 0;
  for (std::string_view rest = line; !rest.empty() && count < 6;) {
    words[count] = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), words[count].size() + 1));
    ++count;
  }
  const std::size_t sizes = with_headers ? 2 : 1;
  const std::size_t size = number_of(words[count - 1]).value_or(0);
  const std::size_t header_size = with_headers ? number_of(words[count - 2]).value_or(0) : 0;
  if (count < 3 + sizes || header_size > size) {
    stage_.checker.fail("malformed message", line);
    return false;
  }
  if (input_.size() < line_end + size + 2) return false;
  const std::string_view body = std::string_view(input_).substr(line_end, size);
  if (input_.compare(line_end + size, 2, "\r\n") != 0) stage_.checker.fail("malformed body", line);
  Delivery delivery;
  delivery.subject = words[1];
  delivery.sid = number_of(words[2]).value_or(0);
  if (count == 4 + sizes) delivery.reply = words[3];
  delivery.headers = body.substr(0, header_size);
  delivery.payload = body.substr(header_size);
  begin_ = line_end + size + 2;
  take(delivery);
  return true;
}

void WireClient::on_end() {
  stage_.tell("c{} was closed by its server", record_.id);
  if (!server_.was_slow(end_.number())) {
    stage_.checker.fail("unexpected close", fmt::format("of c{}", record_.id));
  } else if (!record_.troubled) {
    stage_.checker.fail("cut off although it read", fmt::format("c{}", record_.id));
  }
  leave(true);
}

// ---- Faults ----

void WireClient::stall(std::int64_t duration_ns) {
  stage_.tell("c{} stops reading for {} ms", record_.id, duration_ns / ms);
  record_.troubled = true;
  stalled_until_ns_ = stage_.scheduler.now() + duration_ns;
  stage_.scheduler.at(stalled_until_ns_, [this] { on_readable(); });
}

void WireClient::leave(bool orderly) {
  if (!live()) return;
  stage_.tell("c{} {}", record_.id, orderly ? "leaves" : "is cut off");
  stage_.model.end_connection(record_);
  pings_.clear();
  if (orderly) {
    finishing_ = true;
    pump();
    on_readable();
    return;
  }
  unsent_.clear();
  to_server_.cut();
  to_client_.cut();
  stage_.scheduler.after(stage_.random.below(200) * ms, [this] {
    server_.post(end_.shard(), [this] { end_.broken(); });
  });
}

void WireClient::lose_server() {
  if (live()) {
    stage_.tell("c{} loses its server", record_.id);
    stage_.model.end_connection(record_);
  }
  pings_.clear();
  unsent_.clear();
  to_server_.cut();
  to_client_.cut();
  end_.sever();
}

bool WireClient::idle() const {
  return unsent_.empty() && pings_.empty() && to_server_.idle() && to_client_.idle();
}

}  // namespace leafnats::sim
