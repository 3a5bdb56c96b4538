// SPDX-License-Identifier: Apache-2.0
//
// A way from one account into another on the same shard: for a stream import, a service import,
// or the answers of a service. In the index of the account that messages come from it has
// entries, like a client; what matches is collected as for any relay and crosses when the
// message's own routing is over, so that no account is routed in while it is routed in already.
//
// Thread: its shard's.
#pragma once

#include "broker/interest_ledger.hpp"
#include "broker/message.hpp"
#include "broker/relay.hpp"
#include "broker/session.hpp"
#include "broker/subscription.hpp"

#include <string>

namespace leafnats::broker {

/// A message on its way over a bridge.
struct Crossing {
  const Message& message;
  const Origin& origin;
  const RelayTarget& target;
};

/// Text that a message refers to after it has crossed. It lives until the message that was
/// published first is done with.
struct Luggage {
  std::string subject;
  std::string reply;
  std::string body;  ///< with its line end, where the header block had to change
  std::string size_digits;
  std::string header_digits;
};

class Bridge : public Subscriber {
 public:
  virtual ~Bridge() = default;

  /// Whether a message of this origin crosses at all; asked for each match.
  [[nodiscard]] virtual bool takes(const Origin& origin) const noexcept = 0;

  /// Publishes the message over there. False if nobody was found; what crosses further is found
  /// by the crossings that follow.
  virtual bool cross(const Crossing& crossing, Luggage& luggage) = 0;

 protected:
  Bridge() noexcept : Subscriber(SubscriberKind::bridge, {}) {}
};

/// A bridge's entry in the index that it takes messages from.
struct BridgeSubscription : Subscription {
  BridgeSubscription(Subscriber& bridge, LedgerSource counted_as,
                     InterestClass stands_for) noexcept
      : Subscription(bridge), source(counted_as), interest_class(stands_for) {}
  LedgerSource source;
  InterestClass interest_class;
};

}  // namespace leafnats::broker
