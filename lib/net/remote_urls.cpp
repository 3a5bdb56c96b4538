// SPDX-License-Identifier: Apache-2.0
//
// Choosing among the URLs of a remote.

#include "net/remote_urls.hpp"

#include "base/limits.hpp"
#include "config/endpoint.hpp"

#include <algorithm>

namespace leafnats::net {
namespace {

bool same_place(const config::RemoteUrl& a, const config::RemoteUrl& b) {
  return a.host == b.host && a.port == b.port;
}

}  // namespace

std::string endpoint_text(const config::RemoteUrl& url) {
  return config::to_string({url.host, url.port});
}

RemoteUrls::RemoteUrls(const RemoteLeafOpts& options, base::Random& random)
    : ordered_(options.no_randomize),
      learns_(!options.ignore_discovered_servers),
      configured_(parse(options)),
      urls_(configured_) {
  if (!ordered_) {
    for (std::size_t i = urls_.size(); i > 1; --i) {
      std::swap(urls_[i - 1], urls_[random.below(static_cast<std::uint32_t>(i))]);
    }
  }
  current_ = urls_.front();
}

std::vector<config::RemoteUrl> RemoteUrls::parse(const RemoteLeafOpts& options) {
  std::vector<config::RemoteUrl> urls;
  for (const std::string& text : options.urls) {
    urls.push_back(*config::parse_remote_url(text));
  }
  return urls;
}

void RemoteUrls::next() {
  current_ = urls_.front();
  std::rotate(urls_.begin(), urls_.begin() + 1, urls_.end());
}

void RemoteUrls::choose_primary() {
  const auto found = std::find_if(urls_.begin(), urls_.end(), [&](const config::RemoteUrl& url) {
    return same_place(url, primary());
  });
  std::rotate(urls_.begin(), found, urls_.end());
  next();
}

bool RemoteUrls::at_primary() const { return same_place(current_, primary()); }

void RemoteUrls::on_up() {
  if (!ordered_) return;
  // An order was given: after a loss it begins anew, but for the one that was lost.
  std::vector<config::RemoteUrl> order = configured_;
  for (const config::RemoteUrl& url : urls_) {
    const auto known = std::find_if(order.begin(), order.end(), [&](const config::RemoteUrl& o) {
      return same_place(o, url);
    });
    if (known == order.end()) order.push_back(url);
  }
  const auto in_use = std::find_if(order.begin(), order.end(), [&](const config::RemoteUrl& url) {
    return same_place(url, current_);
  });
  if (in_use != order.end()) std::rotate(in_use, in_use + 1, order.end());
  urls_ = std::move(order);
}

void RemoteUrls::learn(const std::vector<std::string>& told) {
  if (!learns_) return;
  const config::RemoteUrl& first = configured_.front();
  const std::string scheme = (first.is_websocket() ? first.scheme : "nats-leaf") + "://";
  std::vector<config::RemoteUrl> pool = configured_;
  for (const std::string& text : told) {
    if (pool.size() >= limits::remote_urls_max) break;
    const Result<config::RemoteUrl> url = config::parse_remote_url(scheme + text);
    if (!url) continue;
    const auto known = std::find_if(pool.begin(), pool.end(), [&](const config::RemoteUrl& other) {
      return same_place(other, *url);
    });
    if (known == pool.end()) pool.push_back(*url);
  }
  // The one in use goes to the end: after a loss the others are tried first.
  const auto in_use = std::find_if(pool.begin(), pool.end(), [&](const config::RemoteUrl& other) {
    return same_place(other, current_);
  });
  if (in_use != pool.end()) std::rotate(in_use, in_use + 1, pool.end());
  urls_ = std::move(pool);
}

broker::RemoteLink::UserInfo RemoteUrls::user_info() const {
  const config::RemoteUrl* source = &current_;
  if (current_.user.empty() && current_.token.empty()) {
    const auto with_user =
        std::find_if(configured_.begin(), configured_.end(), [](const config::RemoteUrl& url) {
          return !url.user.empty() || !url.token.empty();
        });
    if (with_user != configured_.end()) source = &*with_user;
  }
  if (!source->token.empty()) return {source->token, {}, true};
  return {source->user, source->password, false};
}

}  // namespace leafnats::net
