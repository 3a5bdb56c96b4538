// SPDX-License-Identifier: Apache-2.0
//
// The running server: its reactors and the mailboxes between them, its listeners, its remotes.
// It decides which shard a new connection goes to, and puts shards to work when load asks for it.
//
// Thread: the public operations from any one thread at a time, never a reactor's. What happens
// after start() happens on the first reactor's thread.
#pragma once

#include "broker/context.hpp"
#include "broker/mailbox.hpp"
#include "broker/shard.hpp"
#include "net/listener.hpp"
#include "net/reactor.hpp"
#include "net/remote.hpp"
#include "net/tls_files.hpp"

#include <leafnats/result.hpp>

#include <asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <vector>

namespace leafnats::net {

class Engine final : public broker::Shell {
 public:
  /// `context` must outlive the engine; its identity is completed by open().
  explicit Engine(broker::Context& context);
  ~Engine() override;

  /// Binds the listeners, so that their ports are known and INFO can name them.
  Result<void> open();

  /// Starts the threads, calls `running` when posts are taken, then begins to accept and to dial.
  void start(const std::function<void()>& running);

  /// Ends everything. Idempotent.
  void stop();

  /// Stops accepting, tells clients that the server goes, waits until what is queued was written
  /// or `timeout` has passed. True if all was written. stop() is still to be called.
  bool drain(std::chrono::milliseconds timeout);

  /// Brings an authenticator's late answer to its session. Thread: any.
  void finish_login(base::ConnectionId connection, const auth::Login& login);

  /// Context::accounts has changed: every shard is told. Thread: any.
  void adopt_accounts();
  /// Asks every shard; see Shard::review_logins. `verdict` runs on all their threads.
  void review_logins(broker::Shard::LoginVerdict verdict);

  /// Server::set_credentials(), of options that were validated. Thread: any.
  Result<void> set_credentials(std::size_t remote, RemoteCredentials credentials);

  /// Where the listeners are bound; port 0: no such listener.
  [[nodiscard]] asio::ip::tcp::endpoint client_endpoint() const;
  [[nodiscard]] asio::ip::tcp::endpoint leaf_endpoint() const;
  [[nodiscard]] asio::ip::tcp::endpoint websocket_endpoint() const;

  /// The shard that in-process clients live on.
  [[nodiscard]] std::shared_ptr<Reactor> first_reactor() const { return reactors_.front(); }

  [[nodiscard]] broker::ShardStatistics statistics() const;
  /// At most.
  [[nodiscard]] unsigned shards() const noexcept {
    return static_cast<unsigned>(reactors_.size());
  }
  [[nodiscard]] unsigned shards_at_work() const noexcept {
    return at_work_.load(std::memory_order_relaxed);
  }

  /// Runs `ask` for the first `shards` shards at work, each on its own thread, then `done` on the
  /// first one's. If the server stops meanwhile, `done` does not run.
  /// Thread: a reactor's.
  void ask_shards(unsigned shards, std::function<void(broker::Shard& shard)> ask,
                  std::function<void()> done);

  void wake(base::ShardId shard) override;

 private:
  enum class ListenerKind : std::uint8_t { client, leaf, websocket };

  Result<void> open_listener(std::unique_ptr<Listener>& listener, const std::string& listen,
                             ListenerKind kind);
  void accept(asio::ip::tcp::socket socket, ListenerKind kind);
  void adopt(Reactor& reactor, asio::ip::tcp::socket socket, ListenerKind kind);
  Reactor& place();
  void consider_activation();
  /// Puts shard `index` to work; `ready`, if given, is told when it is.
  void activate(unsigned index, std::promise<void>* ready);
  void attach_pair(unsigned veteran, unsigned novice, std::promise<void>* ready);
  void on_attached(unsigned novice, std::promise<void>* ready);
  void stop_intake();
  [[nodiscard]] broker::Mailbox& mailbox(unsigned from, unsigned to) {
    return *mailboxes_[from * reactors_.size() + to];
  }

  broker::Context& context_;
  ListenerTls tls_;
  std::vector<std::shared_ptr<Reactor>> reactors_;
  std::vector<std::unique_ptr<broker::Mailbox>> mailboxes_;  // made when first needed
  std::unique_ptr<Listener> client_listener_;
  std::unique_ptr<Listener> leaf_listener_;
  std::unique_ptr<Listener> websocket_listener_;
  std::vector<std::unique_ptr<Remote>> remotes_;

  // The first reactor's thread alone, after start():
  unsigned next_in_turn_ = 0;
  unsigned attachments_missing_ = 0;  // of the shard being put to work; 0: none is
  std::atomic<unsigned> at_work_{1};  // shards [0, at_work_) take connections
  bool started_ = false;
};

}  // namespace leafnats::net
