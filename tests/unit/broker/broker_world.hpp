// SPDX-License-Identifier: Apache-2.0
//
// Servers without sockets, threads or a clock of their own: shards joined by mailboxes as the
// engine joins them, connections that are two strings, seeded randomness, and a time that stands
// still until the test moves it. Whatever a test does, settle() then runs turns of every shard
// until nothing is left to do; a test that is about what happens in between takes the turns
// itself.
#pragma once

#include "auth/authenticator.hpp"
#include "base/random.hpp"
#include "broker/client_session.hpp"
#include "broker/context.hpp"
#include "broker/leaf_session.hpp"
#include "broker/loop_mark.hpp"
#include "broker/mailbox.hpp"
#include "broker/remote_link.hpp"
#include "broker/shard.hpp"
#include "broker/transport.hpp"
#include "broker/websocket_upgrade.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::broker::test {

class World;
class TestServer;

inline constexpr std::string_view quiet_connect = R"({"verbose":false,"pedantic":false})";
inline constexpr std::string_view modern_connect =
    R"({"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1})";

/// The other end of a session's connection: what a client or a server far away would be.
class Peer final : public Transport {
 public:
  Peer(World& world, unsigned shard) : world_(world), shard_(shard) {}

  /// Bytes go on their way; the session reads them in its shard's next turn.
  void say(std::string_view bytes) { unread_.append(bytes); }
  /// The same, then all that follows from it happens.
  void send(std::string_view bytes);
  /// What has arrived since the last time.
  std::string take() { return std::exchange(arrived_, {}); }
  std::string ask(std::string_view bytes) {
    send(bytes);
    return take();
  }
  /// Takes what has arrived and tells how many bytes it was; for streams nobody wants to see.
  std::size_t take_size() { return take().size(); }

  /// The peer takes no more bytes, so many more, or all that come.
  void block() { window_ = 0; }
  void accept(std::size_t bytes);
  void accept_all() { accept(unlimited); }

  /// The peer goes away; hang_up() leaves it to the next turn.
  void leave();
  void hang_up() { leaving_ = true; }

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool reading() const { return reading_; }
  [[nodiscard]] std::size_t unread() const { return unread_.size(); }
  [[nodiscard]] Session& session() const { return *session_; }
  [[nodiscard]] base::ConnectionId id() const { return id_; }
  [[nodiscard]] unsigned shard() const { return shard_; }

  // ---- For the server ----

  void attach(Session& session) {
    session_ = &session;
    id_ = session.id();
  }
  [[nodiscard]] bool has_input() const;
  /// What happened at this end since the last turn reaches the session.
  void run_turn();

  void flush(Outbox& outbox) override;
  void set_reading(bool on) override { reading_ = on; }
  void hand_over(Session& successor) override { attach(successor); }
  void close(Outbox& outbox) override;

 private:
  static constexpr std::size_t unlimited = ~std::size_t{0};

  void read();

  World& world_;
  const unsigned shard_;
  Session* session_ = nullptr;
  base::ConnectionId id_;
  std::string unread_;
  std::string arrived_;
  std::size_t window_ = unlimited;
  bool takes_again_ = false;
  bool leaving_ = false;
  bool reading_ = true;
  bool closed_ = false;
};

/// Whoever dials for a solicited link; writes down what it is told.
class FakeRemote final : public RemoteLink {
 public:
  struct Down {
    CloseReason reason;
    std::string detail;
    LinkReason cause;
  };

  [[nodiscard]] const RemoteLeafOpts& options() const override { return options_; }
  [[nodiscard]] UserInfo user_info() const override { return user_; }
  [[nodiscard]] std::string host() const override { return "127.0.0.1"; }
  [[nodiscard]] std::vector<std::unique_ptr<wire::StreamFilter>> make_filters() override {
    return std::move(filters_);
  }
  [[nodiscard]] bool proves() const override { return proves_; }
  void prove(base::ConnectionId connection, const std::string& nonce) override {
    asked_ = connection;
    nonces_.push_back(nonce);
  }
  void on_gossip(const std::vector<std::string>& urls) override { gossip_ = urls; }
  void on_up() override { ++ups_; }
  [[nodiscard]] const std::shared_ptr<LinkRecord>& record() const override { return record_; }
  void on_down(const End& end) override {
    downs_.push_back({end.close, std::string(end.detail), end.reason});
  }

  RemoteLeafOpts options_;
  std::shared_ptr<LinkRecord> record_ = std::make_shared<LinkRecord>();
  UserInfo user_;
  bool proves_ = false;
  base::ConnectionId asked_;         // who waits for a proof
  std::vector<std::string> nonces_;  // that were to be signed
  std::vector<std::string> gossip_;
  std::vector<std::unique_ptr<wire::StreamFilter>> filters_;  // of the next connection
  int ups_ = 0;
  std::vector<Down> downs_;
};

/// Asks the test for each answer; nullopt makes it a late one.
class FakeAuthenticator final : public auth::Authenticator {
 public:
  [[nodiscard]] bool required(auth::Entrance) const override { return required_; }
  [[nodiscard]] bool has_default_login(auth::Entrance) const override { return has_default_; }
  [[nodiscard]] bool wants_nonce(auth::Entrance) const override { return wants_nonce_; }
  std::optional<auth::Login> login(const auth::LoginRequest& request) override {
    requests_.push_back(request);
    return answer_(request);
  }
  static auth::Login accepted() {
    auth::Login login;
    login.accepted = true;
    return login;
  }

