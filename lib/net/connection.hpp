// SPDX-License-Identifier: Apache-2.0
//
// A socket under a session. Asio tells when it is readable or writable; reading and writing are
// our own system calls: one read into the session's slab, one gathered write of its outbox.
//
// Ownership: it keeps itself alive while it has a session, which is the shard's. After close()
// the handlers that still wait on the socket do, and it goes with the last of them.
// Thread: its reactor's.
#pragma once

#include "broker/session.hpp"
#include "broker/transport.hpp"
#include "net/reactor.hpp"

#include <asio/ip/tcp.hpp>

#include <memory>
#include <optional>
#include <string>

namespace leafnats::net {

class Connection final : public broker::Transport, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Reactor& reactor, asio::ip::tcp::socket socket);
  ~Connection() override;

  /// Gives the socket its session and begins to read. `session` lives until close().
  void start(broker::Session& session);

  void flush(broker::Outbox& outbox) override;
  void set_reading(bool on) override;
  void hand_over(broker::Session& successor) override { session_ = &successor; }
  [[nodiscard]] Delivery delivery() override;
  void close(broker::Outbox& outbox) override;

 private:
  void wait_readable();
  void on_readable();
  bool read_once();
  void wait_writable();
  void report_broken(int error);
  void fail(broker::CloseReason reason, int error);
  void linger();
  void discard_input();

  Reactor& reactor_;
  asio::ip::tcp::socket socket_;
  broker::Session* session_ = nullptr;  // null after close()
  std::shared_ptr<Connection> self_;    // while it has a session
  std::unique_ptr<asio::steady_timer> linger_timer_;
  std::uint64_t sent_ = 0;    // bytes that the system took
  bool reading_ = true;
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool broken_ = false;       // no more system calls on it; the session hears of it
  bool peer_gone_ = false;    // end of stream was read
};

/// "127.0.0.1:4222", "[::1]:4222".
[[nodiscard]] std::string to_text(const asio::ip::tcp::endpoint& endpoint);

/// Options every connection gets: no delay, no SIGPIPE, not blocking.
void prepare(asio::ip::tcp::socket& socket);

}  // namespace leafnats::net
