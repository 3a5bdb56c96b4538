// SPDX-License-Identifier: Apache-2.0
//
// A NATS server inside this process: hub, leaf node, or both.
//
//   leafnats::Options options;
//   options.client_listen = "127.0.0.1:4222";
//   leafnats::Server server{std::move(options)};
//   if (auto started = server.start(); !started) return fail(started.error());
//   leafnats::Client client = server.connect();
//
// Servers share nothing: several in one process never notice each other.
#pragma once

#include <leafnats/client.hpp>
#include <leafnats/export.hpp>
#include <leafnats/options.hpp>
#include <leafnats/result.hpp>
#include <leafnats/statistics.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leafnats {

/// Thread: start(), stop(), drain() and the destructor from one thread at a time, which must not
/// be one of the server's own (a callback's); everything else from any thread.
class LEAFNATS_EXPORT Server {
 public:
  /// Nothing happens before start(). `options` is kept as a copy.
  explicit Server(Options options);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  /// Stops at once if it still runs.
  ~Server();

  /// Checks the options, binds the listeners, starts the threads and begins to dial remotes; does
  /// not wait for those. Errors: invalid_config (names the field), address_in_use, io_error,
  /// already_running. After an error nothing runs, and start() may be called again.
  [[nodiscard]] Result<void> start();

  /// Ends all connections, links and threads. Idempotent. Clients of connect() stay safe to use
  /// and answer Errc::closed. A stopped server is not started again.
  void stop();

  /// Lame duck mode: stops accepting, tells clients to go elsewhere, waits until everything that
  /// is queued was written, then stops. Errors: timeout if bytes were left after `timeout`,
  /// not_running.
  Result<void> drain(std::chrono::milliseconds timeout);

  /// A client without a socket. On a server that does not run, its calls answer Errc::closed.
  /// Lifetime: may outlive the server.
  [[nodiscard]] Client connect(const ClientOptions& options = {});

  /// The port of the client (leaf) listener, as bound; 0 if there is none or it does not run.
  [[nodiscard]] std::uint16_t client_port() const;
  [[nodiscard]] std::uint16_t leaf_port() const;
  [[nodiscard]] std::uint16_t websocket_port() const;

  /// The generated id, "N...", and the name, which is the id unless Options gave one. Empty
  /// before start().
  [[nodiscard]] std::string id() const;
  [[nodiscard]] std::string name() const;

  [[nodiscard]] Statistics statistics() const;

  /// Puts other credentials, other certificates or both in the place of those that a remote began
  /// with; `remote` counts in Options::leaf.remotes. They hold from the next connection on: a link
  /// that is up stays up, and a remote that waits for its next attempt makes it at once. Reads
  /// the files of `tls`. Errors: not_running, invalid_argument (no such remote), invalid_config,
  /// not_supported, io_error; then nothing has changed.
  Result<void> set_credentials(std::size_t remote, RemoteCredentials credentials);

  /// Every remote, up or not, and every leaf link that was accepted and is up. The numbers of one
  /// link are read one by one while it works, so they may be a moment apart.
  [[nodiscard]] std::vector<LeafLinkStatus> leaf_links() const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace leafnats