  bool required_ = true;
  bool has_default_ = false;
  bool wants_nonce_ = false;
  std::function<std::optional<auth::Login>(const auth::LoginRequest&)> answer_ =
      [](const auth::LoginRequest&) { return std::nullopt; };
  std::vector<auth::LoginRequest> requests_;
};

/// Keeps tasks until the test wants them done.
class HeldWorker final : public auth::Worker {
 public:
  bool submit(std::function<void()> task) override {
    tasks_.push_back(std::move(task));
    return true;
  }
  void work() {
    for (auto& task : std::exchange(tasks_, {})) task();
  }
  std::vector<std::function<void()>> tasks_;
};

class TestServer final : public Shell {
 public:
  struct Happening {
    EventKind kind;
    std::string name;
    std::string reason;
  };

  TestServer(World& world, Options options, unsigned shards);
  ~TestServer() override;

  /// A connection from a client (or a leaf node), with the greeting not yet taken.
  Peer& client(unsigned shard = 0);
  Peer& leaf(unsigned shard = 0);
  /// A connection to the WebSocket listener.
  Peer& websocket(unsigned shard = 0);
  /// A client that has logged in, greeting and answer taken.
  Peer& login(std::string_view connect = quiet_connect, unsigned shard = 0);
  /// A leaf node that has joined, with everything it was told so far taken.
  Peer& join(std::string_view connect = "{}", unsigned shard = 0);
  /// A connection to a hub, which the test plays.
  Peer& dial(FakeRemote& remote, unsigned shard = 0);

  /// One more shard, put to work while the others are.
  void add_shard();

  void turn(unsigned shard = 0);
  [[nodiscard]] bool has_work(unsigned shard) const;
  void wake(base::ShardId shard) override { woken_[base::to_index(shard)] = true; }

  [[nodiscard]] Context& context() { return context_; }
  [[nodiscard]] HeldWorker& worker() { return worker_; }
  [[nodiscard]] Shard& shard(unsigned index = 0) { return *shards_[index]; }
  [[nodiscard]] unsigned shards() const { return static_cast<unsigned>(shards_.size()); }
  [[nodiscard]] const std::vector<Happening>& happenings() const { return happenings_; }
  /// The reason of the last event of this kind; nullopt if there was none.
  [[nodiscard]] std::optional<std::string> last_reason(EventKind kind) const;
  /// The loop mark that the link to `peer` announces.
  [[nodiscard]] std::string lds(const Peer& peer) const {
    return loop_mark(context_.identity.loop_detection_subject, peer.id());
  }

 private:
  friend class World;
  void introduce();
  void prepare_upgrades();
  void start_shard();
  void attach(unsigned a, unsigned b);
  Peer& add_peer(unsigned shard);
  Mailbox& add_mailbox();

  World& world_;
  class SeededEntropy final : public base::Entropy {
   public:
    explicit SeededEntropy(std::uint64_t seed) : random_(seed) {}
    void fill(std::span<unsigned char> bytes) override {
      for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random_.next());
    }

   private:
    base::Random random_;
  } entropy_;
  /// The world's time, as if it had begun in 1970.
  class WorldClock final : public base::WallClock {
   public:
    explicit WorldClock(const World& world) : world_(world) {}
    [[nodiscard]] std::int64_t unix_ns() const override;

   private:
    const World& world_;
  } clock_;
  HeldWorker worker_;
  Context context_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::vector<Happening> happenings_;
  std::vector<std::unique_ptr<Mailbox>> mailboxes_;
  std::deque<std::unique_ptr<Peer>> peers_;
  std::vector<bool> woken_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

/// A leaf link between two servers, by its two ends and the remote that keeps it.
struct LeafLink {
  FakeRemote& remote;
  Peer& hub_end;
  Peer& spoke_end;
};

class World {
 public:
  /// `shards` overrides the options. Without a name the server is called "hub".
  TestServer& server(Options options = {}, unsigned shards = 1);

  /// A remote for TestServer::dial(); it lives as long as the world.
  FakeRemote& remote(RemoteLeafOpts options = {});

  /// `spoke` dials `hub`; both ends say what they have to say before it returns.
  LeafLink& link(TestServer& hub, TestServer& spoke, RemoteLeafOpts options = {},
                 unsigned hub_shard = 0, unsigned spoke_shard = 0);

  /// Turns of all shards, and bytes over the links, until nothing is left to do now.
  void settle();
  /// Time passes; what is due meanwhile happens at its time.
  void advance(std::chrono::nanoseconds time);

  [[nodiscard]] std::int64_t now() const { return now_ns_; }
  /// Of one more server: each has randomness of its own, the same in every run.
  [[nodiscard]] std::uint64_t next_seed() { return 0x5eed + ++seeds_; }

 private:
  bool carry(LeafLink& link);
  [[nodiscard]] std::int64_t next_deadline() const;

  std::int64_t now_ns_ = 1'000'000'000;
  std::uint64_t seeds_ = 0;
  std::deque<FakeRemote> remotes_;  // outlive the sessions that report to them
  std::deque<LeafLink> links_;
  std::vector<std::unique_ptr<TestServer>> servers_;
};

/// `PUB subject size` and a body of so many bytes that tell where they stand.
std::string publication(std::string_view subject, std::size_t size, std::string_view reply = {});
std::string body_of(std::size_t size);

/// How often `piece` occurs in `text`.
std::size_t count(std::string_view text, std::string_view piece);

/// The lines of `text`, sorted: for what may come in any order.
std::vector<std::string> sorted_lines(std::string_view text);

}  // namespace leafnats::broker::test
