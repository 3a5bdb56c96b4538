// SPDX-License-Identifier: Apache-2.0
//
// Two buffers: host threads fill one while the shard empties the other.

#include "server/client_queue.hpp"

#include "server/client_completion.hpp"
#include "server/client_limits.hpp"

#include <utility>

namespace leafnats::server {

Result<void> CommandQueue::reserve(std::unique_lock<std::mutex>& lock, std::size_t cost,
                                   std::chrono::milliseconds wait) {
  // A single command always fits an empty queue: it was checked against max_payload before.
  const auto fits = [&] { return held_bytes_ == 0 || held_bytes_ + cost <= bytes_max_; };
  if (!closed_ && !fits() && wait.count() > 0) {
    ++waiting_;
    room_.wait_for(lock, bounded_timeout(wait), [&] { return closed_ || fits(); });
    --waiting_;
  }
  if (closed_) return Error{Errc::closed, {}};
  if (!fits()) return Error{Errc::limit_exceeded, {}};
  return {};
}

bool CommandQueue::append(Entry entry) {
  incoming_.entries.push_back(std::move(entry));
  return std::exchange(asleep_, false);
}

Result<bool> CommandQueue::add(const Publication& publication, std::chrono::milliseconds wait) {
  const std::size_t cost = cost_of(publication.size());
  std::unique_lock lock(mutex_);
  if (auto room = reserve(lock, cost, wait); !room) return std::move(room).error();
  held_bytes_ += cost;
  incoming_.bytes.append(publication.subject)
      .append(publication.reply)
      .append(publication.header_block)
      .append(publication.payload);
  return append({static_cast<std::uint32_t>(publication.subject.size()),
                 static_cast<std::uint32_t>(publication.reply.size()),
                 static_cast<std::uint32_t>(publication.header_block.size()),
                 publication.payload.size(), nullptr});
}

Result<bool> CommandQueue::add(Action action, std::size_t size, std::chrono::milliseconds wait) {
  // The bytes are the action's own, but they count here.
  const std::size_t cost = cost_of(size);
  std::unique_lock lock(mutex_);
  if (auto room = reserve(lock, cost, wait); !room) return std::move(room).error();
  held_bytes_ += cost;
  return append({0, 0, 0, size, std::move(action)});
}

Result<bool> CommandQueue::add_unbounded(Action action) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Error{Errc::closed, {}};
  held_bytes_ += cost_of(0);
  return append({0, 0, 0, 0, std::move(action)});
}

Result<bool> CommandQueue::add_last(Action action) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return Error{Errc::closed, {}};
    held_bytes_ += cost_of(0);
    wake = append({0, 0, 0, 0, std::move(action)});
  }
  room_.notify_all();
  return wake;
}

void CommandQueue::close() {
  Buffer dropped;  // ends outside the lock: its actions may call back
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    std::swap(dropped, incoming_);
  }
  room_.notify_all();
}

bool CommandQueue::take(Command& command) {
  if (next_entry_ == taken_.entries.size()) {
    taken_.entries.clear();
    taken_.bytes.clear();
    next_entry_ = 0;
    next_byte_ = 0;
    const std::lock_guard lock(mutex_);
    give_room();
    if (incoming_.entries.empty()) return false;
    std::swap(taken_, incoming_);
  }
  Entry& entry = taken_.entries[next_entry_++];
  command = {};
  command.cost = cost_of(entry.payload_size);
  if (entry.action) {
    command.action = &entry.action;
  } else {
    const auto piece = [&](std::size_t size) {
      const std::string_view taken = std::string_view(taken_.bytes).substr(next_byte_, size);
      next_byte_ += size;
      return taken;
    };
    command.publication.subject = piece(entry.subject_size);
    command.publication.reply = piece(entry.reply_size);
    command.publication.header_block = piece(entry.header_size);
    command.publication.payload = piece(entry.payload_size);
    command.cost = cost_of(command.publication.size());
  }
  done_bytes_ += command.cost;
  return true;
}

void CommandQueue::drop_taken() {
  const Buffer dropped = std::exchange(taken_, {});
  next_entry_ = 0;
  next_byte_ = 0;
}

bool CommandQueue::sleep() {
  if (taken_.bytes.capacity() > limits::client_queue_bytes_kept &&
      next_entry_ == taken_.entries.size()) {
    drop_taken();
  }
  const std::lock_guard lock(mutex_);
  give_room();
  if (next_entry_ < taken_.entries.size() || !incoming_.entries.empty()) return false;
  asleep_ = true;
  return true;
}

// Room is given in batches: the consumer takes the lock for the swap anyway.
void CommandQueue::give_room() {
  held_bytes_ -= std::exchange(done_bytes_, 0);
  if (waiting_ > 0) room_.notify_all();
}

}  // namespace leafnats::server
