// SPDX-License-Identifier: Apache-2.0
//
// The queue of slow work.

#include "net/worker.hpp"

#include "base/limits.hpp"

#include <system_error>

namespace leafnats::net {

bool Worker::submit(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || tasks_.size() >= limits::worker_tasks_max) return false;
  tasks_.push_back(std::move(task));
  const bool wants_thread = idle_ < tasks_.size() && threads_.size() < threads_max_;
  if (wants_thread && !start_thread() && threads_.empty()) {
    tasks_.pop_back();
    return false;
  }
  changed_.notify_one();
  return true;
}

/// A system that is out of threads gives none; those that run do the work then.
bool Worker::start_thread() {
  try {
    threads_.emplace_back([this] { run(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    tasks_.clear();
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    --idle_;
    if (stopping_) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace leafnats::net
