// SPDX-License-Identifier: Apache-2.0
//
// A hub that this server dials, again and again: chooses the URL, resolves, connects, hands the
// socket to a leaf session, and after its end waits and dials anew.
//
// Thread: its reactor's. Lifetime: the engine's; stop() ends all waits.
#pragma once

#include "broker/remote_link.hpp"
#include "config/remote_url.hpp"
#include "net/connection.hpp"
#include "net/reactor.hpp"
#include "net/remote_tls.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leafnats::net {

class Remote final : public broker::RemoteLink {
 public:
  /// `options` was validated: every URL parses.
  Remote(Reactor& reactor, broker::Context& context, const RemoteLeafOpts& options);

  void start();
  /// No more attempts; a link that is up is the shard's to close.
  void stop();

  // ---- broker::RemoteLink ----
  [[nodiscard]] const RemoteLeafOpts& options() const override { return options_; }
  [[nodiscard]] UserInfo user_info() const override;
  [[nodiscard]] std::string host() const override { return url_.host; }
  [[nodiscard]] bool requires_tls() const override { return tls_.required(url_); }
  Result<std::unique_ptr<wire::TlsFilter>> make_tls() override { return tls_.make(url_); }
  void on_tls(const wire::TlsFilter& filter) override { tls_.on_handshake(filter); }
  void on_tls_end(const wire::TlsFilter& filter) override { tls_.on_end(filter); }
  [[nodiscard]] std::vector<std::unique_ptr<wire::StreamFilter>> make_filters() override;
  void on_gossip(const std::vector<std::string>& urls) override;
  void on_up() override;
  void on_down(broker::CloseReason reason, std::string_view detail,
               std::chrono::milliseconds pause) override;

 private:
  void dial();
  void next_url();
  void connect(std::vector<asio::ip::tcp::endpoint> endpoints, std::uint64_t attempt);
  void on_connected();
  void on_dial_failed(const std::string& why);
  void retry_after(std::chrono::milliseconds pause);
  [[nodiscard]] std::chrono::milliseconds back_off();
  /// Guards a handler: false if its dial was given up meanwhile.
  [[nodiscard]] bool current(std::uint64_t dial) const noexcept {
    return dial == dial_ && !stopped_;
  }

  Reactor& reactor_;
  broker::Context& context_;
  const RemoteLeafOpts& options_;
  std::vector<config::RemoteUrl> configured_;
  RemoteTls tls_;
  std::vector<config::RemoteUrl> urls_;  // in the order of the next attempts
  config::RemoteUrl url_;                // of the attempt under way, or of the link
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer timer_;             // dial timeout, or the pause before the next attempt
  asio::ip::tcp::socket socket_;
  std::uint64_t dial_ = 0;
  int failures_ = 0;                     // attempts since the link was last up
  bool stopped_ = false;
};

}  // namespace leafnats::net
