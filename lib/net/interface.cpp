// SPDX-License-Identifier: Apache-2.0
//
// Looking through the network interfaces.

#include "net/interface.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <memory>

namespace leafnats::net {

std::string reachable_host(const asio::ip::address& bound) {
  if (!bound.is_unspecified()) return bound.to_string();
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return bound.to_string();
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const bool usable = (entry->ifa_flags & IFF_UP) != 0 && (entry->ifa_flags & IFF_LOOPBACK) == 0;
    if (!usable || entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    char text[INET_ADDRSTRLEN];
    const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
    if (inet_ntop(AF_INET, &address->sin_addr, text, sizeof text) != nullptr) return text;
  }
  return bound.to_string();
}

}  // namespace leafnats::net
