// SPDX-License-Identifier: Apache-2.0
//
// What foreign threads have told a client to do and its shard has not done yet: publications,
// whose bytes are copied one behind the other, and actions (subscribe, flush, close, ...), all in
// one order. The shard takes everything at once by swapping two buffers, so that a publication
// costs one lock and a burst one wake-up.
//
// Thread: add...() and close() from any; the rest on the shard's thread, the consumer.
// The mutex: many host threads write, they must agree on one order with the actions, and a full
// queue may make them wait. It is held for the copy of one message or the swap, and nothing is
// called under it.
#pragma once

#include <leafnats/result.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::server {

class ClientCore;

/// A message on its way out. Lifetime: its views are those of whoever made it.
struct Publication {
  std::string_view subject;
  std::string_view reply;
  std::string_view header_block;
  std::string_view payload;

  [[nodiscard]] std::size_t size() const noexcept {
    return subject.size() + reply.size() + header_block.size() + payload.size();
  }
};

/// Runs on the shard's thread; dropped without a run if the server stops.
using Action = std::function<void(ClientCore&)>;

class CommandQueue {
 public:
  /// One command for the consumer: an action, or a publication if that is null.
  struct Command {
    Publication publication;
    Action* action = nullptr;
    std::size_t cost = 0;
  };

  explicit CommandQueue(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}

  /// Appends if there is room within `wait`. The value says whether the consumer sleeps and has
  /// to be woken; that is true once. Errors: limit_exceeded, closed.
  Result<bool> add(const Publication& publication, std::chrono::milliseconds wait);
  Result<bool> add(Action action, std::size_t size, std::chrono::milliseconds wait);
  /// Appends an action that begins or ends something which the host holds anyway: not bounded, so
  /// that a full queue of publications stands in the way of none.
  Result<bool> add_unbounded(Action action);
  /// The same, and refuses everything that comes later.
  Result<bool> add_last(Action action);

  /// Refuses everything from now on and drops what no consumer has taken yet.
  void close();

  // ---- The consumer ----

  /// The oldest command; false if there is none. Good until the next call.
  bool take(Command& command);
  /// Drops what was taken over in a swap and not yet given out by take().
  void drop_taken();
  /// Tells that the consumer wants to be woken from now on; false if there is work already.
  bool sleep();

 private:
  struct Entry {
    std::uint32_t subject_size;
    std::uint32_t reply_size;
    std::uint32_t header_size;
    std::size_t payload_size;
    Action action;
  };
  struct Buffer {
    std::vector<Entry> entries;
    std::string bytes;
  };
  static constexpr std::size_t cost_of(std::size_t bytes) noexcept { return sizeof(Entry) + bytes; }

  Result<void> reserve(std::unique_lock<std::mutex>& lock, std::size_t cost,
                       std::chrono::milliseconds wait);
  bool append(Entry entry);
  void give_room();

  const std::size_t bytes_max_;

  // Guarded by mutex_:
  std::mutex mutex_;
  std::condition_variable room_;
  Buffer incoming_;
  std::size_t held_bytes_ = 0;  // cost of what is in either buffer
  std::size_t waiting_ = 0;     // threads that wait for room
  bool closed_ = false;
  bool asleep_ = true;  // Invariant: if so, incoming_ is empty

  // The consumer's:
  Buffer taken_;
  std::size_t next_entry_ = 0;
  std::size_t next_byte_ = 0;
  std::size_t done_bytes_ = 0;  // cost of what was given out and is not yet off held_bytes_
};

}  // namespace leafnats::server
