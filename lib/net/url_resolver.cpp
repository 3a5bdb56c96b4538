// SPDX-License-Identifier: Apache-2.0
//
// One request a connection, in HTTP/1.0: the answer ends where the connection does, and comes in
// one piece. What is read is bounded by the longest token.

#include "net/url_resolver.hpp"

#include "base/limits.hpp"

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::net {
namespace {

using asio::ip::tcp;

struct Place {
  std::string host;
  std::string port = "80";
  std::string path;  ///< the account's key comes behind it
};

std::optional<Place> parse(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  const std::size_t slash = std::min(url.find('/'), url.size());
  std::string_view authority = url.substr(0, slash);
  Place place;
  place.path = slash < url.size() ? url.substr(slash) : std::string_view("/");
  if (!place.path.ends_with('/')) place.path += '/';
  const std::size_t colon = authority.rfind(':');
  if (colon != authority.npos && authority.find(']', colon) == authority.npos) {
    place.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  place.host = authority;
  const bool is_plain = url.find_first_of(" \r\n\t@?#") == url.npos;
  return !is_plain || place.host.empty() || place.port.empty() ? std::nullopt
                                                               : std::optional(place);
}

/// One exchange. Everything runs in the io_context of the one call.
class Exchange {
 public:
  explicit Exchange(std::string request) : request_(std::move(request)) {}

  asio::error_code run(const Place& place, std::chrono::milliseconds timeout) {
    resolver_.async_resolve(place.host, place.port, [this](asio::error_code error, auto found) {
      if (error) return end(error);
      asio::async_connect(socket_, found, [this](asio::error_code failed, const tcp::endpoint&) {
        if (failed) return end(failed);
        write();
      });
    });
    io_.run_for(timeout);
    return error_;
  }

  [[nodiscard]] std::string_view answer() const noexcept { return {answer_.data(), size_}; }

 private:
  void write() {
    asio::async_write(socket_, asio::buffer(request_), [this](asio::error_code error, std::size_t) {
      if (error) return end(error);
      answer_.resize(limits::jwt_bytes_max + limits::http_head_bytes_max);
      asio::async_read(socket_, asio::buffer(answer_),
                       [this](asio::error_code failed, std::size_t size) {
                         size_ = size;
                         end(failed == asio::error::eof ? asio::error_code() : failed);
                       });
    });
  }

  void end(asio::error_code error) { error_ = error; }

  asio::io_context io_;
  tcp::resolver resolver_{io_};
  tcp::socket socket_{io_};
  const std::string request_;
  std::vector<char> answer_;
  std::size_t size_ = 0;
  asio::error_code error_ = asio::error::timed_out;
};

/// The body of a good answer.
Result<std::string> body_of(std::string_view answer) {
  const std::size_t head = answer.find("\r\n\r\n");
  const std::size_t status = answer.find(' ');
  if (head == answer.npos || !answer.starts_with("HTTP/1.") || status > head) {
    return Error{Errc::io_error, "account server: no HTTP"};
  }
  const std::string_view code = answer.substr(status + 1, 3);
  if (code != "200") {
    return Error{Errc::io_error, "account server: status " + std::string(code)};
  }
  return std::string(answer.substr(head + 4));
}

class UrlResolver final : public auth::AccountResolver {
 public:
  UrlResolver(Place place, std::chrono::milliseconds timeout)
      : place_(std::move(place)), timeout_(timeout) {}

  void fetch(const std::string& account, Found found) override {
    Exchange exchange("GET " + place_.path + account + " HTTP/1.0\r\nHost: " + place_.host +
                      "\r\nAccept: */*\r\n\r\n");
    const asio::error_code error = exchange.run(place_, timeout_);
    if (error) return found(Error{Errc::io_error, "account server: " + error.message()});
    found(body_of(exchange.answer()));
  }

  Result<void> store(const std::string&, const std::string&) override {
    return Error{Errc::not_supported, "a URL resolver keeps nothing"};
  }
  Result<void> remove(const std::string&) override {
    return Error{Errc::not_supported, "a URL resolver keeps nothing"};
  }
  [[nodiscard]] std::vector<std::string> list() const override { return {}; }

 private:
  const Place place_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace

Result<std::unique_ptr<auth::AccountResolver>> make_url_resolver(const ResolverOptions& options) {
  if (options.url.starts_with("https://")) {
    return Error{Errc::not_supported,
                 "account resolvers over https are not part of this version"};
  }
  auto place = parse(options.url);
  if (!place) return Error{Errc::invalid_config, "the URL of the account resolver is none"};
  return std::unique_ptr<auth::AccountResolver>(
      std::make_unique<UrlResolver>(std::move(*place), options.timeout));
}

}  // namespace leafnats::net
