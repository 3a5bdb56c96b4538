// SPDX-License-Identifier: Apache-2.0
//
// A message on its way through the router, and where it came from. Both are views: nothing here
// outlives the call that carries it.
#pragma once

#include "base/ids.hpp"
#include "base/slab.hpp"

#include <cstdint>
#include <string_view>

namespace leafnats::broker {

/// One published message. Invariant: two bytes CR LF lie in memory behind `body`, so that body
/// and line end are copied or referenced together.
struct Message {
  std::string_view subject;
  std::string_view reply;                 ///< empty: none
  std::string_view body;                  ///< header block, then payload
  std::string_view size_digits;           ///< body.size() in decimal, as the publisher wrote it
  std::string_view header_digits;         ///< header_size in decimal, if there is a header block
  std::uint32_t header_size = 0;          ///< 0: no header block
  const base::SlabRef* slab = nullptr;    ///< where body lies; null: it must be copied

  [[nodiscard]] std::string_view payload() const noexcept { return body.substr(header_size); }
  [[nodiscard]] std::string_view body_and_line_end() const noexcept {
    return {body.data(), body.size() + 2};
  }
};

/// A cluster name as this shard numbers it; 0 means none. Leafs of one cluster do not hear what
/// came from that cluster.
enum class ClusterId : std::uint16_t { none = 0 };

/// Which way a leaf link points. A hub tells its leafs everything; a spoke tells its hub only
/// what is its own.
enum class LeafRole : std::uint8_t {
  hub,    ///< we are the hub of this link
  spoke,  ///< we are the leaf
};

/// Who published a message. Forwarding rules are decided from it at whichever shard delivers.
struct Origin {
  enum class Kind : std::uint8_t { client, leaf };

  Kind kind = Kind::client;
  LeafRole role = LeafRole::hub;          ///< meaningful for leaf
  ClusterId cluster = ClusterId::none;    ///< meaningful for leaf
  bool forwarded = false;                 ///< came from another shard: never goes to a third
  bool rerouted = false;                  ///< a queue group's message that missed its member once
  base::ConnectionId connection;          ///< gets no copy if it is a leaf, or does not want echo
  bool imported = false;                  ///< came over a stream import: crosses no other one
  bool crossed_service = false;           ///< came over a service import, which said who asks
};

/// Answers of services and acknowledgements, to which no permission of a leaf link applies
/// (nats-server).
[[nodiscard]] inline bool always_crosses_links(std::string_view subject) noexcept {
  return subject.starts_with("_R_.") || subject.starts_with("$JS.ACK.");
}

/// How a client is shown a message. On leaf links the reply of a JetStream delivery may have the
/// subject it was really published to behind an '@': "$JS.ACK.<seven tokens>@<subject>". Links
/// and shards pass that on as it is; the last one takes it apart (nats-server).
struct Shown {
  std::string_view subject;
  std::string_view reply;
};
[[nodiscard]] inline Shown shown_to_clients(const Message& message, const Origin& origin) noexcept {
  const std::string_view reply = message.reply;
  if (origin.kind != Origin::Kind::leaf || !reply.starts_with("$JS.ACK.")) {
    return {message.subject, reply};
  }
  int dots = 0;
  for (std::size_t i = 0; i + 1 < reply.size(); ++i) {
    if (reply[i] == '.') ++dots;
    if (reply[i] == '@' && dots >= 8) return {reply.substr(i + 1), reply.substr(0, i)};
  }
  return {message.subject, reply};
}

}  // namespace leafnats::broker
