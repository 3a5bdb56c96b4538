// SPDX-License-Identifier: Apache-2.0
//
// Threads for slow work, so that no shard waits for it. One starts when a task finds none idle, so
// a server that needs none has none. Password hashes get one thread: a flood of logins must not
// take more than a core. The host's callbacks and keystores get several: they wait rather than
// compute, and one that takes its time should hold up nobody else.
//
// Thread: submit() from any; stop() and the destructor from the server's owner.
#pragma once

#include "auth/authenticator.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace leafnats::net {

class Worker final : public auth::Worker {
 public:
  /// With one thread tasks run in the order they came.
  explicit Worker(std::size_t threads_max = 1) : threads_max_(threads_max) {}
  ~Worker() override { stop(); }

  /// Limit: limits::worker_tasks_max tasks wait at most.
  bool submit(std::function<void()> task) override;

  /// Waits for the tasks that run and drops those that wait.
  void stop();

 private:
  bool start_thread();
  void run();

  const std::size_t threads_max_;
  // The queue has producers on every shard; a task costs milliseconds, a lock nothing.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::size_t idle_ = 0;              // threads that wait for a task
  std::vector<std::thread> threads_;
};

}  // namespace leafnats::net
