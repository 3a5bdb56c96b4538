// SPDX-License-Identifier: Apache-2.0
//
// The bounded queue between two shards: order, the bound, and who is woken when.

#include "broker/mailbox.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

using namespace leafnats;
using namespace leafnats::broker;

namespace {

std::unique_ptr<Batch> batch(std::uint64_t number) {
  auto made = std::make_unique<Batch>();
  made->records = std::to_string(number);
  made->last_record = number;
  return made;
}

}  // namespace

// First in, first out, up to the bound; a batch that does not fit stays with its owner.
TEST_CASE("broker: a mailbox is a bounded queue", "[broker][mailbox]") {
  Mailbox mailbox;
  bool wake = false;
  CHECK(mailbox.pop(wake) == nullptr);
  for (std::uint64_t i = 1; i <= limits::mailbox_batches_max; ++i) {
    auto next = batch(i);
    REQUIRE(mailbox.push(next));
    CHECK(next == nullptr);
  }
  CHECK_FALSE(wake);
  auto extra = batch(99);
  CHECK_FALSE(mailbox.push(extra));
  REQUIRE(extra != nullptr);

  // Only a producer that was turned away is woken, and once.
  CHECK(mailbox.pop(wake)->last_record == 1);
  CHECK(wake);
  wake = false;
  CHECK(mailbox.pop(wake)->last_record == 2);
  CHECK_FALSE(wake);
  CHECK(mailbox.push(extra));
  for (std::uint64_t i = 3; i <= limits::mailbox_batches_max; ++i) {
    CHECK(mailbox.pop(wake)->last_record == i);
  }
  CHECK(mailbox.pop(wake)->last_record == 99);
  CHECK(mailbox.pop(wake) == nullptr);
  CHECK_FALSE(wake);
}

// The consumer tells how far it is; the producer is woken if it has asked.
TEST_CASE("broker: acknowledgements of a mailbox", "[broker][mailbox]") {
  Mailbox mailbox;
  CHECK(mailbox.applied() == 0);
  CHECK_FALSE(mailbox.acknowledge(5));
  CHECK(mailbox.applied() == 5);
  CHECK(mailbox.await_acknowledgement() == 5);
  CHECK(mailbox.acknowledge(9));
  CHECK_FALSE(mailbox.acknowledge(10));
  CHECK(mailbox.await_acknowledgement() == 10);
}

// A batch that nobody took is freed with the mailbox, and with it the slabs it refers to.
TEST_CASE("broker: a mailbox frees what is left in it", "[broker][mailbox]") {
  base::SlabRef slab = base::SlabPool::take_exact(10);
  {
    Mailbox mailbox;
    auto last = batch(1);
    last->slabs.push_back(slab);
    REQUIRE(mailbox.push(last));
    CHECK_FALSE(slab.unique());
  }
  CHECK(slab.unique());
}

// Two threads that sleep exactly as long as the flags allow: a lost wake-up would hang here, a
// lost or torn batch would be seen.
TEST_CASE("broker: a mailbox between two threads", "[broker][mailbox]") {
  constexpr std::uint64_t batches = 20'000;
  Mailbox mailbox;
  std::atomic<int> producer_woken{0};
  std::atomic<int> consumer_woken{0};
  const auto wake = [](std::atomic<int>& flag) {
    flag.store(1);
    flag.notify_one();
  };
  const auto sleep = [](std::atomic<int>& flag) {
    flag.wait(0);
    flag.store(0);
  };
  std::thread producer([&] {
    for (std::uint64_t i = 1; i <= batches; ++i) {
      auto next = batch(i);
      while (!mailbox.push(next)) sleep(producer_woken);
      wake(consumer_woken);
    }
    while (mailbox.await_acknowledgement() < batches) sleep(producer_woken);
  });
  std::uint64_t expected = 1;
  bool in_order = true;
  while (expected <= batches) {
    bool wake_producer = false;
    const auto next = mailbox.pop(wake_producer);
    if (next == nullptr) {
      sleep(consumer_woken);
      continue;
    }
    in_order &= next->last_record == expected && next->records == std::to_string(expected);
    if (mailbox.acknowledge(next->last_record)) wake_producer = true;
    ++expected;
    if (wake_producer) wake(producer_woken);
  }
  producer.join();
  CHECK(in_order);
  CHECK(mailbox.applied() == batches);
}
