// SPDX-License-Identifier: Apache-2.0
//
// What waits for a leaf link that takes less than comes. The outbox in front of it holds the
// bytes that may be half written; from there on whole operations queue here, so that one can be
// dropped without harm to the stream. Only messages are dropped, never lines (interest, PONG):
// the other side would not know what is true any more. A line keeps its place among messages.
//
// Bound: its owner's; size() counts what an entry costs, not just its bytes.
// Thread: its shard's.
#pragma once

#include "broker/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace leafnats::broker {

class LinkQueue {
 public:
  /// What a message or line of so many bytes adds to size().
  [[nodiscard]] static constexpr std::size_t cost(std::size_t bytes) noexcept {
    return bytes + entry_bytes;
  }

  void push_message(std::string operation);
  void push_line(std::string line);

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The part of size() that cannot be dropped.
  [[nodiscard]] std::size_t line_size() const noexcept { return line_size_; }

  /// Drops the oldest messages until `room` is free below `bound`, or there is none left; returns
  /// how many. Lines that stood before what was dropped go to `out`: their turn has come.
  std::uint64_t drop_oldest(std::size_t room, std::size_t bound, Outbox& out);

  /// Moves operations to `out` until it has `bytes` or more.
  void move_to(Outbox& out, std::size_t bytes);

  void clear() noexcept;

 private:
  // A string, its place in the queue, and what the allocator adds.
  static constexpr std::size_t entry_bytes = 64;

  struct Entry {
    std::string bytes;
    bool is_message;
  };

  Entry pop();

  std::deque<Entry> entries_;
  std::size_t size_ = 0;
  std::size_t line_size_ = 0;
};

}  // namespace leafnats::broker
