// SPDX-License-Identifier: Apache-2.0
//
// Counters of a running server, and the state of its leaf links.
#pragma once

#include <leafnats/events.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace leafnats {

/// Totals since start(), over all shards, and what is there now. Taken without stopping anything,
/// so the numbers of different shards may be a moment apart.
struct Statistics {
  std::uint64_t in_messages = 0;      ///< from clients, leafs, hubs and in-process clients
  std::uint64_t in_bytes = 0;         ///< headers and payloads of those
  std::uint64_t out_messages = 0;     ///< copies delivered
  std::uint64_t out_bytes = 0;
  std::uint64_t slow_consumers = 0;   ///< connections cut off because they did not read
  std::int64_t connections = 0;       ///< client connections open now
  std::int64_t leaf_connections = 0;  ///< leaf links open now, accepted and solicited
  std::int64_t subscriptions = 0;     ///< of clients, leaf links and in-process clients
  unsigned shards_at_work = 0;
};

/// Where a leaf link is on its way.
enum class LinkState : std::uint8_t {
  disabled,     ///< a remote that is switched off
  connecting,   ///< a remote is being dialled
  handshake,    ///< connected: TLS, INFO and CONNECT
  up,
  backing_off,  ///< waiting before the next attempt
  gave_up,      ///< a remote with `reconnect` off, after its first failure
};

/// The name of a state: "backing_off".
LEAFNATS_EXPORT std::string_view to_string(LinkState state) noexcept;

/// One direction of a leaf link since start(), over all its connections.
struct LinkTraffic {
  std::uint64_t messages = 0;
  std::uint64_t message_bytes = 0;   ///< headers and payloads of those
  std::uint64_t protocol_bytes = 0;  ///< what the protocol made of them, before compression
  std::uint64_t wire_bytes = 0;      ///< what went over the connection, after compression and TLS
};

/// How often something happened for one reason.
struct LinkCount {
  LinkReason reason = LinkReason::none;
  std::uint64_t count = 0;
};

/// Upper bounds of the buckets of LeafLinkStatus::rtt_histogram, in milliseconds; a last bucket
/// has no bound.
inline constexpr std::array<std::uint32_t, 12> rtt_buckets_ms{1,  2,   5,   10,  20,   50,
                                                              100, 200, 500, 1000, 2000, 5000};

/// A leaf link as Server::leaf_links() tells of it: every remote, up or not, and every link that
/// was accepted and is up.
struct LeafLinkStatus {
  bool solicited = false;            ///< a remote of ours; else accepted by our listener
  std::string endpoint;              ///< host:port: of the remote's URL in use, or of the peer
  std::string name;                  ///< the peer's server name, once known
  std::string cluster;               ///< what it calls its cluster
  std::string account;               ///< of ours that the link carries
  std::uint64_t connection_id = 0;   ///< of the connection now; 0: none
  LinkState state = LinkState::connecting;
  bool is_hub = false;               ///< we have the hub's part on it
  bool is_isolated = false;          ///< the peer is not told of other leafs' interest
  bool is_suspended = false;         ///< a loop was seen: it carries interest only until it falls
  std::string compression;           ///< the level in use, "off" if none

  std::uint64_t connects = 0;        ///< how often it came up
  std::vector<LinkCount> downs;      ///< attempts and links that ended, by reason
  LinkReason last_reason = LinkReason::none;  ///< of the last end
  std::string last_error;            ///< the words for it
  std::chrono::milliseconds retry_in{0};      ///< pause that began with backing_off
  std::uint32_t failures = 0;        ///< in a row, as the back-off counts them

  LinkTraffic in;
  LinkTraffic out;
  std::vector<LinkCount> drops;      ///< messages that were not sent, by reason
  std::uint64_t violations = 0;      ///< subjects of the peer that permissions refused
  std::size_t queue_bytes = 0;       ///< waiting to be written
  std::size_t queue_bytes_max = 0;   ///< the most there has been
  std::uint64_t subscriptions = 0;   ///< the peer's interest

  std::chrono::microseconds rtt{0};  ///< of the last PING; 0: not known yet
  std::array<std::uint64_t, rtt_buckets_ms.size() + 1> rtt_histogram{};
};

}  // namespace leafnats
