// SPDX-License-Identifier: Apache-2.0
//
// Starting, placing connections, and putting shards to work.
//
// A shard is put to work in three steps, so that it never serves a client before it knows what
// the others are interested in: its thread starts; every shard at work and the new one attach to
// each other, each on its own thread, the elder announcing its interest through the mailbox; when
// all of that has been applied on the new shard, connections may go there.

#include "net/engine.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "broker/client_session.hpp"
#include "broker/leaf_session.hpp"
#include "broker/websocket_upgrade.hpp"
#include "config/endpoint.hpp"
#include "net/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace leafnats::net {
namespace {

// A shard that uses more of its core than this takes no more connections while another has room.
constexpr double busy_share = 2.0 / 3.0;

// How often drain() looks whether everything was written.
constexpr std::chrono::milliseconds drain_poll{5};

unsigned shard_count(unsigned wanted) {
  if (wanted == 0) wanted = std::max(1U, std::thread::hardware_concurrency());
  return std::min(wanted, limits::shards_max);
}

}  // namespace

Engine::Engine(broker::Context& context) : context_(context), tls_(context) {
  context.tls = &tls_;
  const unsigned shards = shard_count(context.options.shards);
  for (unsigned i = 0; i < shards; ++i) {
    reactors_.push_back(
        std::make_shared<Reactor>(base::ShardId{static_cast<std::uint8_t>(i)}, context, *this));
  }
  mailboxes_.resize(std::size_t{shards} * shards);
}

Engine::~Engine() { stop(); }

// ---- Listeners ----

Result<void> Engine::open() {
  const Options& options = context_.options;
  if (auto loaded = tls_.load(); !loaded) return loaded;
  for (const RemoteLeafOpts& remote : options.leaf.remotes) {
    // What cannot be read now is an error of start(), not of the first dial.
    if (auto loaded = RemoteTls(context_, remote, {}).load(); !loaded) return loaded;
  }
  if (auto opened = open_listener(client_listener_, options.client_listen, ListenerKind::client);
      !opened) {
    return opened;
  }
  if (auto opened = open_listener(leaf_listener_, options.leaf.listen, ListenerKind::leaf);
      !opened || !options.websocket) {
    return opened;
  }
  return open_listener(websocket_listener_, options.websocket->listen, ListenerKind::websocket);
}

Result<void> Engine::open_listener(std::unique_ptr<Listener>& listener, const std::string& listen,
                                   ListenerKind kind) {
  if (listen.empty()) return {};
  const Result<config::Endpoint> endpoint = config::parse_endpoint(listen);
  if (!endpoint) return endpoint.error();
  listener = std::make_unique<Listener>(*reactors_.front(),
                                        [this, kind](asio::ip::tcp::socket socket) {
                                          accept(std::move(socket), kind);
                                        });
  return listener->open(endpoint->host, endpoint->port);
}

asio::ip::tcp::endpoint Engine::client_endpoint() const {
  return client_listener_ ? client_listener_->endpoint() : asio::ip::tcp::endpoint{};
}

asio::ip::tcp::endpoint Engine::leaf_endpoint() const {
  return leaf_listener_ ? leaf_listener_->endpoint() : asio::ip::tcp::endpoint{};
}

asio::ip::tcp::endpoint Engine::websocket_endpoint() const {
  return websocket_listener_ ? websocket_listener_->endpoint() : asio::ip::tcp::endpoint{};
}

// ---- Start and stop ----

void Engine::start(const std::function<void()>& running) {
  started_ = true;
  reactors_.front()->start();
  running();
  if (context_.options.shard_placement == ShardPlacement::round_robin) {
    for (unsigned i = 1; i < reactors_.size(); ++i) {
      std::promise<void> ready;
      reactors_.front()->post([&] { activate(i, &ready); });
      ready.get_future().wait();
    }
  }
  std::promise<void> accepting;
  reactors_.front()->post([&] {
    if (client_listener_) client_listener_->start();
    if (leaf_listener_) leaf_listener_->start();
    if (websocket_listener_) websocket_listener_->start();
    for (const RemoteLeafOpts& options : context_.options.leaf.remotes) {
      remotes_.push_back(std::make_unique<Remote>(*reactors_.front(), context_, options));
      remotes_.back()->start();
    }
    accepting.set_value();
  });
  accepting.get_future().wait();
}

