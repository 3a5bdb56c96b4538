// SPDX-License-Identifier: Apache-2.0
//
// The bodies of the public Client: headers become a block, blocking calls wait here.

#include <leafnats/client.hpp>

#include "server/client_completion.hpp"
#include "server/client_core.hpp"

#include <memory>
#include <utility>

namespace leafnats {

using server::Publication;
using server::Waiter;

namespace server {

Client ClientAccess::make(std::shared_ptr<ClientCore> core) {
  Client client;
  client.core_ = std::move(core);
  return client;
}

Client make_client(std::shared_ptr<net::ShardAccess> access, const ClientOptions& options,
                   broker::AccountId account) {
  if (access == nullptr) return Client();
  return ClientAccess::make(std::make_shared<ClientCore>(std::move(access), account, options));
}

}  // namespace server

namespace {

Error closed_error() { return {Errc::closed, {}}; }

/// Starts something that ends with a completion, and waits for that.
template <class Start>
Result<void> wait_for(Start&& start, std::chrono::milliseconds timeout) {
  auto waiter = std::make_shared<Waiter<void>>();
  const Result<void> started = start(std::make_shared<server::Completion<void>>(
      [waiter](const Result<void>& result) { waiter->set(result); }));
  if (!started) return started;
  return waiter->wait(timeout);
}

}  // namespace

Client::Client() noexcept = default;
Client::Client(Client&&) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
  Client ended(std::move(*this));
  core_ = std::move(other.core_);
  return *this;
}

Client::~Client() {
  if (core_ == nullptr) return;
  core_->close();
  core_->callback_is_over(0);
}

Result<void> Client::publish(std::string_view subject, std::string_view payload,
                             const Headers& headers) {
  return publish_request(subject, {}, payload, headers);
}

Result<void> Client::publish_request(std::string_view subject, std::string_view reply,
                                     std::string_view payload, const Headers& headers) {
  if (core_ == nullptr) return closed_error();
  const Result<std::string> block = headers.encode();
  if (!block) return block.error();
  return core_->publish({subject, reply, *block, payload});
}

Result<Subscription> Client::subscribe(std::string_view subject, MessageHandler handler,
                                       const SubscribeOptions& options) {
  if (core_ == nullptr) return closed_error();
  if (!handler) return Error{Errc::invalid_argument, "a subscription without a handler"};
  auto subscribed = core_->subscribe(subject, options, std::move(handler));
  if (!subscribed) return subscribed.error();
  return Subscription(*std::move(subscribed));
}

Result<PullSubscription> Client::subscribe(std::string_view subject,
                                           const SubscribeOptions& options) {
  if (core_ == nullptr) return closed_error();
  auto subscribed = core_->subscribe(subject, options, nullptr);
  if (!subscribed) return subscribed.error();
  return PullSubscription(*std::move(subscribed));
}

Result<Subscription> Client::queue_subscribe(std::string_view subject, std::string_view queue,
                                             MessageHandler handler) {
  SubscribeOptions options;
  options.queue = queue;
  return subscribe(subject, std::move(handler), options);
}

Result<PullSubscription> Client::queue_subscribe(std::string_view subject, std::string_view queue) {
  SubscribeOptions options;
  options.queue = queue;
  return subscribe(subject, options);
}

Result<OwnedMessage> Client::request(std::string_view subject, std::string_view payload,
                                     std::chrono::milliseconds timeout, const Headers& headers) {
  if (closed()) return closed_error();
  if (core_->on_shard_thread()) return Error{Errc::would_deadlock, {}};
  auto waiter = std::make_shared<Waiter<OwnedMessage>>();
  const Result<void> begun = request_async(
      subject, payload, timeout,
      [waiter](const Result<Message>& answer) {
        if (answer) {
          waiter->set(OwnedMessage(*answer));
        } else {
          waiter->set(answer.error());
        }
      },
      headers);
  if (!begun) return begun.error();
  return waiter->wait(timeout);
}

Result<void> Client::request_async(std::string_view subject, std::string_view payload,
                                   std::chrono::milliseconds timeout, AnswerHandler handler,
                                   const Headers& headers) {
  if (core_ == nullptr) return closed_error();
  if (!handler) return Error{Errc::invalid_argument, "a request without a handler"};
  const Result<std::string> block = headers.encode();
  if (!block) return block.error();
  return core_->request({subject, {}, *block, payload}, timeout, std::move(handler));
}

Result<void> Client::flush(std::chrono::milliseconds timeout) {
  if (closed()) return closed_error();
  if (core_->on_shard_thread()) return Error{Errc::would_deadlock, {}};
  return wait_for([&](server::DoneCompletion done) { return core_->flush(std::move(done)); },
                  timeout);
}

Result<void> Client::drain(std::chrono::milliseconds timeout) {
  if (closed()) return closed_error();
  if (core_->on_shard_thread()) return Error{Errc::would_deadlock, {}};
  const Result<void> drained =
      wait_for([&](server::DoneCompletion done) { return core_->drain(std::move(done)); }, timeout);
  if (!drained && drained.error().code == Errc::timeout) core_->close();
  return drained;
}

void Client::close() {
  if (core_ != nullptr) core_->close();
}

bool Client::closed() const noexcept { return core_ == nullptr || core_->closed(); }

}  // namespace leafnats
