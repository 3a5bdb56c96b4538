// SPDX-License-Identifier: Apache-2.0
//
// permessage-deflate (RFC 7692) with no_context_takeover both ways: each message is a raw deflate
// stream of its own without its last four bytes, 00 00 ff ff.
//
// Memory: nothing between messages; about 100 KiB while one is made, and 45 KiB while one is
// read, whatever its size.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace leafnats::wire {

/// Compresses one message, appended to `out`. False, and `out` as it was, if that would not make
/// it smaller.
[[nodiscard]] bool deflate_message(std::string_view plain, std::string& out);

/// Inflates one message after the other, piece by piece.
class MessageInflater {
 public:
  MessageInflater();
  ~MessageInflater();

  /// Takes payload of a message off the front of `in` and writes what it means to the front of
  /// `out`; returns how much. When `out` is full there may be more: call again, even with
  /// nothing in `in`.
  std::size_t inflate(std::string_view& in, std::span<char> out);

  /// The payload of the message is complete: writes what is left of it. Call until finished() or
  /// broken().
  std::size_t finish(std::span<char> out);

  [[nodiscard]] bool finished() const noexcept { return state_ == State::finished; }
  [[nodiscard]] bool broken() const noexcept { return state_ == State::broken; }

  /// The next message begins. Frees the memory of the last one.
  void reset();

 private:
  enum class State : unsigned char {
    payload,
    tail,      // the four bytes that the sender left out go in
    ended,     // the stream has said that it ends; what follows in the message means nothing
    finished,
    broken,
  };
  struct Stream;

  std::size_t step(std::string_view& in, std::span<char> out);

  std::unique_ptr<Stream> stream_;  // while a message is read
  State state_ = State::payload;
  std::string_view tail_;
};

}  // namespace leafnats::wire
