// SPDX-License-Identifier: Apache-2.0
//
// The race of a name's addresses.

#include "net/dialer.hpp"

#include <algorithm>
#include <cctype>
#include <deque>

namespace leafnats::net {
namespace {

using asio::ip::tcp;

// RFC 8305, section 5: the recommended head start.
constexpr std::chrono::milliseconds head_start{250};

// A name may have as many addresses as its owner likes; more than these add nothing but sockets.
constexpr std::size_t endpoints_max = 16;

/// The system's words for an error, in lower case as a part of a sentence.
std::string words(const asio::error_code& error) {
  std::string text = error.message();
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::vector<Dialer::Endpoint> racing_order(std::vector<Dialer::Endpoint> endpoints) {
  if (endpoints.empty()) return endpoints;
  const bool first_is_v4 = endpoints.front().address().is_v4();
  std::vector<Dialer::Endpoint> first;
  std::vector<Dialer::Endpoint> second;
  for (const Dialer::Endpoint& endpoint : endpoints) {
    (endpoint.address().is_v4() == first_is_v4 ? first : second).push_back(endpoint);
  }
  std::vector<Dialer::Endpoint> order;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) order.push_back(first[i]);
    if (i < second.size()) order.push_back(second[i]);
  }
  if (order.size() > endpoints_max) order.resize(endpoints_max);
  return order;
}

struct Dialer::Attempt : std::enable_shared_from_this<Attempt> {
  explicit Attempt(asio::io_context& io) : resolver(io), timeout(io), stagger(io), io(io) {}

  void resolve(const std::string& host, std::uint16_t port);
  void race(std::vector<Endpoint> endpoints);
  void start_next();
  void on_connect(std::size_t runner, const asio::error_code& error);
  void finish(Outcome outcome);
  void end();

  Handler handler;  // null: over
  tcp::resolver resolver;
  asio::steady_timer timeout;
  asio::steady_timer stagger;  // until the next address is tried beside those that are
  asio::io_context& io;
  std::deque<Endpoint> waiting;
  std::deque<tcp::socket> runners;  // a deque: sockets do not move while they connect
  std::size_t running = 0;
  std::string last_error = "no address";
};

void Dialer::Attempt::resolve(const std::string& host, std::uint16_t port) {
  asio::error_code not_numeric;
  const asio::ip::address address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    // No resolver, and so no resolver thread, for addresses.
    race({{address, port}});
    return;
  }
  resolver.async_resolve(
      host, std::to_string(port),
      [self = shared_from_this()](const asio::error_code& error, const auto& results) {
        if (!self->handler) return;
        if (error) {
          self->finish({nullptr, LinkReason::name_not_resolved, words(error)});
        } else {
          self->race({results.begin(), results.end()});
        }
      });
}

void Dialer::Attempt::race(std::vector<Endpoint> endpoints) {
  const std::vector<Endpoint> order = racing_order(std::move(endpoints));
  waiting.assign(order.begin(), order.end());
  if (waiting.empty()) {
    finish({nullptr, LinkReason::name_not_resolved, last_error});
    return;
  }
  start_next();
}

void Dialer::Attempt::start_next() {
  const Endpoint endpoint = waiting.front();
  waiting.pop_front();
  const std::size_t runner = runners.size();
  runners.emplace_back(io);
  ++running;
  runners.back().async_connect(
      endpoint, [self = shared_from_this(), runner](const asio::error_code& error) {
        if (self->handler) self->on_connect(runner, error);
      });
  if (waiting.empty()) return;
  stagger.expires_after(head_start);
  stagger.async_wait([self = shared_from_this()](const asio::error_code& error) {
    if (!error && self->handler && !self->waiting.empty()) self->start_next();
  });
}

void Dialer::Attempt::on_connect(std::size_t runner, const asio::error_code& error) {
  if (!error) {
    finish({&runners[runner], LinkReason::none, {}});
    return;
  }
  --running;
  last_error = words(error);
  // One that failed leaves its head start to the next.
  if (!waiting.empty()) {
    stagger.cancel();
    start_next();
  } else if (running == 0) {
    finish({nullptr, LinkReason::unreachable, last_error});
  }
}

void Dialer::Attempt::finish(Outcome outcome) {
  const auto keep = shared_from_this();
  const Handler told = std::exchange(handler, nullptr);
  told(std::move(outcome));
  end();
}

void Dialer::Attempt::end() {
  handler = nullptr;
  resolver.cancel();
  timeout.cancel();
  stagger.cancel();
  asio::error_code ignored;
  for (tcp::socket& runner : runners) runner.close(ignored);
}

Dialer::Dialer(asio::io_context& io) : io_(io) {}

Dialer::~Dialer() { cancel(); }

void Dialer::dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                  Handler handler) {
  cancel();
  attempt_ = std::make_shared<Attempt>(io_);
  attempt_->handler = std::move(handler);
  attempt_->timeout.expires_after(timeout);
  attempt_->timeout.async_wait([attempt = attempt_](const asio::error_code& error) {
    if (error || !attempt->handler) return;
    attempt->finish({nullptr, LinkReason::dial_timeout, "dial timeout"});
  });
  attempt_->resolve(host, port);
}

void Dialer::cancel() {
  if (!attempt_) return;
  const std::shared_ptr<Attempt> ended = std::move(attempt_);
  ended->end();
}

}  // namespace leafnats::net
