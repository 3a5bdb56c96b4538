// SPDX-License-Identifier: Apache-2.0
//
// A thread for slow work, so that no shard waits for it: password hashes now, keystores and host
// callbacks later. It starts with the first task: a server that needs none has none.
//
// Thread: submit() from any; stop() and the destructor from the server's owner.
#pragma once

#include "auth/authenticator.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace leafnats::net {

class Worker final : public auth::Worker {
 public:
  ~Worker() override { stop(); }

  /// Limit: limits::worker_tasks_max tasks wait at most.
  bool submit(std::function<void()> task) override;

  /// Waits for the task that runs and drops those that wait.
  void stop();

 private:
  void run();

  // The queue has producers on every shard; a task costs milliseconds, a lock nothing.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace leafnats::net
