// SPDX-License-Identifier: Apache-2.0
//
// Connections and subscriptions as monitoring tells of them: copies, taken on their shard and
// carried to whoever asked. What is a secret is not in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

/// Messages and their bytes, headers included. "In" is what we took from a peer.
struct Traffic {
  std::uint64_t in_messages = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_messages = 0;
  std::uint64_t out_bytes = 0;

  void count_in(std::size_t bytes) noexcept {
    in_messages += 1;
    in_bytes += bytes;
  }
  void count_out(std::size_t bytes) noexcept {
    out_messages += 1;
    out_bytes += bytes;
  }
  Traffic& operator+=(const Traffic& other) noexcept {
    in_messages += other.in_messages;
    in_bytes += other.in_bytes;
    out_messages += other.out_messages;
    out_bytes += other.out_bytes;
    return *this;
  }
};

/// A subscription, as a visitor sees it. Lifetime: the visit.
struct SubscriptionView {
  std::string_view subject;
  std::string_view queue;
  std::string_view sid;         ///< empty on leaf links, which have none
  std::uint64_t delivered = 0;
  std::uint64_t max = 0;        ///< 0: no limit
};

/// A client or leaf link. Times are of the shard's clock, in nanoseconds.
struct ConnectionDescription {
  std::uint64_t id = 0;
  bool is_leaf = false;
  bool over_websocket = false;
  std::string ip;
  int port = 0;
  std::int64_t start_ns = 0;
  std::int64_t last_activity_ns = 0;
  std::int64_t rtt_ns = 0;      ///< 0: not known yet
  std::size_t pending_bytes = 0;
  std::size_t subscriptions = 0;
  Traffic traffic;
  std::string name;
  std::string lang;
  std::string version;
  std::string user;
  std::string issuer_key;       ///< of a login by JWT
  std::vector<std::string> tags;
  std::string account;          ///< "$G" before the login, as nats-server says
  std::string tls_version;      ///< "1.3"; empty: no TLS
  std::string tls_cipher;
  std::string certificate_subject;     ///< of a client certificate; empty: none
  std::string certificate_key_sha256;

  /// Leaf links.
  bool is_spoke = false;
  bool is_isolated = false;
  std::string compression;
};

}  // namespace leafnats::broker