void Engine::stop_intake() {
  std::promise<void> closed;
  const bool posted = reactors_.front()->post([&] {
    if (client_listener_) client_listener_->close();
    if (leaf_listener_) leaf_listener_->close();
    if (websocket_listener_) websocket_listener_->close();
    for (auto& remote : remotes_) remote->stop();
    closed.set_value();
  });
  if (posted) closed.get_future().wait();
}

void Engine::stop() {
  if (!std::exchange(started_, false)) return;
  stop_intake();
  for (auto& reactor : reactors_) reactor->stop();
}

bool Engine::drain(std::chrono::milliseconds timeout) {
  if (!started_) return true;
  stop_intake();
  const unsigned shards = shards_at_work();
  const auto on_all = [&](auto&& ask) {
    for (unsigned i = 0; i < shards; ++i) {
      std::promise<void> done;
      if (!reactors_[i]->post([&] {
            ask(reactors_[i]->shard());
            done.set_value();
          })) {
        continue;
      }
      done.get_future().wait();
    }
  };
  on_all([](broker::Shard& shard) { shard.announce_lame_duck(); });
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    std::size_t pending = 0;
    on_all([&](broker::Shard& shard) { pending += shard.pending_bytes(); });
    if (pending == 0) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(drain_poll);
  }
}

// ---- Placing connections ----

void Engine::accept(asio::ip::tcp::socket socket, ListenerKind kind) {
  Reactor& reactor = place();
  if (&reactor == reactors_.front().get()) {
    adopt(reactor, std::move(socket), kind);
    return;
  }
  // The socket moves to the other reactor's io_context as a bare descriptor.
  const auto protocol = socket.local_endpoint().protocol();
  asio::error_code error;
  const int descriptor = socket.release(error);
  if (error) return;
  reactor.post([this, &reactor, descriptor, protocol, kind] {
    adopt(reactor, asio::ip::tcp::socket(reactor.io(), protocol, descriptor), kind);
  });
}

void Engine::adopt(Reactor& reactor, asio::ip::tcp::socket socket, ListenerKind kind) {
  asio::error_code error;
  const asio::ip::tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;  // left before we looked
  prepare(socket);
  reactor.enter();
  auto connection = std::make_shared<Connection>(reactor, std::move(socket));
  broker::Shard& shard = reactor.shard();
  switch (kind) {
    case ListenerKind::client:
      connection->start(shard.accept_client(*connection, to_text(peer)));
      break;
    case ListenerKind::leaf:
      connection->start(shard.accept_leaf(*connection, to_text(peer)));
      break;
    case ListenerKind::websocket:
#ifdef LEAFNATS_HAVE_WEBSOCKET  // validation refuses the options of this listener otherwise
      connection->start(shard.accept_websocket(*connection, to_text(peer)));
#endif
      break;
  }
}

Reactor& Engine::place() {
  const unsigned at_work = shards_at_work();
  if (context_.options.shard_placement == ShardPlacement::round_robin) {
    return *reactors_[next_in_turn_++ % at_work];
  }
  consider_activation();
  for (unsigned i = 0; i < at_work; ++i) {
    if (reactors_[i]->cpu_share() < busy_share) return *reactors_[i];
  }
  return **std::min_element(reactors_.begin(), reactors_.begin() + at_work,
                            [](const auto& a, const auto& b) {
                              return a->cpu_share() < b->cpu_share();
                            });
}

void Engine::consider_activation() {
  const unsigned at_work = shards_at_work();
  if (at_work == reactors_.size() || attachments_missing_ > 0) return;
  const bool all_busy =
      std::all_of(reactors_.begin(), reactors_.begin() + at_work,
                  [](const auto& reactor) { return reactor->cpu_share() >= busy_share; });
  if (all_busy) activate(at_work, nullptr);
}

