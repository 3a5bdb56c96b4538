// SPDX-License-Identifier: Apache-2.0
//
// Latency, rate and window of a simulated wire.

#include "pipe.hpp"

#include <algorithm>
#include <cstring>

namespace leafnats::sim {

std::size_t Pipe::write(std::string_view bytes) {
  const std::size_t room = shape_.window_bytes - std::min(under_way_, shape_.window_bytes);
  const std::size_t taken = std::min(room, bytes.size());
  if (taken < bytes.size()) writer_waits_ = true;
  if (taken == 0) return 0;
  under_way_ += taken;
  scheduler_.at(arrival_time(taken),
                [this, chunk = std::string(bytes.substr(0, taken))] { arrive(chunk); });
  return taken;
}

void Pipe::finish() {
  scheduler_.at(arrival_time(1), [this] {
    if (cut_) return;
    finished_ = true;
    journal_.mix(std::uint64_t{0xf1});
    if (on_readable) on_readable();
  });
}

std::int64_t Pipe::arrival_time(std::size_t bytes) {
  const std::int64_t start = std::max(scheduler_.now(), free_at_ns_);
  free_at_ns_ =
      start + static_cast<std::int64_t>(bytes) * seconds / shape_.bytes_per_second;
  const std::int64_t jitter =
      shape_.jitter_ns == 0 ? 0 : random_.below(static_cast<std::uint32_t>(shape_.jitter_ns));
  last_arrival_ns_ = std::max(last_arrival_ns_, free_at_ns_ + shape_.latency_ns + jitter);
  return last_arrival_ns_;
}

void Pipe::arrive(const std::string& bytes) {
  if (cut_) return;
  journal_.mix(static_cast<std::uint64_t>(scheduler_.now()));
  journal_.mix(bytes);
  if (on_arrival) on_arrival(bytes);
  arrived_.append(bytes);
  if (on_readable) on_readable();
}

std::size_t Pipe::read(std::span<char> space) {
  const std::size_t size = std::min(space.size(), available());
  std::memcpy(space.data(), arrived_.data() + begin_, size);
  begin_ += size;
  if (begin_ == arrived_.size()) {
    arrived_.clear();
    begin_ = 0;
  }
  took(size);
  return size;
}

std::string Pipe::read_all() {
  std::string bytes = arrived_.substr(begin_);
  arrived_.clear();
  begin_ = 0;
  took(bytes.size());
  return bytes;
}

void Pipe::took(std::size_t bytes) {
  under_way_ -= bytes;
  if (bytes == 0 || !writer_waits_) return;
  writer_waits_ = false;
  scheduler_.after(shape_.latency_ns, [this] {
    if (!cut_ && on_writable) on_writable();
  });
}

}  // namespace leafnats::sim
