// SPDX-License-Identifier: Apache-2.0
//
// Keeping the order while dropping from the front.

#include "broker/link_queue.hpp"

#include <utility>

namespace leafnats::broker {

void LinkQueue::push_message(std::string operation) {
  size_ += cost(operation.size());
  entries_.push_back({std::move(operation), true});
}

void LinkQueue::push_line(std::string line) {
  size_ += cost(line.size());
  line_size_ += cost(line.size());
  entries_.push_back({std::move(line), false});
}

LinkQueue::Entry LinkQueue::pop() {
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  size_ -= cost(entry.bytes.size());
  if (!entry.is_message) line_size_ -= cost(entry.bytes.size());
  return entry;
}

std::uint64_t LinkQueue::drop_oldest(std::size_t room, std::size_t bound, Outbox& out) {
  std::uint64_t dropped = 0;
  while (size_ > line_size_ && size_ + room > bound) {
    const Entry entry = pop();
    if (entry.is_message) {
      ++dropped;
    } else {
      out.append(entry.bytes);
    }
  }
  return dropped;
}

void LinkQueue::move_to(Outbox& out, std::size_t bytes) {
  while (!entries_.empty() && out.size() < bytes) out.append(pop().bytes);
}

void LinkQueue::clear() noexcept {
  entries_.clear();
  size_ = line_size_ = 0;
}

}  // namespace leafnats::broker
