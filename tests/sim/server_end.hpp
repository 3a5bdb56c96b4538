// SPDX-License-Identifier: Apache-2.0
//
// The server's end of a simulated connection: what net/connection.cpp is to a socket. It reads in
// random pieces, so that operations are cut at every byte sooner or later.
#pragma once

#include "broker/session.hpp"
#include "broker/transport.hpp"
#include "pipe.hpp"
#include "sim_server.hpp"

#include <cstdint>

namespace leafnats::sim {

class ServerEnd final : public broker::Transport {
 public:
  ServerEnd(Stage& stage, SimServer& server, unsigned shard, Pipe& in, Pipe& out);

  /// Inside a turn of its shard, right after the session was made.
  void start(broker::Session& session);

  /// The connection is found to be broken; inside a turn.
  void broken();

  /// The server dies, and the connection with it, without a word.
  void sever() noexcept { broken_ = true; }

  [[nodiscard]] bool open() const noexcept { return session_ != nullptr; }
  [[nodiscard]] SimServer& server() noexcept { return server_; }
  [[nodiscard]] unsigned shard() const noexcept { return shard_; }
  /// client_id; 0 before start().
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  void flush(broker::Outbox& outbox) override;
  void set_reading(bool on) override;
  void close(broker::Outbox& outbox) override;

 private:
  enum class Segments : std::uint8_t { whole, pieces, tiny };

  void wait_readable();
  void on_readable();
  [[nodiscard]] std::size_t draw_segment(std::size_t available);

  Stage& stage_;
  SimServer& server_;
  const unsigned shard_;
  Pipe& in_;
  Pipe& out_;
  const Segments segments_;
  broker::Session* session_ = nullptr;
  std::uint64_t number_ = 0;
  bool reading_ = true;
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool broken_ = false;
};

}  // namespace leafnats::sim
