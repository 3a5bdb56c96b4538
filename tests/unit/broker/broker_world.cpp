// SPDX-License-Identifier: Apache-2.0
//
// Turns, time and bytes of servers in memory.

#include "broker_world.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace leafnats::broker::test {

// ---- Peer ----

void Peer::send(std::string_view bytes) {
  say(bytes);
  world_.settle();
}

void Peer::accept(std::size_t bytes) {
  window_ = bytes == unlimited ? unlimited : window_ + bytes;
  takes_again_ = true;
  world_.settle();
}

void Peer::leave() {
  hang_up();
  world_.settle();
}

bool Peer::has_input() const {
  if (closed_) return false;
  return leaving_ || takes_again_ || (reading_ && !unread_.empty());
}

void Peer::run_turn() {
  if (std::exchange(takes_again_, false)) session_->writable();
  read();
  if (leaving_ && !session_->closing()) session_->peer_closed(CloseReason::client_closed);
}

void Peer::read() {
  while (reading_ && !unread_.empty() && !session_->closing()) {
    const std::span<char> space = session_->receive_space();
    const std::size_t size = std::min(space.size(), unread_.size());
    std::memcpy(space.data(), unread_.data(), size);
    unread_.erase(0, size);
    session_->received(size);
  }
}

void Peer::flush(Outbox& outbox) {
  std::array<Outbox::Range, 16> ranges;
  while (window_ > 0 && !outbox.empty()) {
    const std::size_t count = outbox.gather(ranges);
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count && window_ > 0; ++i) {
      const std::size_t part = std::min(ranges[i].size, window_);
      arrived_.append(ranges[i].data, part);
      taken += part;
      if (window_ != unlimited) window_ -= part;
    }
    outbox.consume(taken);
  }
}

void Peer::close(Outbox& outbox) {
  if (!leaving_) flush(outbox);
  session_ = nullptr;
  closed_ = true;
}

// ---- TestServer ----

TestServer::TestServer(World& world, Options options, unsigned shards)
    : world_(world), entropy_(world.next_seed()), clock_(world) {
  options.shards = shards;
  if (options.server_name.empty()) options.server_name = "hub";
  options.on_event = [this](const Event& event) {
    happenings_.push_back({event.kind, std::string(event.name), std::string(event.reason)});
  };
  context_.options = std::move(options);
  context_.entropy = &entropy_;
  context_.clock = &clock_;
  const Result<void> linked = context_.accounts.configure(context_.options);
  LEAFNATS_ASSERT(linked.has_value());
  authenticator_ = auth::make_option_authenticator(
      context_.options, worker_, [this](base::ConnectionId connection, const auth::Login& login) {
        Shard& owner = shard(base::to_index(connection.shard));
        owner.begin_turn(world_.now());
        owner.finish_login(connection, login);
        owner.end_turn();
      });
  context_.authenticator = authenticator_.get();
  introduce();
  prepare_upgrades();
  for (unsigned i = 0; i < shards; ++i) start_shard();
}

TestServer::~TestServer() = default;

std::int64_t TestServer::WorldClock::unix_ns() const { return world_.now(); }

void TestServer::introduce() {
  Identity& identity = context_.identity;
  const Options& options = context_.options;
  identity.server_id = base::make_server_id(entropy_);
  identity.server_name = options.server_name;
  identity.cluster = options.leaf.remotes.empty() ? std::string() : options.server_name;
  identity.loop_detection_subject = "$LDS." + base::make_nuid(entropy_);
  wire::ServerInfo info;
  info.server_id = identity.server_id;
  info.server_name = identity.server_name;
  info.version = "2.15.0";
  info.proto = 1;
  info.headers = !options.no_header_support;
  info.max_payload = static_cast<std::int64_t>(options.max_payload);
  identity.client_info = info;
  identity.client_info.auth_required =
      authenticator_->required(auth::Entrance::client) && options.no_auth_user.empty();
  identity.websocket_info = identity.client_info;
  identity.websocket_info.host = "127.0.0.1";
  identity.websocket_info.port = 8080;
  identity.leaf_info = info;
  identity.leaf_info.auth_required = true;
  identity.leaf_info.cluster = identity.cluster;
  identity.leaf_info.info_on_connect = true;
  identity.leaf_info.leafnode_urls = {"127.0.0.1:7422"};
}

void TestServer::prepare_upgrades() {
#ifdef LEAFNATS_HAVE_WEBSOCKET
  if (context_.options.websocket) {
    context_.upgrade_policy = make_upgrade_policy(context_.options);
  }
#endif
}

void TestServer::start_shard() {
  const unsigned index = shards();
  const base::ShardId id{static_cast<std::uint8_t>(index)};
  shards_.push_back(std::make_unique<Shard>(id, context_, *this));
  shards_.back()->begin_turn(world_.now());
  woken_.push_back(false);
  for (unsigned other = 0; other < index; ++other) attach(other, index);
}

void TestServer::add_shard() {
  start_shard();
  world_.settle();
}

Mailbox& TestServer::add_mailbox() {
  mailboxes_.push_back(std::make_unique<Mailbox>());
  return *mailboxes_.back();
}

void TestServer::attach(unsigned a, unsigned b) {
  Mailbox& down = add_mailbox();
  Mailbox& up = add_mailbox();
  shards_[b]->attach_peer(shards_[a]->id(), up, down);
  shards_[a]->attach_peer(shards_[b]->id(), down, up);
}

Peer& TestServer::add_peer(unsigned shard) {
  peers_.push_back(std::make_unique<Peer>(world_, shard));
  shards_[shard]->begin_turn(world_.now());
  return *peers_.back();
}

