// SPDX-License-Identifier: Apache-2.0
//
// The queue of a leaf link: order, what is dropped and what is not, and its size.

#include "broker/link_queue.hpp"

#include "base/slab.hpp"

#include "support/catch.hpp"

#include <array>
#include <string>

using namespace leafnats;
using namespace leafnats::broker;

namespace {

std::string text_of(Outbox& out) {
  std::string text;
  while (!out.empty()) {
    std::array<Outbox::Range, 8> ranges;
    const std::size_t count = out.gather(ranges);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      text.append(ranges[i].data, ranges[i].size);
      bytes += ranges[i].size;
    }
    out.consume(bytes);
  }
  return text;
}

}  // namespace

// What is not dropped comes out as it went in, and size() returns to nothing.
TEST_CASE("broker: a link's queue keeps the order", "[broker][leaf][queue]") {
  base::SlabPool pool;
  Outbox out(pool);
  LinkQueue queue;
  CHECK(queue.empty());
  for (int i = 0; i < 10; ++i) {
    if (i % 3 == 0) {
      queue.push_line("l" + std::to_string(i) + " ");
    } else {
      queue.push_message("m" + std::to_string(i) + " ");
    }
  }
  CHECK(queue.size() == 10 * LinkQueue::cost(3));
  CHECK(queue.line_size() == 4 * LinkQueue::cost(3));
  queue.move_to(out, 10);
  CHECK(text_of(out) == "l0 m1 m2 l3 ");
  queue.move_to(out, 1000);
  CHECK(text_of(out) == "m4 m5 l6 m7 m8 l9 ");
  CHECK(queue.size() == 0);
  CHECK(queue.line_size() == 0);
  CHECK(queue.empty());
}

// Messages go from the front; a line that stood before one goes out, as nothing is before it now.
TEST_CASE("broker: a link's queue drops messages only", "[broker][leaf][queue]") {
  base::SlabPool pool;
  Outbox out(pool);
  LinkQueue queue;
  queue.push_message("m1 ");
  queue.push_line("l2 ");
  queue.push_message("m3 ");
  queue.push_message("m4 ");
  queue.push_line("l5 ");
  const std::size_t bound = queue.size();
  CHECK(queue.drop_oldest(0, bound, out) == 0);
  CHECK(queue.drop_oldest(1, bound, out) == 1);
  CHECK(text_of(out).empty());
  // A line that leaves makes room as well.
  CHECK(queue.drop_oldest(LinkQueue::cost(3) + 1, bound, out) == 0);
  CHECK(text_of(out) == "l2 ");
  // More room than messages can make: the lines stay.
  CHECK(queue.drop_oldest(bound, bound, out) == 2);
  CHECK(queue.size() == queue.line_size());
  CHECK(queue.drop_oldest(bound, bound, out) == 0);
  queue.move_to(out, 1000);
  CHECK(text_of(out) == "l5 ");
}
