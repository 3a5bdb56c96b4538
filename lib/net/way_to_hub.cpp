// SPDX-License-Identifier: Apache-2.0
//
// Tunnel and WebSocket as the URL and the options say.

#include "net/way_to_hub.hpp"

#include "wire/proxy_tunnel.hpp"
#ifdef LEAFNATS_HAVE_WEBSOCKET
#include "wire/websocket_filter.hpp"
#endif

namespace leafnats::net {

config::Endpoint first_hop(const config::RemoteUrl& url, const RemoteLeafOpts& options) {
  if (options.proxy.url.empty()) return {url.host, url.port};
  return *config::parse_proxy_url(options.proxy.url);
}

std::vector<std::unique_ptr<wire::StreamFilter>> make_filters(
    const config::RemoteUrl& url, const RemoteLeafOpts& options,
    [[maybe_unused]] std::size_t max_payload, [[maybe_unused]] base::Entropy& entropy) {
  std::vector<std::unique_ptr<wire::StreamFilter>> filters;
  const std::string hub = config::to_string({url.host, url.port});
  if (!options.proxy.url.empty()) {
    filters.push_back(std::make_unique<wire::ProxyTunnel>(hub, options.proxy.username,
                                                          options.proxy.password));
  }
#ifdef LEAFNATS_HAVE_WEBSOCKET
  if (url.is_websocket()) {
    const wire::WebSocketRequest request{hub, wire::websocket_leaf_target(url.path),
                                         options.ws_compression, options.ws_no_masking};
    filters.push_back(std::make_unique<wire::WebSocketFilter>(request, max_payload, entropy));
  }
#endif
  return filters;
}

}  // namespace leafnats::net
