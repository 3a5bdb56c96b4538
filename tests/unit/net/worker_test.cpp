// SPDX-License-Identifier: Apache-2.0
//
// The thread for slow work: order, its bound, and its end. No test sleeps: tasks wait for
// promises that the test keeps.

#include "base/limits.hpp"
#include "net/worker.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <future>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using namespace leafnats;
using leafnats::net::Worker;

namespace {

/// A task that says when it has begun and then waits to be let go.
class Gate {
 public:
  std::function<void()> task() {
    return [this] {
      begun_.set_value();
      open_.get_future().wait();
    };
  }
  void await_begin() { begun_.get_future().wait(); }
  void open() { open_.set_value(); }

 private:
  std::promise<void> begun_;
  std::promise<void> open_;
};

}  // namespace

// Tasks run one after the other in the order they came, on another thread.
TEST_CASE("net: a worker keeps the order", "[net]") {
  Worker worker;
  std::vector<int> order;
  std::promise<std::thread::id> done;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(worker.submit([&order, i] { order.push_back(i); }));
  }
  REQUIRE(worker.submit([&done] { done.set_value(std::this_thread::get_id()); }));
  CHECK(done.get_future().get() != std::this_thread::get_id());
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

// More than the bound may not wait; when there is room again, work is taken again.
TEST_CASE("net: a worker refuses what its queue cannot hold", "[net]") {
  Worker worker;
  Gate gate;
  std::atomic<std::size_t> ran{0};
  REQUIRE(worker.submit(gate.task()));
  gate.await_begin();  // the queue is empty now
  for (std::size_t i = 0; i < limits::worker_tasks_max; ++i) {
    REQUIRE(worker.submit([&ran] { ++ran; }));
  }
  CHECK_FALSE(worker.submit([&ran] { ran += 1'000'000; }));
  gate.open();
  // The queue drains from the front: as soon as one more fits, it is the last to run.
  std::promise<void> last;
  while (!worker.submit([&last] { last.set_value(); })) std::this_thread::yield();
  last.get_future().wait();
  CHECK(ran.load() == limits::worker_tasks_max);
}

// stop() waits for the task that runs, drops the others, and lets nothing in afterwards.
TEST_CASE("net: a stopped worker drops what waits", "[net]") {
  Worker worker;
  Gate gate;
  auto kept_alive = std::make_shared<int>(0);
  bool ran = false;
  REQUIRE(worker.submit(gate.task()));
  gate.await_begin();
  REQUIRE(worker.submit([&ran, kept_alive] { ran = true; }));
  std::thread stopper([&worker] { worker.stop(); });
  // The queue is emptied at once, although the running task still waits.
  while (kept_alive.use_count() > 1) std::this_thread::yield();
  gate.open();
  stopper.join();
  CHECK_FALSE(ran);
  CHECK_FALSE(worker.submit([] {}));
  worker.stop();
}

// With several threads a task that waits holds up no other; there are no more than were asked for.
TEST_CASE("net: a worker with two threads", "[net]") {
  Worker worker(2);
  Gate first;
  Gate second;
  REQUIRE(worker.submit(first.task()));
  REQUIRE(worker.submit(second.task()));
  first.await_begin();
  second.await_begin();  // both run
  std::atomic<bool> ran = false;
  std::promise<void> third;
  REQUIRE(worker.submit([&] {
    ran = true;
    third.set_value();
  }));
  CHECK_FALSE(ran);
  second.open();
  third.get_future().wait();
  first.open();
}

// A worker that was given nothing ends like any other.
TEST_CASE("net: a worker without work", "[net]") {
  Worker worker;
  worker.stop();
  CHECK_FALSE(worker.submit([] {}));
}