Peer& TestServer::client(unsigned shard) {
  Peer& peer = add_peer(shard);
  peer.attach(shards_[shard]->accept_client(peer, "127.0.0.1:5000"));
  shards_[shard]->end_turn();
  world_.settle();
  return peer;
}

Peer& TestServer::leaf(unsigned shard) {
  Peer& peer = add_peer(shard);
  peer.attach(shards_[shard]->accept_leaf(peer, "127.0.0.1:6000"));
  shards_[shard]->end_turn();
  world_.settle();
  return peer;
}

#ifdef LEAFNATS_HAVE_WEBSOCKET
Peer& TestServer::websocket(unsigned shard) {
  Peer& peer = add_peer(shard);
  peer.attach(shards_[shard]->accept_websocket(peer, "127.0.0.1:8000"));
  shards_[shard]->end_turn();
  world_.settle();
  return peer;
}
#endif

Peer& TestServer::dial(FakeRemote& remote, unsigned shard) {
  Peer& peer = add_peer(shard);
  peer.attach(shards_[shard]->solicit_leaf(peer, "127.0.0.1:7422", remote));
  shards_[shard]->end_turn();
  world_.settle();
  return peer;
}

Peer& TestServer::login(std::string_view connect, unsigned shard) {
  Peer& peer = client(shard);
  peer.send("CONNECT " + std::string(connect) + "\r\n");
  peer.take();
  return peer;
}

Peer& TestServer::join(std::string_view connect, unsigned shard) {
  Peer& peer = leaf(shard);
  peer.send("CONNECT " + std::string(connect) + "\r\n");
  peer.take();
  return peer;
}

bool TestServer::has_work(unsigned shard) const {
  return woken_[shard] || shards_[shard]->next_deadline() <= world_.now() ||
         std::any_of(peers_.begin(), peers_.end(), [&](const auto& peer) {
           return peer->shard() == shard && peer->has_input();
         });
}

void TestServer::turn(unsigned shard) {
  Shard& turning = *shards_[shard];
  woken_[shard] = false;
  turning.begin_turn(world_.now());
  for (const auto& peer : peers_) {
    if (peer->shard() == shard && peer->has_input()) peer->run_turn();
  }
  turning.apply_mailboxes();
  turning.run_timers();
  turning.end_turn();
}

std::optional<std::string> TestServer::last_reason(EventKind kind) const {
  const auto found = std::find_if(happenings_.rbegin(), happenings_.rend(),
                                  [&](const Happening& event) { return event.kind == kind; });
  if (found == happenings_.rend()) return std::nullopt;
  return found->reason;
}

// ---- World ----

TestServer& World::server(Options options, unsigned shards) {
  servers_.push_back(std::make_unique<TestServer>(*this, std::move(options), shards));
  settle();
  return *servers_.back();
}

FakeRemote& World::remote(RemoteLeafOpts options) {
  FakeRemote& remote = remotes_.emplace_back();
  remote.options_ = std::move(options);
  return remote;
}

LeafLink& World::link(TestServer& hub, TestServer& spoke, RemoteLeafOpts options,
                      unsigned hub_shard, unsigned spoke_shard) {
  FakeRemote& remote = this->remote(std::move(options));
  Peer& hub_end = hub.leaf(hub_shard);
  LeafLink& link = links_.emplace_back(LeafLink{remote, hub_end, spoke.dial(remote, spoke_shard)});
  settle();
  return link;
}

bool World::carry(LeafLink& link) {
  const auto move_bytes = [](Peer& from, Peer& to) {
    const std::string bytes = from.take();
    if (!to.closed()) to.say(bytes);
    return !bytes.empty();
  };
  bool moved = move_bytes(link.hub_end, link.spoke_end);
  moved |= move_bytes(link.spoke_end, link.hub_end);
  if (moved) return true;
  // The end of one side reaches the other behind its last bytes.
  if (link.hub_end.closed() == link.spoke_end.closed()) return false;
  Peer& left = link.hub_end.closed() ? link.spoke_end : link.hub_end;
  if (left.unread() > 0) return false;
  left.hang_up();
  return true;
}

void World::settle() {
  for (bool worked = true; worked;) {
    worked = false;
    for (const auto& server : servers_) {
      for (unsigned i = 0; i < server->shards(); ++i) {
        if (!server->has_work(i)) continue;
        server->turn(i);
        worked = true;
      }
    }
    for (LeafLink& link : links_) worked |= carry(link);
  }
}

std::int64_t World::next_deadline() const {
  std::int64_t next = Timed::never;
  for (const auto& server : servers_) {
    for (const auto& shard : server->shards_) next = std::min(next, shard->next_deadline());
  }
  return next;
}

void World::advance(std::chrono::nanoseconds time) {
  const std::int64_t target = now_ns_ + time.count();
  while (next_deadline() <= target) {
    now_ns_ = std::max(now_ns_, next_deadline());
    settle();
  }
  now_ns_ = target;
  settle();
}

// ---- Texts ----

std::string body_of(std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * 7 % 26);
  return body;
}

std::string publication(std::string_view subject, std::size_t size, std::string_view reply) {
  std::string text = "PUB " + std::string(subject) + " ";
  if (!reply.empty()) text += std::string(reply) + " ";
  return text + std::to_string(size) + "\r\n" + body_of(size) + "\r\n";
}

std::size_t count(std::string_view text, std::string_view piece) {
  std::size_t found = 0;
  for (std::size_t at = text.find(piece); at != text.npos; at = text.find(piece, at + 1)) ++found;
  return found;
}

std::vector<std::string> sorted_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace leafnats::broker::test
