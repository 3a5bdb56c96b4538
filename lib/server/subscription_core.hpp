// SPDX-License-Identifier: Apache-2.0
//
// One subscription of an in-process client: what its handle (on any thread) and the client's core
// (on the shard's) both know. The core keeps it as long as it may get messages, the handle as
// long as the host likes.
#pragma once

#include <leafnats/message.hpp>
#include <leafnats/result.hpp>
#include <leafnats/subscription.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace leafnats::server {

class ClientCore;

class SubscriptionCore {
 public:
  /// A pull subscription if `handler` is null.
  SubscriptionCore(std::shared_ptr<ClientCore> client, std::uint64_t sid, std::string_view subject,
                   const SubscribeOptions& options, MessageHandler handler);

  [[nodiscard]] ClientCore& client() const noexcept { return *client_; }
  [[nodiscard]] std::uint64_t sid() const noexcept { return sid_; }
  [[nodiscard]] const std::string& subject() const noexcept { return subject_; }
  [[nodiscard]] const std::string& queue() const noexcept { return queue_; }
  [[nodiscard]] bool is_pull() const noexcept { return is_pull_; }

  // ---- Any thread ----

  /// False as soon as it was ended. Sequentially consistent, see CallbackGate.
  [[nodiscard]] bool active() const noexcept { return !ended_.load(); }

  /// Ends it: nothing is handled any more, what waits is discarded. True the first time: then the
  /// client's core is to forget it.
  bool end();

  /// Releases what the callback captured. Only after end(), while no callback runs.
  void release_handler() { handler_ = nullptr; }

  /// See PullSubscription.
  Result<OwnedMessage> next(std::chrono::milliseconds timeout);
  [[nodiscard]] std::size_t pending() const;
  [[nodiscard]] std::uint64_t dropped() const;

  // ---- The shard's thread ----

  [[nodiscard]] std::uint32_t max() const noexcept { return max_; }
  /// Sets the maximum; true if it is reached already.
  bool set_max(std::uint32_t max) noexcept;
  /// Counts a message that is about to be handled; true if it is the last one.
  bool count() noexcept { return ++handled_ == max_ && max_ != 0; }

  [[nodiscard]] const MessageHandler& handler() const noexcept { return handler_; }

  /// Keeps a message for next(), or drops it.
  void push(const Message& message);
  /// No more messages will come: next() hands out what waits, then answers `closed`.
  void finish();

 private:
  [[nodiscard]] static std::size_t size_of(const Message& message) noexcept;

  const std::shared_ptr<ClientCore> client_;
  const std::uint64_t sid_;
  const std::string subject_;
  const std::string queue_;
  const std::size_t pending_messages_max_;
  const std::size_t pending_bytes_max_;
  const bool is_pull_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> released_{false};  // end() was called

  // The shard's, but for release_handler():
  MessageHandler handler_;
  std::uint32_t max_;
  std::uint32_t handled_ = 0;

  // Pull: between the shard and the threads in next(). The mutex is held to move one message in
  // or out; nothing is called under it.
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<OwnedMessage> pending_;
  std::size_t pending_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool finished_ = false;
};

}  // namespace leafnats::server
