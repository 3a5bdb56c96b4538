// SPDX-License-Identifier: Apache-2.0
//
// Version strings, and the words of public enumerations.

#include <leafnats/events.hpp>
#include <leafnats/result.hpp>
#include <leafnats/version.hpp>

#include "leafnats_version.hpp"

namespace leafnats {
namespace {

class Category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "leafnats"; }

  [[nodiscard]] std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::invalid_argument: return "invalid argument";
      case Errc::invalid_config: return "invalid configuration";
      case Errc::not_supported: return "not supported by this build";
      case Errc::not_running: return "the server does not run";
      case Errc::already_running: return "the server runs already";
      case Errc::address_in_use: return "address already in use";
      case Errc::io_error: return "input/output error";
      case Errc::timeout: return "timeout";
      case Errc::no_responders: return "no responders";
      case Errc::permission_denied: return "permission denied";
      case Errc::authorization: return "authorization violation";
      case Errc::limit_exceeded: return "limit exceeded";
      case Errc::would_deadlock: return "a blocking call on the server's own thread";
      case Errc::closed: return "closed";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

std::string_view to_string(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::listening: return "listening";
    case EventKind::leaf_connected: return "leaf_connected";
    case EventKind::leaf_lost: return "leaf_lost";
    case EventKind::leaf_refused: return "leaf_refused";
    case EventKind::remote_unreachable: return "remote_unreachable";
    case EventKind::authentication_failed: return "authentication_failed";
    case EventKind::slow_consumer: return "slow_consumer";
    case EventKind::lame_duck: return "lame_duck";
    case EventKind::tls_failed: return "tls_failed";
    case EventKind::leaf_connecting: return "leaf_connecting";
    case EventKind::leaf_backing_off: return "leaf_backing_off";
    case EventKind::leaf_gave_up: return "leaf_gave_up";
    case EventKind::leaf_suspended: return "leaf_suspended";
    case EventKind::leaf_resumed: return "leaf_resumed";
    case EventKind::leaf_message_dropped: return "leaf_message_dropped";
  }
  return "unknown";
}

std::string_view library_version() noexcept { return LEAFNATS_VERSION; }

// The newest nats-server whose behaviour the interop tests hold us to.
std::string_view protocol_version() noexcept { return "2.15.0"; }

}  // namespace leafnats
