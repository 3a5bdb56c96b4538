// SPDX-License-Identifier: Apache-2.0
//
// A layer between the bytes of a connection and the operations in them: TLS, WebSocket framing,
// S2 or zstd compression, a proxy's tunnel. A filter does no I/O and reads no clock: bytes from
// the peer go in at decode() and come out plain, plain bytes go in at encode() and come out for
// the peer. Filters stack; what one makes for the peer is plain to the one below it.
//
// The states of a filter, each entered once and in this order, opening and ended may be skipped:
//
//   opening   its handshake runs: encode() may not be called, decode() gives nothing
//   open      bytes pass both ways
//   ended     the peer ended the stream by the filter's own means (close_notify, a close frame)
//   failed    the peer broke the rules; error() says how. flush() may still have a last word
//
// Memory: what a filter holds of a peer's bytes is bounded before it is allocated, whatever sizes
// the peer declares. An idle filter holds no batch buffers.
// Thread: its connection's shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace leafnats::wire {

/// Takes bytes at its end.
class ByteSink {
 public:
  /// Room for `bytes` contiguous bytes; write there, then commit() how many were written.
  /// Lifetime: the pointer is good until the next call on this sink.
  virtual char* reserve(std::size_t bytes) = 0;
  virtual void commit(std::size_t bytes) = 0;

  /// Copies `bytes` in.
  virtual void append(std::string_view bytes) = 0;

 protected:
  ~ByteSink() = default;
};

/// Why we end a stream, as far as a filter's own protocol can tell the peer (WebSocket close
/// codes 1000, 1001, 1002, 1008 and 1009).
enum class StreamEnd : std::uint8_t { normal, going_away, protocol_error, policy, too_big };

class StreamFilter {
 public:
  enum class State : std::uint8_t { opening, open, ended, failed };
  enum class Kind : std::uint8_t { tunnel, tls, websocket, compression };

  virtual ~StreamFilter() = default;

  [[nodiscard]] virtual Kind kind() const = 0;
  [[nodiscard]] virtual State state() const = 0;

  /// Why it failed, as a log line ("TLS handshake error: ..."); empty unless failed.
  [[nodiscard]] virtual std::string_view error() const { return {}; }

  /// Takes bytes of the peer off the front of `in` and writes what they mean to the front of
  /// `out`, which is never empty; returns how much it wrote. It stops when `out` is full or `in`
  /// is used up and nothing more can be made of what it has taken, or when the state changed: the
  /// caller then calls again. So less than a full `out` and a rest in `in` means a new state.
  virtual std::size_t decode(std::string_view& in, std::span<char> out) = 0;

  /// Encodes `plain` into `out`. May keep some back until flush(), to make larger units.
  virtual void encode(std::string_view plain, ByteSink& out) = 0;

  /// Ends a batch: the peer can decode everything that was encoded once it has what is in `out`
  /// now. Also writes the filter's own words: handshake messages, answers to control frames,
  /// alerts. Callable in every state.
  virtual void flush(ByteSink& out) = 0;

  /// Whether flush() would write something.
  [[nodiscard]] virtual bool has_output() const = 0;

  /// We end the stream: says so in the filter's own protocol, if it has a word for it. flush()
  /// was called before; nothing is called after but the destructor.
  virtual void close(StreamEnd end, ByteSink& out) = 0;
};

}  // namespace leafnats::wire
