// SPDX-License-Identifier: Apache-2.0
//
// How the outcome of something that another thread does comes back: a Completion calls its
// callback exactly once, whatever becomes of the server meanwhile; a Waiter is such a callback
// for a thread that blocks.
#pragma once

#include "server/client_limits.hpp"

#include <leafnats/result.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace leafnats::server {

/// Owes somebody a result. Dropped without one, for example in the queue of a server that has
/// stopped, it tells Errc::closed; so no path can forget it.
template <class T>
class Completion {
 public:
  using Callback = std::function<void(const Result<T>&)>;

  explicit Completion(Callback callback) : callback_(std::move(callback)) {}
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
  ~Completion() { finish(Error{Errc::closed, {}}); }

  /// The first result counts.
  void finish(const Result<T>& result) {
    if (const Callback callback = std::exchange(callback_, nullptr)) callback(result);
  }

  /// Owes nothing any more: whoever made it reports the outcome in another way.
  void cancel() { callback_ = nullptr; }

 private:
  Callback callback_;
};

inline std::chrono::milliseconds bounded_timeout(std::chrono::milliseconds timeout) {
  return std::clamp(timeout, std::chrono::milliseconds(0), limits::client_timeout_max);
}

/// Where one thread waits for a result that another one sets. Shared by the two, because the
/// waiting one may give up first. The mutex guards this one value, and nothing is called under it.
template <class T>
class Waiter {
 public:
  void set(Result<T> result) {
    {
      const std::lock_guard lock(mutex_);
      if (!result_) result_ = std::move(result);
    }
    arrived_.notify_one();
  }

  Result<T> wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, bounded_timeout(timeout), [&] { return result_.has_value(); })) {
      return Error{Errc::timeout, {}};
    }
    return std::move(*result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Result<T>> result_;
};

}  // namespace leafnats::server
