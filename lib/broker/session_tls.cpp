// SPDX-License-Identifier: Apache-2.0
//
// How TLS begins on a connection. nats-server sends INFO in the clear and then shakes hands;
// handshake_first turns that round; its fallback waits a little for a peer that speaks first, and
// a listener that serves both looks at the first byte.

#include "broker/context.hpp"
#include "broker/session.hpp"
#include "broker/shard.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::broker {
namespace {

/// The content type of a TLS handshake record.
constexpr char tls_handshake_byte = 0x16;

constexpr std::int64_t no_deadline = std::numeric_limits<std::int64_t>::max();

std::int64_t timeout_ns(std::chrono::milliseconds timeout) {
  return to_ns(timeout.count() > 0 ? timeout : TlsOptions().timeout);
}

}  // namespace

wire::TlsFilter* Session::tls() const noexcept {
  if (!stream_) return nullptr;
  return static_cast<wire::TlsFilter*>(stream_->find(wire::StreamFilter::Kind::tls));
}

void Session::open_accepted(const std::optional<TlsOptions>& tls,
                            std::shared_ptr<const wire::TlsContext> context, bool allow_plain) {
  if (!tls || !context) {
    greet();
    on_ready();
    return;
  }
  tls_context_ = std::move(context);
  tls_timeout_ns_ = timeout_ns(tls->timeout);
  allow_plain_ = allow_plain;
  const std::int64_t fallback = to_ns(tls->handshake_first_fallback);
  if (tls->handshake_first && fallback > 0) {
    tls_step_ = TlsStep::waiting;
    tls_deadline_ns_ = shard_.now() + fallback;
  } else if (tls->handshake_first) {
    begin_accepted_tls();
  } else {
    greeted_ = true;
    greet();
    if (allow_plain) {
      tls_step_ = TlsStep::sniffing;
      tls_deadline_ns_ = shard_.now() + tls_timeout_ns_;
    } else {
      begin_accepted_tls();
    }
  }
  update_deadline();
}

bool Session::admits(char first) {
  if (tls_step_ == TlsStep::waiting ||
      (tls_step_ == TlsStep::sniffing && first == tls_handshake_byte)) {
    begin_accepted_tls();
    return false;  // the byte is the filter's
  }
  if (tls_step_ == TlsStep::sniffing) {
    tls_step_ = TlsStep::none;
    tls_deadline_ns_ = no_deadline;
    tls_context_.reset();
    on_ready();
    if (closing_) return false;
    if (!stranger_) return true;
  }
  return admits_first_byte(first);
}

void Session::begin_accepted_tls() {
  TlsSource& source = *shard_.context().tls;
  if (subscriber_kind() == SubscriberKind::client && !source.admits_client()) {
    close(CloseReason::max_connections_exceeded,
          "Connection throttling is active. Please try again later.");
    return;
  }
  tls_step_ = TlsStep::handshake;
  tls_deadline_ns_ = shard_.now() + tls_timeout_ns_;
  update_deadline();
  push_filter(wire::TlsFilter::accept(std::exchange(tls_context_, nullptr),
                                      shard_.context().clock->unix_seconds()));
}

void Session::start_tls(std::unique_ptr<wire::TlsFilter> filter,
                        std::chrono::milliseconds timeout) {
  greeted_ = true;
  tls_timeout_ns_ = timeout_ns(timeout);
  tls_deadline_ns_ = shard_.now() + tls_timeout_ns_;
  push_filter(std::move(filter));
  update_deadline();
}

/// Looks whether the handshake is over.
void Session::heed_tls() {
  const wire::TlsFilter* filter = tls();
  if (filter == nullptr || filter->state() == wire::StreamFilter::State::opening) return;
  tls_settled_ = true;
  tls_deadline_ns_ = no_deadline;
  const bool open = filter->state() != wire::StreamFilter::State::failed;
  if (open && shard_.context().logs(LogLevel::debug)) {
    const wire::TlsPeer peer = filter->peer();
    shard_.log(LogLevel::debug, *this, "TLS handshake complete");
    shard_.log(LogLevel::debug, *this,
               "TLS version " + peer.version + ", cipher suite " + peer.cipher);
  }
  on_tls(open);
  if (!open || tls_step_ != TlsStep::handshake) return;
  tls_step_ = TlsStep::none;
  if (!greeted_) greet();
  on_ready();
  update_deadline();
}

void Session::on_tls_deadline() {
  const TlsStep step = std::exchange(tls_step_, TlsStep::none);
  tls_deadline_ns_ = no_deadline;
  if (step == TlsStep::waiting) {
    // Nobody spoke: as without handshake_first, from here on.
    greeted_ = true;
    greet();
    if (allow_plain_) {
      tls_step_ = TlsStep::sniffing;
      tls_deadline_ns_ = shard_.now() + tls_timeout_ns_;
    } else {
      begin_accepted_tls();
    }
  } else if (step == TlsStep::sniffing) {
    tls_context_.reset();
    on_ready();
  } else {
    fail_tls("TLS handshake error: timeout, the peer has not answered", wire::TlsFault::none,
             wire::PlainPeer::none);
  }
}

void Session::fail_tls(std::string text, wire::TlsFault fault, wire::PlainPeer peer) {
  if (const std::string advice = tls_advice(fault, peer); !advice.empty()) text += ": " + advice;
  const bool news = is_news(fault);
  if (!std::exchange(tls_settled_, true)) on_tls(false);
  shard_.log(news ? LogLevel::error : LogLevel::debug, *this, text);
  shard_.tell(EventKind::tls_failed, *this, {}, text);
  peer_closed(CloseReason::tls_handshake_error, text);
}

}  // namespace leafnats::broker
