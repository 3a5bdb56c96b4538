// SPDX-License-Identifier: Apache-2.0
//
// Deadlines: order, moving, leaving, and setting them again from inside.

#include "base/random.hpp"
#include "broker/timer_queue.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;

namespace {

class Alarm final : public Timed {
 public:
  explicit Alarm(std::function<void(Alarm&, std::int64_t)> rings) : rings_(std::move(rings)) {}
  ~Alarm() override = default;
  void on_deadline(std::int64_t now_ns) override { rings_(*this, now_ns); }

 private:
  std::function<void(Alarm&, std::int64_t)> rings_;
};

}  // namespace

// What is due comes in the order of its deadlines, and once.
TEST_CASE("broker: deadlines come in order", "[broker][timer]") {
  TimerQueue queue;
  std::vector<int> rung;
  Alarm a([&](Alarm&, std::int64_t) { rung.push_back(1); });
  Alarm b([&](Alarm&, std::int64_t) { rung.push_back(2); });
  Alarm c([&](Alarm&, std::int64_t) { rung.push_back(3); });
  CHECK(queue.next() == Timed::never);
  queue.set(a, 30);
  queue.set(b, 10);
  queue.set(c, 20);
  CHECK(queue.next() == 10);
  queue.run(9);
  CHECK(rung.empty());
  queue.run(20);
  CHECK(rung == std::vector<int>{2, 3});
  CHECK(queue.next() == 30);
  queue.set(a, Timed::never);
  CHECK(queue.next() == Timed::never);
  queue.remove(a);  // it is out already
  queue.run(100);
  CHECK(rung.size() == 2);
}

// Inside a call the one who is called is out of the queue; it may come back, and take others out.
TEST_CASE("broker: deadlines set and removed while they run", "[broker][timer]") {
  TimerQueue queue;
  int rings = 0;
  Alarm victim([](Alarm&, std::int64_t) { FAIL("was removed before its time"); });
  Alarm repeating([&](Alarm& self, std::int64_t now) {
    ++rings;
    queue.remove(victim);
    if (rings < 3) queue.set(self, now);  // due again within the same run
  });
  queue.set(repeating, 5);
  queue.set(victim, 6);
  queue.run(10);
  CHECK(rings == 3);
  CHECK(queue.next() == Timed::never);
}

// The heap against a multimap, with deadlines set, moved and removed at random.
TEST_CASE("broker: the timer queue against a multimap", "[broker][timer]") {
  base::Random random(41);
  TimerQueue queue;
  std::map<const Timed*, std::int64_t> model;
  std::vector<std::unique_ptr<Alarm>> alarms;
  std::int64_t now = 0;
  std::int64_t last = 0;
  for (int i = 0; i < 200; ++i) {
    alarms.push_back(std::make_unique<Alarm>([&](Alarm& self, std::int64_t) {
      const auto known = model.find(&self);
      REQUIRE(known != model.end());
      REQUIRE(known->second <= now);
      REQUIRE(known->second >= last);
      last = known->second;
      model.erase(known);
    }));
  }
  const auto earliest = [&] {
    std::int64_t least = Timed::never;
    for (const auto& [alarm, deadline] : model) least = std::min(least, deadline);
    return least;
  };
  for (int step = 0; step < 20'000; ++step) {
    Alarm& alarm = *alarms[random.below(200)];
    switch (random.below(8)) {
      case 0:
        queue.remove(alarm);
        model.erase(&alarm);
        break;
      case 1:
        now += random.below(100);
        last = 0;
        queue.run(now);
        REQUIRE(earliest() > now);
        break;
      default: {
        const std::int64_t deadline = now + 1 + random.below(1000);
        queue.set(alarm, deadline);
        model[&alarm] = deadline;
      }
    }
    REQUIRE(queue.next() == earliest());
  }
}
