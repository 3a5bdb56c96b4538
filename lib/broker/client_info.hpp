// SPDX-License-Identifier: Apache-2.0
//
// Who sent a request that crosses into another account, as the service over there is told: a
// JSON object in the header Nats-Request-Info. Keys and types are nats-server's (ClientInfo).
//
// Thread: the shard's.
#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class Account;
class Shard;

inline constexpr std::string_view request_info_header = "Nats-Request-Info";

/// Empty fields are left out. No field is ever a secret.
struct ClientInfo {
  std::string start;        ///< RFC 3339
  std::string host;
  std::uint64_t id = 0;
  std::string account;
  std::string service;      ///< the account of the import before this one
  std::string user;
  std::string name;
  std::string lang;
  std::string version;
  std::int64_t rtt_ns = 0;
  std::string server;
  std::string cluster;
  std::string issuer_key;
  std::string name_tag;
  std::vector<std::string> tags;
  std::string kind;         ///< "Client", "Leafnode"
  std::string client_type;  ///< "nats", "websocket"
};

[[nodiscard]] std::string to_json(const ClientInfo& info);

/// How much of it is told.
struct Disclosure {
  bool everything;          ///< the import shares it
  bool server;              ///< the system account always learns which server and cluster
};
/// Of the connection that publishes to `account` now.
[[nodiscard]] std::string client_info(Shard& shard, base::ConnectionId connection,
                                      const Account& account, Disclosure disclosure);

/// What an import before this one wrote into the header block, marked as come through `account`.
[[nodiscard]] std::string forwarded_client_info(Shard& shard, std::string_view block,
                                                const Account& account);

}  // namespace leafnats::broker