void Engine::activate(unsigned index, std::promise<void>* ready) {
  LEAFNATS_ASSERT(attachments_missing_ == 0 && index == shards_at_work());
  for (unsigned other = 0; other < index; ++other) {
    mailboxes_[other * reactors_.size() + index] = std::make_unique<broker::Mailbox>();
    mailboxes_[index * reactors_.size() + other] = std::make_unique<broker::Mailbox>();
  }
  attachments_missing_ = index;
  reactors_[index]->start();
  for (unsigned other = 0; other < index; ++other) attach_pair(other, index, ready);
}

void Engine::attach_pair(unsigned veteran, unsigned novice, std::promise<void>* ready) {
  Reactor& elder = *reactors_[veteran];
  Reactor& younger = *reactors_[novice];
  broker::Mailbox& down = mailbox(veteran, novice);
  broker::Mailbox& up = mailbox(novice, veteran);
  younger.post([this, &elder, &younger, &down, &up, ready, novice] {
    younger.shard().attach_peer(elder.shard().id(), up, down);
    elder.post([this, &elder, &younger, &down, &up, ready, novice] {
      elder.shard().attach_peer(younger.shard().id(), down, up);
      younger.post([this, &younger, ready, novice] {
        younger.shard().apply_mailboxes();
        reactors_.front()->post([this, ready, novice] { on_attached(novice, ready); });
      });
    });
  });
}

void Engine::on_attached(unsigned novice, std::promise<void>* ready) {
  if (--attachments_missing_ > 0) return;
  at_work_.store(novice + 1, std::memory_order_relaxed);
  context_.log(LogLevel::debug, fmt::format("Shard {} is at work", novice));
  if (ready != nullptr) ready->set_value();
}

void Engine::finish_login(base::ConnectionId connection, const auth::Login& login) {
  Reactor& reactor = *reactors_[base::to_index(connection.shard)];
  reactor.post([&reactor, connection, login] {
    reactor.shard().finish_login(connection, login);
  });
}

void Engine::adopt_accounts() {
  for (auto& reactor : reactors_) {
    // A shard that is not at work yet does it when it starts.
    reactor->post([shard = &reactor->shard()] { shard->adopt_accounts(); });
  }
}

void Engine::review_logins(broker::Shard::LoginVerdict verdict) {
  for (auto& reactor : reactors_) {
    reactor->post([shard = &reactor->shard(), verdict] { shard->review_logins(verdict); });
  }
}

void Engine::ask_shards(unsigned shards, std::function<void(broker::Shard& shard)> ask,
                        std::function<void()> done) {
  struct Round {
    std::function<void(broker::Shard& shard)> ask;
    std::function<void()> done;
    std::atomic<unsigned> missing;
  };
  auto round = std::make_shared<Round>();
  round->ask = std::move(ask);
  round->done = std::move(done);
  round->missing = shards;
  Reactor& first = *reactors_.front();
  for (unsigned i = 0; i < shards; ++i) {
    Reactor& reactor = *reactors_[i];
    reactor.post([&first, &reactor, round] {
      round->ask(reactor.shard());
      // The last one's decrement sees what all the others have written.
      if (round->missing.fetch_sub(1, std::memory_order_acq_rel) == 1) first.post(round->done);
    });
  }
}

/// Files are read here, on the caller's thread.
Result<void> Engine::set_credentials(std::size_t remote, RemoteCredentials credentials) {
  auto update = std::make_shared<Remote::Update>();
  update->identity = std::make_shared<const RemoteIdentity>(credentials);
  if (credentials.tls) {
    RemoteLeafOpts options = context_.options.leaf.remotes[remote];
    options.tls = credentials.tls;
    update->tls = std::make_unique<RemoteTls>(context_, options, RemoteUrls::parse(options));
    update->tls_options = std::move(credentials.tls);
    if (auto loaded = update->tls->load(); !loaded) return loaded;
  }
  reactors_.front()->post([this, remote, update] { remotes_[remote]->update(*update); });
  return {};
}

void Engine::wake(base::ShardId shard) { reactors_[base::to_index(shard)]->wake(); }

broker::ShardStatistics Engine::statistics() const {
  broker::ShardStatistics total;
  for (unsigned i = 0; i < shards_at_work(); ++i) {
    total += reactors_[i]->statistics();
  }
  return total;
}

}  // namespace leafnats::net
