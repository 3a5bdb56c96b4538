// SPDX-License-Identifier: Apache-2.0
//
// Dialling with back-off. The first attempts come quickly, each after one to two intervals; a hub
// that stays away is asked ever more rarely. The random half of each pause spreads the leafs of a
// hub that was restarted.

#include "net/remote.hpp"

#include "broker/context.hpp"
#include "broker/leaf_session.hpp"
#include "config/endpoint.hpp"
#include "net/way_to_hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace leafnats::net {
namespace {

constexpr int quick_attempts = 10;
constexpr int doublings_max = 4;

// Like nats-server: the first failure is worth an error, then every so many.
constexpr int error_every_attempts = 3600;

/// The system's words for an error, in lower case as a part of a sentence.
std::string words(const asio::error_code& error) {
  std::string text = error.message();
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string endpoint_text(const config::RemoteUrl& url) {
  return config::to_string({url.host, url.port});
}

std::vector<config::RemoteUrl> parse_urls(const RemoteLeafOpts& options) {
  std::vector<config::RemoteUrl> urls;
  for (const std::string& text : options.urls) urls.push_back(*config::parse_remote_url(text));
  return urls;
}

}  // namespace

Remote::Remote(Reactor& reactor, broker::Context& context, const RemoteLeafOpts& options)
    : reactor_(reactor),
      context_(context),
      options_(options),
      configured_(parse_urls(options)),
      tls_(context, options, configured_),
      resolver_(reactor.io()),
      timer_(reactor.io()),
      socket_(reactor.io()) {
  urls_ = configured_;
}

void Remote::start() {
  if (!options_.no_randomize) {
    base::Random& random = reactor_.shard().random();
    for (std::size_t i = urls_.size(); i > 1; --i) {
      std::swap(urls_[i - 1], urls_[random.below(static_cast<std::uint32_t>(i))]);
    }
  }
  dial();
}

void Remote::stop() {
  stopped_ = true;
  resolver_.cancel();
  timer_.cancel();
  asio::error_code ignored;
  socket_.close(ignored);
}

broker::RemoteLink::UserInfo Remote::user_info() const {
  // Gossip names hosts, not users: those of the first configured URL that had any serve them.
  const config::RemoteUrl* source = &url_;
  if (url_.user.empty() && url_.token.empty()) {
    const auto with_user =
        std::find_if(configured_.begin(), configured_.end(), [](const config::RemoteUrl& url) {
          return !url.user.empty() || !url.token.empty();
        });
    if (with_user != configured_.end()) source = &*with_user;
  }
  if (!source->token.empty()) return {source->token, {}, true};
  return {source->user, source->password, false};
}

std::vector<std::unique_ptr<wire::StreamFilter>> Remote::make_filters() {
  return net::make_filters(url_, options_, context_.options.max_payload, *context_.entropy);
}

void Remote::on_gossip(const std::vector<std::string>& urls) {
  if (options_.ignore_discovered_servers) return;
  const auto same_place = [](const config::RemoteUrl& a, const config::RemoteUrl& b) {
    return a.host == b.host && a.port == b.port;
  };
  const bool is_websocket = configured_.front().is_websocket();
  const std::string scheme = (is_websocket ? configured_.front().scheme : "nats-leaf") + "://";
  std::vector<config::RemoteUrl> pool = configured_;
  for (const std::string& text : urls) {
    const Result<config::RemoteUrl> url = config::parse_remote_url(scheme + text);
    if (!url) continue;
    const auto known = std::find_if(pool.begin(), pool.end(), [&](const config::RemoteUrl& other) {
      return same_place(other, *url);
    });
    if (known == pool.end()) pool.push_back(*url);
  }
  // The one in use goes to the end: after a loss the others are tried first.
  const auto in_use = std::find_if(pool.begin(), pool.end(), [&](const config::RemoteUrl& other) {
    return same_place(other, url_);
  });
  if (in_use != pool.end()) std::rotate(in_use, in_use + 1, pool.end());
  urls_ = std::move(pool);
}

void Remote::next_url() {
  std::rotate(urls_.begin(), urls_.begin() + 1, urls_.end());
  url_ = urls_.back();
}

void Remote::dial() {
  if (stopped_) return;
  next_url();
  const std::uint64_t dial = ++dial_;
  context_.log(LogLevel::debug,
               fmt::format("Trying to connect as leafnode to remote server on \"{}\"",
                           endpoint_text(url_)));
  const bool own = options_.dial_timeout.count() > 0;
  const auto usual = own ? options_.dial_timeout : context_.options.leaf.dial_timeout;
  timer_.expires_after(options_.proxy.timeout.count() > 0 ? options_.proxy.timeout : usual);
  timer_.async_wait([this, dial](const asio::error_code& error) {
    if (error || !current(dial)) return;
    resolver_.cancel();
    asio::error_code ignored;
    socket_.close(ignored);
    on_dial_failed("dial timeout");
  });
  const config::Endpoint target = first_hop(url_, options_);
  asio::error_code not_numeric;
  const asio::ip::address address = asio::ip::make_address(target.host, not_numeric);
  if (!not_numeric) {
    // No resolver, and so no resolver thread, for addresses.
    connect({{address, target.port}}, dial);
    return;
  }
  resolver_.async_resolve(
      target.host, std::to_string(target.port),
      [this, dial](const asio::error_code& error, const auto& results) {
        if (!current(dial)) return;
        if (error) {
          on_dial_failed(words(error));
          return;
        }
        connect({results.begin(), results.end()}, dial);
      });
}

void Remote::connect(std::vector<asio::ip::tcp::endpoint> endpoints, std::uint64_t dial) {
  // Addresses of one name are tried in turn; IPv4 first, for most hubs listen there only.
  std::stable_partition(endpoints.begin(), endpoints.end(),
                        [](const auto& endpoint) { return endpoint.address().is_v4(); });
  const asio::ip::tcp::endpoint first = endpoints.front();
  endpoints.erase(endpoints.begin());
  asio::error_code ignored;
  socket_.close(ignored);
  socket_.async_connect(
      first, [this, dial, rest = std::move(endpoints)](const asio::error_code& error) {
        if (!current(dial)) return;
        if (!error) {
          on_connected();
        } else if (rest.empty()) {
          on_dial_failed(words(error));
        } else {
          connect(rest, dial);
        }
      });
}

void Remote::on_connected() {
  timer_.cancel();
  ++dial_;
  asio::error_code error;
  const asio::ip::tcp::endpoint peer = socket_.remote_endpoint(error);
  if (error) {
    on_dial_failed(words(error));
    return;
  }
  prepare(socket_);
  auto connection = std::make_shared<Connection>(reactor_, std::move(socket_));
  socket_ = asio::ip::tcp::socket(reactor_.io());
  reactor_.enter();
  connection->start(reactor_.shard().solicit_leaf(*connection, to_text(peer), *this));
}

void Remote::on_dial_failed(const std::string& why) {
  timer_.cancel();
  ++dial_;
  ++failures_;
  const std::string line =
      fmt::format("Error trying to connect as leafnode to remote server \"{}\" (attempt {}): {}",
                  endpoint_text(url_), failures_, why);
  const bool loud = failures_ == 1 || failures_ % error_every_attempts == 0;
  context_.log(loud ? LogLevel::error : LogLevel::debug, line);
  context_.tell({EventKind::remote_unreachable, 0, endpoint_text(url_), {}, why});
  retry_after(back_off());
}

void Remote::on_up() { failures_ = 0; }

void Remote::on_down(broker::CloseReason, std::string_view, std::chrono::milliseconds pause) {
  if (stopped_) return;
  ++failures_;
  retry_after(std::max(pause, back_off()));
}

void Remote::retry_after(std::chrono::milliseconds pause) {
  timer_.expires_after(pause);
  timer_.async_wait([this, dial = dial_](const asio::error_code& error) {
    if (!error && current(dial)) this->dial();
  });
}

std::chrono::milliseconds Remote::back_off() {
  const int doublings = std::clamp(failures_ - quick_attempts, 0, doublings_max);
  const auto interval = context_.options.leaf.reconnect * (1 << doublings);
  const auto spread = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      interval.count(), 1, std::int64_t{1} << 30));
  return interval + std::chrono::milliseconds(reactor_.shard().random().below(spread));
}

}  // namespace leafnats::net
