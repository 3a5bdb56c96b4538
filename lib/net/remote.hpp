// SPDX-License-Identifier: Apache-2.0
//
// A hub that this server dials, again and again: chooses the URL, connects, hands the socket to a
// leaf session, and after its end waits and dials anew. With an order of URLs it also looks, while
// the link is up elsewhere, whether the first one is back, and only then moves the link.
//
//   connecting -> handshake -> up -> backing_off -> connecting ...
//                                 `-> gave_up, with `reconnect` off
//
// Thread: its reactor's. Lifetime: the engine's; stop() ends all waits.
#pragma once

#include "broker/back_off.hpp"
#include "broker/remote_link.hpp"
#include "net/connection.hpp"
#include "net/dialer.hpp"
#include "net/reactor.hpp"
#include "net/remote_identity.hpp"
#include "net/remote_tls.hpp"
#include "net/remote_urls.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::net {

class Remote final : public broker::RemoteLink {
 public:
  /// `options` was validated: every URL parses.
  Remote(Reactor& reactor, broker::Context& context, const RemoteLeafOpts& options);
  ~Remote() override;

  void start();
  /// No more attempts; a link that is up is the shard's to close.
  void stop();

  /// Who this server is to the hub from the next connection on, and with which TLS; null: the
  /// same. A remote that waits for its next attempt makes it now.
  struct Update {
    std::shared_ptr<const RemoteIdentity> identity;
    std::optional<TlsOptions> tls_options;
    std::unique_ptr<RemoteTls> tls;
  };
  void update(Update& update);

  // ---- broker::RemoteLink ----
  [[nodiscard]] const RemoteLeafOpts& options() const override { return options_; }
  [[nodiscard]] UserInfo user_info() const override {
    return identity_->user_info().value_or(urls_.user_info());
  }
  [[nodiscard]] bool proves() const override { return identity_->proves(); }
  void prove(base::ConnectionId connection, const std::string& nonce) override;
  [[nodiscard]] std::string host() const override { return urls_.current().host; }
  [[nodiscard]] const std::shared_ptr<broker::LinkRecord>& record() const override {
    return record_;
  }
  [[nodiscard]] bool requires_tls() const override { return tls_->required(urls_.current()); }
  Result<std::unique_ptr<wire::TlsFilter>> make_tls() override {
    return tls_->make(urls_.current());
  }
  [[nodiscard]] bool is_news(wire::TlsFault fault) override { return tls_->is_news(fault); }
  void on_tls(const wire::TlsFilter& filter) override { tls_->on_handshake(filter); }
  void on_tls_end(const wire::TlsFilter& filter) override { tls_->on_end(filter); }
  [[nodiscard]] std::vector<std::unique_ptr<wire::StreamFilter>> make_filters() override;
  void on_gossip(const std::vector<std::string>& urls) override { urls_.learn(urls); }
  void on_up() override;
  void on_down(const End& end) override;

 private:
  void dial();
  void on_dialled(Dialer::Outcome outcome);
  void on_connected(asio::ip::tcp::socket socket);
  void on_dial_failed(const Dialer::Outcome& outcome);
  /// Waits before the next attempt, or gives up.
  void back_off(LinkReason reason, std::string_view words);
  void wait(std::chrono::milliseconds pause);
  [[nodiscard]] std::chrono::milliseconds dial_timeout() const;

  // Failback
  void watch_primary();
  void probe_primary();
  void on_primary_answered();
  void stop_watching();

  Reactor& reactor_;
  broker::Context& context_;
  RemoteLeafOpts options_;
  std::shared_ptr<broker::LinkRecord> record_;
  RemoteUrls urls_;
  std::unique_ptr<RemoteTls> tls_;
  std::shared_ptr<const RemoteIdentity> identity_;
  broker::BackOff back_off_;
  Dialer dialer_;
  asio::steady_timer timer_;             // the pause before the next attempt
  base::ConnectionId link_;              // the session of this remote; number 0: none
  bool waiting_ = false;                 // for the timer
  bool moving_ = false;                  // the link is ended for the sake of the primary
  bool stopped_ = false;

  Dialer probe_;
  asio::steady_timer probe_timer_;       // until the next probe, or until one must have answered
  std::unique_ptr<asio::ip::tcp::socket> probe_socket_;
  std::array<char, 4> probe_answer_{};
};

}  // namespace leafnats::net
