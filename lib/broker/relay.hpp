// SPDX-License-Identifier: Apache-2.0
//
// Somebody who gets one copy of a message for many subscriptions and passes it on: a leaf link
// or another shard. While a message is routed, a relay collects what the copy is for: plain
// interest, and the queue groups that this relay was chosen to serve.
//
// Thread: its shard's; the collection is empty between two messages.
#pragma once

#include "broker/session.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace leafnats::broker {

/// Which members of a queue group come first: clients of this server before leaf links.
enum class QueueTier : std::uint8_t { client, leaf };

/// What one copy of a message is for.
struct RelayTarget {
  Subscriber* relay = nullptr;
  bool plain = false;
  std::vector<std::string_view> queues;  ///< queue groups that the relay was chosen to serve
  std::vector<QueueTier> tiers;          ///< of each; meaningful between shards
};

/// A queue group that another shard chose a member of this one for.
struct QueuePick {
  std::string_view queue;
  QueueTier tier = QueueTier::client;
};

}  // namespace leafnats::broker
