// SPDX-License-Identifier: Apache-2.0
//
// The end of a subscription, and the queue of a pull subscription.

#include "server/subscription_core.hpp"

#include "server/client_completion.hpp"
#include "server/client_core.hpp"

#include <utility>

namespace leafnats::server {

SubscriptionCore::SubscriptionCore(std::shared_ptr<ClientCore> client, std::uint64_t sid,
                                   std::string_view subject, const SubscribeOptions& options,
                                   MessageHandler handler)
    : client_(std::move(client)),
      sid_(sid),
      subject_(subject),
      queue_(options.queue),
      pending_messages_max_(options.pending_messages_max),
      pending_bytes_max_(options.pending_bytes_max),
      is_pull_(handler == nullptr),
      handler_(std::move(handler)),
      max_(options.max_messages) {}

bool SubscriptionCore::end() {
  ended_.store(true);
  std::deque<OwnedMessage> discarded;  // ends outside the lock
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    pending_bytes_ = 0;
    pending_.swap(discarded);
  }
  arrived_.notify_all();
  return !released_.exchange(true);
}

void SubscriptionCore::finish() {
  ended_.store(true);
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  arrived_.notify_all();
}

bool SubscriptionCore::set_max(std::uint32_t max) noexcept {
  max_ = max;
  return handled_ >= max;
}

std::size_t SubscriptionCore::size_of(const Message& message) noexcept {
  return message.subject().size() + message.reply().size() + message.header_block().size() +
         message.payload().size();
}

void SubscriptionCore::push(const Message& message) {
  const std::size_t size = size_of(message);
  {
    const std::lock_guard lock(mutex_);
    if (pending_.size() >= pending_messages_max_ || size > pending_bytes_max_ - pending_bytes_) {
      ++dropped_;
      return;
    }
  }
  // Copied outside the lock: only this thread adds, so there is still room afterwards.
  OwnedMessage copy(message);
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    pending_.push_back(std::move(copy));
    pending_bytes_ += size;
  }
  arrived_.notify_one();
}

// A closed client answers at once, also while its shard has not come to end() yet.
Result<OwnedMessage> SubscriptionCore::next(std::chrono::milliseconds timeout) {
  if (client_->closed()) return Error{Errc::closed, {}};
  if (timeout.count() > 0 && client_->on_shard_thread()) return Error{Errc::would_deadlock, {}};
  std::unique_lock lock(mutex_);
  const bool ready = arrived_.wait_for(lock, bounded_timeout(timeout),
                                       [&] { return finished_ || !pending_.empty(); });
  if (pending_.empty()) return Error{ready ? Errc::closed : Errc::timeout, {}};
  OwnedMessage message = std::move(pending_.front());
  pending_.pop_front();
  pending_bytes_ -= size_of(message);
  const bool emptied = pending_.empty();
  lock.unlock();
  if (emptied) client_->on_pull_emptied();
  return message;
}

std::size_t SubscriptionCore::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_.size();
}

std::uint64_t SubscriptionCore::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace leafnats::server
