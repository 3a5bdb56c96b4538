// SPDX-License-Identifier: Apache-2.0
//
// What the broker asks of the shell for one connection. The shell implements it with a socket,
// the simulator with a queue under virtual time.
//
// Thread: all calls come on the session's shard, inside a turn (see Shard). None may block, and
// none may call back into the broker but for Outbox::gather/consume of its own session.
#pragma once

#include <cstdint>

namespace leafnats::broker {

class Outbox;
class Session;

class Transport {
 public:
  virtual ~Transport() = default;

  /// Writes as much of `outbox` as can be taken now and consumes it. If bytes remain, the shell
  /// waits until the peer takes more and then calls Session::writable(). A broken connection is
  /// not reported from here but by Session::peer_closed() in a later turn.
  virtual void flush(Outbox& outbox) = 0;

  /// Bytes that the system took from us: those that have reached the peer's system, and those
  /// that it still holds, as far as the shell can tell. Nothing but zeros: it cannot.
  struct Delivery {
    std::uint64_t acknowledged = 0;
    std::uint64_t held = 0;
  };
  [[nodiscard]] virtual Delivery delivery() { return {}; }

  /// Stops or resumes reading from the peer. Reading is on at the start.
  virtual void set_reading(bool on) = 0;

  /// The connection is `successor`'s from now on, and its session's no more. A shell without a
  /// WebSocket listener never hears this.
  virtual void hand_over([[maybe_unused]] Session& successor) {}

  /// The session is over and about to be destroyed: writes what is left of `outbox` if that goes
  /// at once, closes, and never touches the session again.
  virtual void close(Outbox& outbox) = 0;
};

}  // namespace leafnats::broker
