// SPDX-License-Identifier: Apache-2.0
//
// The life of a remote.

#include "net/remote.hpp"

#include "broker/context.hpp"
#include "broker/leaf_session.hpp"
#include "net/way_to_hub.hpp"

#include <asio/buffer.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace leafnats::net {
namespace {

std::chrono::milliseconds first_step(const broker::Context& context,
                                     const RemoteLeafOpts& options) {
  return options.reconnect_interval.count() > 0 ? options.reconnect_interval
                                                : context.options.leaf.reconnect;
}

std::string_view account_of(const RemoteLeafOpts& options) {
  return options.account.empty() ? std::string_view("$G") : std::string_view(options.account);
}

}  // namespace

Remote::Remote(Reactor& reactor, broker::Context& context, const RemoteLeafOpts& options)
    : reactor_(reactor),
      context_(context),
      options_(options),
      record_(std::make_shared<broker::LinkRecord>()),
      urls_(options, reactor.shard().random()),
      tls_(std::make_unique<RemoteTls>(context, options, urls_.configured())),
      identity_(std::make_shared<const RemoteIdentity>(options)),
      back_off_(first_step(context, options), context.options.leaf.reconnect_max),
      dialer_(reactor.io()),
      timer_(reactor.io()),
      probe_(reactor.io()),
      probe_timer_(reactor.io()) {
  context.links.add(record_);
  record_->change([&](LeafLinkStatus& link) {
    link.solicited = true;
    link.account = account_of(options_);
    link.endpoint = endpoint_text(urls_.current());
    link.is_hub = options_.hub;
    link.compression = "off";
    link.state = options_.disabled ? LinkState::disabled : LinkState::connecting;
  });
}

Remote::~Remote() { context_.links.remove(record_); }

void Remote::start() {
  if (!options_.disabled) dial();
}

void Remote::stop() {
  stopped_ = true;
  dialer_.cancel();
  timer_.cancel();
  stop_watching();
}

void Remote::update(Update& update) {
  if (update.identity) identity_ = std::move(update.identity);
  if (update.tls) {
    tls_ = std::move(update.tls);
    options_.tls = std::move(update.tls_options);
  }
  if (!waiting_ || stopped_) return;
  timer_.cancel();
  dial();
}

void Remote::prove(base::ConnectionId connection, const std::string& nonce) {
  // The workers end before the reactors do.
  const auto answer = [&reactor = reactor_, connection](Result<broker::LeafProof> proof) {
    reactor.post([&reactor, connection, proof = std::move(proof)] {
      reactor.shard().finish_proof(connection, proof);
    });
  };
  const bool taken =
      context_.callbacks->submit([identity = identity_, nonce, answer] {
        answer(identity->prove(nonce));
      });
  if (!taken) answer(Error{Errc::limit_exceeded, "too many signatures are waited for"});
}

// ---- Dialling ----

std::chrono::milliseconds Remote::dial_timeout() const {
  if (options_.proxy.timeout.count() > 0) return options_.proxy.timeout;
  return options_.dial_timeout.count() > 0 ? options_.dial_timeout
                                           : context_.options.leaf.dial_timeout;
}

void Remote::dial() {
  waiting_ = false;
  if (stopped_) return;
  if (std::exchange(moving_, false)) {
    urls_.choose_primary();
  } else {
    urls_.next();
  }
  const std::string endpoint = endpoint_text(urls_.current());
  context_.log(
      LogLevel::debug,
      fmt::format("Trying to connect as leafnode to remote server on \"{}\"", endpoint));
  record_->change([&](LeafLinkStatus& link) {
    link.state = LinkState::connecting;
    link.endpoint = endpoint;
  });
  Event event{EventKind::leaf_connecting, 0, endpoint, {}, {}};
  context_.tell(event);
  const config::Endpoint target = first_hop(urls_.current(), options_);
  dialer_.dial(target.host, target.port, dial_timeout(),
               [this](Dialer::Outcome outcome) { on_dialled(std::move(outcome)); });
}

void Remote::on_dialled(Dialer::Outcome outcome) {
  if (stopped_) return;
  if (outcome.socket == nullptr) {
    on_dial_failed(outcome);
  } else {
    on_connected(std::move(*outcome.socket));
  }
}

void Remote::on_connected(asio::ip::tcp::socket socket) {
  asio::error_code error;
  const asio::ip::tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) {
    on_dial_failed({nullptr, LinkReason::unreachable, error.message()});
    return;
  }
  prepare(socket);
  auto connection = std::make_shared<Connection>(reactor_, std::move(socket));
  reactor_.enter();
  broker::LeafSession& session =
      reactor_.shard().solicit_leaf(*connection, to_text(peer), *this);
  link_ = session.id();
  connection->start(session);
}

