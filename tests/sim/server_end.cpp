// SPDX-License-Identifier: Apache-2.0
//
// Reading, writing and closing of a simulated connection.

#include "server_end.hpp"

#include "broker/outbox.hpp"

#include <algorithm>
#include <array>

namespace leafnats::sim {
namespace {

// More pieces than this are gathered in several rounds, as by a system with a small IOV_MAX.
constexpr std::size_t pieces_per_write_max = 5;

// Bytes up to which a connection in tiny pieces is read a few bytes at a time.
constexpr std::size_t tiny_reads_of_bytes_max = 600;

}  // namespace

ServerEnd::ServerEnd(Stage& stage, SimServer& server, unsigned shard, Pipe& in, Pipe& out)
    : stage_(stage),
      server_(server),
      shard_(shard),
      in_(in),
      out_(out),
      segments_(Segments{static_cast<std::uint8_t>(stage.random.below(3))}) {
  in_.on_readable = [this] { wait_readable(); };
  out_.on_writable = [this] {
    if (!write_armed_) return;
    server_.post(shard_, [this] {
      write_armed_ = false;
      if (session_ != nullptr && !broken_) session_->writable();
    });
  };
}

void ServerEnd::start(broker::Session& session) {
  session_ = &session;
  number_ = session.id().number;
  if (broken_) session.peer_closed(broker::CloseReason::read_error, "cut");
  wait_readable();
}

// ---- Reading ----

void ServerEnd::wait_readable() {
  if (read_armed_ || !reading_ || broken_ || number_ == 0) return;
  if (in_.available() == 0 && !in_.at_end()) return;
  read_armed_ = true;
  server_.post(shard_, [this] {
    read_armed_ = false;
    on_readable();
  });
}

void ServerEnd::on_readable() {
  if (session_ == nullptr) {
    in_.read_all();  // what a closed connection still gets is of no interest
    return;
  }
  if (!reading_ || broken_) return;
  if (in_.at_end()) {
    session_->peer_closed(broker::CloseReason::client_closed);
    return;
  }
  const std::span<char> space = session_->receive_space();
  const std::size_t wanted = std::min(space.size(), draw_segment(in_.available()));
  session_->received(in_.read(space.first(wanted)));
  if (session_ != nullptr && !session_->closing()) wait_readable();
}

std::size_t ServerEnd::draw_segment(std::size_t available) {
  base::Random& random = stage_.random;
  if (segments_ == Segments::whole || available <= 1) return available;
  if (segments_ == Segments::tiny && available < tiny_reads_of_bytes_max) {
    return 1 + random.below(3);
  }
  return 1 + random.below(static_cast<std::uint32_t>(available));
}

void ServerEnd::set_reading(bool on) {
  reading_ = on;
  if (on) wait_readable();
}

void ServerEnd::broken() {
  broken_ = true;
  if (session_ != nullptr) session_->peer_closed(broker::CloseReason::read_error, "cut");
}

// ---- Writing ----

void ServerEnd::flush(broker::Outbox& outbox) {
  if (write_armed_ || broken_) return;
  std::array<broker::Outbox::Range, pieces_per_write_max> pieces;
  while (!outbox.empty()) {
    const std::size_t count = outbox.gather(pieces);
    std::size_t offered = 0;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count && taken == offered; ++i) {
      offered += pieces[i].size;
      taken += out_.write({pieces[i].data, pieces[i].size});
    }
    outbox.consume(taken);
    if (taken < offered) {
      write_armed_ = true;
      return;
    }
  }
}

void ServerEnd::close(broker::Outbox& outbox) {
  if (!broken_) {
    flush(outbox);
    out_.finish();
  }
  session_ = nullptr;
  reading_ = true;
  wait_readable();
}

}  // namespace leafnats::sim
