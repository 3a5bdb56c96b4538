// SPDX-License-Identifier: Apache-2.0
//
// Reading, writing and closing of one socket.

#include "net/connection.hpp"

#include "base/assert.hpp"

#if __has_include(<linux/sockios.h>)
#include <linux/sockios.h>
#endif
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace leafnats::net {
namespace {

// Pieces for one gathered write; the system's own bound (IOV_MAX) is 1024.
constexpr std::size_t pieces_per_write_max = 1024;

// How long a closed socket takes in what the peer had already sent. Closing with unread input
// resets the connection, and the reset may overtake the -ERR that says why.
constexpr std::chrono::milliseconds linger_time{1000};

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

std::string to_text(const asio::ip::tcp::endpoint& endpoint) {
  std::string host = endpoint.address().to_string();
  if (endpoint.address().is_v6()) host = "[" + host + "]";
  return host + ":" + std::to_string(endpoint.port());
}

void prepare(asio::ip::tcp::socket& socket) {
  asio::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::Connection(Reactor& reactor, asio::ip::tcp::socket socket)
    : reactor_(reactor), socket_(std::move(socket)) {}

Connection::~Connection() = default;

void Connection::start(broker::Session& session) {
  session_ = &session;
  self_ = shared_from_this();
  if (session.closing()) return;  // refused; close() comes when the turn ends
  wait_readable();
}

// ---- Reading ----

void Connection::wait_readable() {
  if (read_armed_ || !reading_ || broken_) return;
  read_armed_ = true;
  socket_.async_wait(asio::socket_base::wait_read,
                     [self = shared_from_this()](const asio::error_code& error) {
                       self->read_armed_ = false;
                       if (!error) self->on_readable();
                     });
}

void Connection::on_readable() {
  if (session_ == nullptr) {
    discard_input();
    return;
  }
  if (!reading_ || broken_) return;
  reactor_.enter();
  if (read_once()) wait_readable();
}

bool Connection::read_once() {
  const std::span<char> space = session_->receive_space();
  const ssize_t got = ::recv(socket_.native_handle(), space.data(), space.size(), 0);
  if (got > 0) {
    session_->received(static_cast<std::size_t>(got));
  } else if (got == 0) {
    peer_gone_ = true;
    session_->peer_closed(broker::CloseReason::client_closed);
  } else {
    session_->received(0);
    if (!would_block(errno) && errno != EINTR) fail(broker::CloseReason::read_error, errno);
  }
  return session_ != nullptr && !session_->closing();
}

void Connection::set_reading(bool on) {
  reading_ = on;
  if (on && session_ != nullptr) wait_readable();
}

void Connection::fail(broker::CloseReason reason, int error) {
  broken_ = true;
  session_->peer_closed(reason, std::strerror(error));
}

// ---- Writing ----

void Connection::flush(broker::Outbox& outbox) {
  if (write_armed_ || broken_) return;
  std::array<broker::Outbox::Range, pieces_per_write_max> pieces;
  std::array<iovec, pieces_per_write_max> vectors;
  while (!outbox.empty()) {
    const std::size_t count = outbox.gather(pieces);
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<char*>(pieces[i].data), pieces[i].size};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (sent >= 0) {
      outbox.consume(static_cast<std::size_t>(sent));
      sent_ += static_cast<std::uint64_t>(sent);
    } else if (would_block(errno)) {
      wait_writable();
      return;
    } else if (errno != EINTR) {
      // Not told from here: the session may be in the middle of anything. The next wait for
      // input ends at once, and reading finds the same error.
      broken_ = true;
      report_broken(errno);
      return;
    }
  }
}

Connection::Delivery Connection::delivery() {
#ifdef SIOCOUTQ
  int queued = 0;
  if (broken_ || ::ioctl(socket_.native_handle(), SIOCOUTQ, &queued) != 0 || queued < 0) return {};
  const std::uint64_t held = std::min(sent_, static_cast<std::uint64_t>(queued));
  return {sent_ - held, held};
#else
  return {};
#endif
}

void Connection::report_broken(int error) {
  reactor_.post([self = shared_from_this(), error] {
    if (self->session_ != nullptr) self->fail(broker::CloseReason::write_error, error);
  });
}

void Connection::wait_writable() {
  write_armed_ = true;
  socket_.async_wait(asio::socket_base::wait_write,
                     [self = shared_from_this()](const asio::error_code& error) {
                       self->write_armed_ = false;
                       if (error || self->session_ == nullptr) return;
                       self->reactor_.enter();
                       self->session_->writable();
                     });
}

// ---- The end ----

void Connection::close(broker::Outbox& outbox) {
  const std::shared_ptr<Connection> keep = std::move(self_);
  if (!broken_ && !outbox.empty()) flush(outbox);
  session_ = nullptr;
  asio::error_code ignored;
  if (broken_ || peer_gone_ || write_armed_) {
    socket_.close(ignored);
    return;
  }
  linger();
}

void Connection::linger() {
  asio::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  linger_timer_ = std::make_unique<asio::steady_timer>(reactor_.io(), linger_time);
  linger_timer_->async_wait([self = shared_from_this()](const asio::error_code&) {
    asio::error_code late;
    self->socket_.close(late);
  });
  reading_ = true;
  wait_readable();
}

void Connection::discard_input() {
  std::array<char, 16 * 1024> bytes;
  const ssize_t got = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), 0);
  if (got > 0 || (got < 0 && would_block(errno))) {
    wait_readable();
  } else if (linger_timer_) {
    linger_timer_->cancel();  // its handler closes
  }
}

}  // namespace leafnats::net
