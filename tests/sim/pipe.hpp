// SPDX-License-Identifier: Apache-2.0
//
// One direction of a simulated connection: bytes arrive in order, late, at a limited rate, and
// only so many may be under way. A writer that fills the window is told when there is room.
//
// Lifetime: a pipe lives as long as its world; events of a pipe that was cut do nothing.
#pragma once

#include "base/random.hpp"
#include "journal.hpp"
#include "scheduler.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace leafnats::sim {

class Pipe {
 public:
  struct Shape {
    std::int64_t latency_ns = 100 * us;
    std::int64_t jitter_ns = 0;
    std::int64_t bytes_per_second = 100'000'000;
    std::size_t window_bytes = 64 * 1024;
  };

  Pipe(Scheduler& scheduler, Journal& journal, base::Random& random, const Shape& shape) noexcept
      : scheduler_(scheduler), journal_(journal), random_(random), shape_(shape) {}
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // ---- The writer ----

  /// Takes as many of `bytes` as the window has room for. After a short write on_writable comes.
  std::size_t write(std::string_view bytes);
  /// No more bytes will follow.
  void finish();

  // ---- The reader ----

  [[nodiscard]] std::size_t available() const noexcept { return arrived_.size() - begin_; }
  /// Everything was read and no more will come.
  [[nodiscard]] bool at_end() const noexcept { return finished_ && available() == 0; }
  std::size_t read(std::span<char> space);
  std::string read_all();

  // ---- The world ----

  /// The wire is cut: what is under way is lost, and nobody is told.
  void cut() noexcept { cut_ = true; }
  [[nodiscard]] bool is_cut() const noexcept { return cut_; }
  [[nodiscard]] bool idle() const noexcept { return cut_ || under_way_ == 0; }

  std::function<void()> on_readable;                  ///< bytes, or the end, have arrived
  std::function<void()> on_writable;
  std::function<void(std::string_view)> on_arrival;   ///< a tap: sees bytes as they arrive

 private:
  void arrive(const std::string& bytes);
  void took(std::size_t bytes);
  std::int64_t arrival_time(std::size_t bytes);

  Scheduler& scheduler_;
  Journal& journal_;
  base::Random& random_;
  const Shape shape_;
  std::string arrived_;
  std::size_t begin_ = 0;
  std::size_t under_way_ = 0;      // written and not read yet
  std::int64_t free_at_ns_ = 0;    // when the wire has sent what was written
  std::int64_t last_arrival_ns_ = 0;
  bool writer_waits_ = false;
  bool finished_ = false;
  bool cut_ = false;
};

}  // namespace leafnats::sim