void Remote::on_dial_failed(const Dialer::Outcome& outcome) {
  const std::string endpoint = endpoint_text(urls_.current());
  const std::string line =
      fmt::format("Error trying to connect as leafnode to remote server \"{}\" (attempt {}): {}",
                  endpoint, back_off_.failures() + 1, outcome.words);
  // Said once, with what to do about it; the attempts that fail alike are for those who debug.
  const bool news = context_.links.is_news(endpoint, outcome.reason, now_ns());
  context_.log(news ? LogLevel::error : LogLevel::debug,
               news ? fmt::format("{} - {}", line, advice(outcome.reason)) : line);
  Event event{EventKind::remote_unreachable, 0, endpoint, {}, outcome.words};
  event.link_reason = outcome.reason;
  context_.tell(event);
  record_->ended(outcome.reason, outcome.words);
  back_off(outcome.reason, outcome.words);
}

std::vector<std::unique_ptr<wire::StreamFilter>> Remote::make_filters() {
  return net::make_filters(urls_.current(), options_, context_.options.max_payload,
                           *context_.entropy);
}

// ---- The link ----

void Remote::on_up() {
  back_off_.link_up(now_ns());
  urls_.on_up();
  context_.links.settle(endpoint_text(urls_.current()));
  watch_primary();
}

void Remote::on_down(const End& end) {
  link_ = {};
  back_off_.link_down(now_ns());
  stop_watching();
  if (stopped_) return;
  if (end.reason == LinkReason::failback) {
    wait(std::chrono::milliseconds(0));
    return;
  }
  back_off(end.reason, end.detail);
}

void Remote::back_off(LinkReason reason, std::string_view words) {
  const std::string endpoint = endpoint_text(urls_.current());
  if (!options_.reconnect) {
    record_->change([](LeafLinkStatus& link) { link.state = LinkState::gave_up; });
    context_.log(LogLevel::error,
                 fmt::format("Remote \"{}\" is given up, as its reconnect is off: {}", endpoint,
                             words));
    Event event{EventKind::leaf_gave_up, 0, endpoint, {}, words};
    event.link_reason = reason;
    context_.tell(event);
    return;
  }
  LinkFailure failure = failure_of(reason);
  if (failure == LinkFailure::none) failure = LinkFailure::network;
  const auto pause = back_off_.after(failure, reactor_.shard().random());
  record_->change([&](LeafLinkStatus& link) {
    link.state = LinkState::backing_off;
    link.retry_in = pause;
    link.failures = back_off_.failures();
  });
  Event event{EventKind::leaf_backing_off, 0, endpoint, {}, words};
  event.link_reason = reason;
  event.retry_in = pause;
  context_.tell(event);
  wait(pause);
}

void Remote::wait(std::chrono::milliseconds pause) {
  waiting_ = true;
  timer_.expires_after(pause);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error && waiting_) dial();
  });
}

// ---- Failback ----

void Remote::watch_primary() {
  if (stopped_ || !urls_.ordered() || urls_.at_primary() ||
      options_.failback_interval.count() == 0 || !options_.proxy.url.empty()) {
    return;  // a proxy that accepts says nothing of the hub behind it
  }
  // A random half more, so that the leafs of a hub do not all move back at once.
  const auto interval = options_.failback_interval;
  const auto spread = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(interval.count() / 2, 1, std::int64_t{1} << 30));
  probe_timer_.expires_after(interval +
                             std::chrono::milliseconds(reactor_.shard().random().below(spread)));
  probe_timer_.async_wait([this](const asio::error_code& error) {
    if (!error && !stopped_) probe_primary();
  });
}

/// The primary is back when it greets: a port that merely accepts may be a proxy without a hub.
/// Where it greets only after TLS or HTTP, accepting has to do.
void Remote::probe_primary() {
  const bool greets = !urls_.primary().is_websocket() &&
                      !(options_.tls && options_.tls->handshake_first);
  probe_.dial(urls_.primary().host, urls_.primary().port, dial_timeout(),
              [this, greets](Dialer::Outcome outcome) {
                if (outcome.socket == nullptr) {
                  watch_primary();
                  return;
                }
                if (!greets) {
                  on_primary_answered();
                  return;
                }
                probe_socket_ =
                    std::make_unique<asio::ip::tcp::socket>(std::move(*outcome.socket));
                probe_timer_.expires_after(options_.first_info_timeout);
                probe_timer_.async_wait([this](const asio::error_code& error) {
                  if (error || stopped_) return;
                  probe_socket_.reset();
                  watch_primary();
                });
                probe_socket_->async_read_some(
                    asio::buffer(probe_answer_),
                    [this](const asio::error_code& error, std::size_t got) {
                      if (error == asio::error::operation_aborted || stopped_) return;
                      probe_timer_.cancel();
                      probe_socket_.reset();
                      const std::string_view answer(probe_answer_.data(), got);
                      if (!error && answer.starts_with("I")) {
                        on_primary_answered();
                      } else {
                        watch_primary();
                      }
                    });
              });
}

void Remote::on_primary_answered() {
  if (link_.number == 0) return;
  context_.log(LogLevel::info, fmt::format("\"{}\" is back: the leafnode connection moves there",
                                           endpoint_text(urls_.primary())));
  moving_ = true;
  reactor_.enter();
  reactor_.shard().move_leaf(link_);
}

void Remote::stop_watching() {
  probe_.cancel();
  probe_timer_.cancel();
  if (probe_socket_) {
    asio::error_code ignored;
    probe_socket_->close(ignored);
  }
}

}  // namespace leafnats::net
