// SPDX-License-Identifier: Apache-2.0
//
// The bodies of the public Subscription and PullSubscription.

#include <leafnats/subscription.hpp>

#include "server/client_core.hpp"
#include "server/subscription_core.hpp"

#include <utility>

namespace leafnats {

Subscription::Subscription() noexcept = default;
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription::Subscription(std::shared_ptr<server::SubscriptionCore> core) noexcept
    : core_(std::move(core)) {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  Subscription ended(std::move(*this));
  core_ = std::move(other.core_);
  return *this;
}

Subscription::~Subscription() {
  if (core_ == nullptr) return;
  (void)core_->client().unsubscribe(*core_);
  // Within the callback itself what it captured lasts until it returns.
  if (core_->client().callback_is_over(core_->sid())) core_->release_handler();
}

std::string Subscription::subject() const {
  return core_ == nullptr ? std::string() : core_->subject();
}

bool Subscription::active() const noexcept {
  return core_ != nullptr && core_->active() && !core_->client().closed();
}

Result<void> Subscription::unsubscribe() {
  if (core_ == nullptr) return Error{Errc::closed, {}};
  return core_->client().unsubscribe(*core_);
}

Result<void> Subscription::unsubscribe_after(std::uint32_t messages) {
  if (core_ == nullptr) return Error{Errc::closed, {}};
  return core_->client().unsubscribe_after(core_, messages);
}

void Subscription::detach() noexcept { core_ = nullptr; }

Result<OwnedMessage> PullSubscription::next(std::chrono::milliseconds timeout) {
  if (core_ == nullptr) return Error{Errc::closed, {}};
  return core_->next(timeout);
}

std::size_t PullSubscription::pending() const { return core_ == nullptr ? 0 : core_->pending(); }

std::uint64_t PullSubscription::dropped() const { return core_ == nullptr ? 0 : core_->dropped(); }

}  // namespace leafnats
