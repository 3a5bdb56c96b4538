// SPDX-License-Identifier: Apache-2.0
//
// What Client::subscribe() returns: a handle that ends its subscription when it goes out of
// scope. One form has a callback, the other is asked for messages.
#pragma once

#include <leafnats/export.hpp>
#include <leafnats/message.hpp>
#include <leafnats/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace leafnats {

namespace server {
class SubscriptionCore;
}

/// Takes the messages of a subscription, in order. Runs on a thread of the server, where
/// everything else waits meanwhile: it must not block and must not throw. It may publish,
/// subscribe, unsubscribe and close; the blocking calls answer Errc::would_deadlock there.
using MessageHandler = std::function<void(const Message& message)>;

struct SubscribeOptions {
  std::string queue = {};          ///< share the messages with others in this queue group
  std::uint32_t max_messages = 0;  ///< ends by itself after so many; 0: never

  /// Limit: what a pull subscription holds for next(). A message that does not fit is dropped and
  /// counted. The defaults are those of other NATS clients.
  std::size_t pending_messages_max = 65'536;
  std::size_t pending_bytes_max = 64 * 1024 * 1024;
};

/// A subscription with a callback, and what both forms have in common. Not copied, only moved.
/// Thread: any; one handle must not be moved or destroyed while another thread uses it.
class LEAFNATS_EXPORT Subscription {
 public:
  /// No subscription; every call answers Errc::closed.
  Subscription() noexcept;
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;

  /// Unsubscribes. When it returns, the callback does not run and will not run again, and what it
  /// captured is released: on a foreign thread it waits for a call that is just under way. So do
  /// not hold a lock here that the callback takes. Within the callback itself it does not wait.
  ~Subscription();

  /// What was subscribed to; empty for no subscription.
  [[nodiscard]] std::string subject() const;

  /// False once it was ended by a call, by max_messages, or with its client or server.
  [[nodiscard]] bool active() const noexcept;

  /// Ends it: no callback begins any more (one may be under way on the server's thread), and what
  /// was not handled yet is discarded. Does not block. Errors: closed if it had ended before.
  Result<void> unsubscribe();

  /// Ends it by itself after `messages` in all, counted from its beginning; at once if there were
  /// as many already. 0 is invalid_argument; closed if it had ended before.
  Result<void> unsubscribe_after(std::uint32_t messages);

  /// Lets go without unsubscribing: it lives on until its maximum, or as long as its client.
  void detach() noexcept;

 protected:
  friend class Client;
  explicit Subscription(std::shared_ptr<server::SubscriptionCore> core) noexcept;
  std::shared_ptr<server::SubscriptionCore> core_;
};

/// A subscription whose messages wait until they are asked for. Several threads may ask: each
/// message goes to one of them.
class LEAFNATS_EXPORT PullSubscription : public Subscription {
 public:
  using Subscription::Subscription;

  /// There would be nobody to ask for its messages.
  void detach() = delete;

  /// The oldest message that waits, or the first that comes within `timeout`; zero only looks.
  /// Errors: timeout; closed after unsubscribe(), after close(), and when all was handed out
  /// after max_messages or while draining; would_deadlock for a `timeout` above zero on the
  /// server's own thread.
  Result<OwnedMessage> next(std::chrono::milliseconds timeout);

  /// Messages that wait now, and those that were dropped because too many did.
  [[nodiscard]] std::size_t pending() const;
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  friend class Client;
};

}  // namespace leafnats
