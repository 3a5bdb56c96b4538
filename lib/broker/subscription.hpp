// SPDX-License-Identifier: Apache-2.0
//
// Entries of the subject index, one type for each kind of subscriber. They are counted in
// hundreds of thousands, so each holds only what delivery needs.
#pragma once

#include "broker/message.hpp"
#include "broker/session.hpp"
#include "subject/index.hpp"

#include <cstdint>
#include <string>

namespace leafnats::broker {

class ClientSession;

/// Where interest comes from, as far as the rules for telling others depend on it.
struct InterestClass {
  enum class Kind : std::uint8_t { client, leaf };
  Kind kind = Kind::client;
  LeafRole role = LeafRole::hub;        ///< of the link that brought it; meaningful for leaf
  ClusterId cluster = ClusterId::none;  ///< meaningful for leaf

  bool operator==(const InterestClass&) const = default;
};

struct Subscription : subject::Interest {
  explicit Subscription(Subscriber& subscriber) noexcept : owner(&subscriber) {}
  Subscriber* owner;
};

/// A client's SUB, or an in-process subscription. The sid bytes follow the struct in the same
/// allocation; see SidTable, which makes and frees these.
struct ClientSubscription : Subscription {
  using Subscription::Subscription;
  std::uint32_t max = 0;                ///< auto-unsubscribe after so many; 0: never
  std::uint32_t delivered = 0;
  std::uint16_t sid_size = 0;
  bool filtered = false;                ///< a deny crosses it: ask the permissions each time
  bool finished = false;                ///< max reached: leaves the index when routing is over

  [[nodiscard]] std::string_view sid() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), sid_size};
  }
};

/// A leaf link's LS+.
struct LeafSubscription : Subscription {
  using Subscription::Subscription;
};

/// Interest of another shard, of one class.
struct PeerSubscription : Subscription {
  PeerSubscription(Subscriber& subscriber, InterestClass source) noexcept
      : Subscription(subscriber), interest_class(source) {}
  InterestClass interest_class;
};

}  // namespace leafnats::broker
