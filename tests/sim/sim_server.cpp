// SPDX-License-Identifier: Apache-2.0
//
// Turns as events, and shards put to work as net/engine.cpp does it.

#include "sim_server.hpp"

#include <algorithm>
#include <cstring>

namespace leafnats::sim {
namespace {

constexpr std::uint32_t tasks_per_turn_max = 8;

/// Mostly soon; now and then the thread was busy elsewhere.
std::int64_t draw_turn_delay(base::Random& random) {
  return one_in(random, 32) ? random.below(3'000) * us : random.below(30) * us;
}

}  // namespace

void SimServer::SimEntropy::fill(std::span<unsigned char> bytes) {
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random_.next() >> 56);
}

std::optional<auth::Login> SimServer::OpenDoor::login(const auth::LoginRequest& request) {
  auth::Login login;
  login.accepted = true;
  if (!one_in(server_.stage_.random, 4)) return login;
  server_.stage_.scheduler.after(
      server_.stage_.random.below(50) * ms,
      [&server = server_, connection = request.connection, login] {
        const unsigned i = base::to_index(connection.shard);
        server.post(i, [&server, i, connection, login] {
          server.shard(i).finish_login(connection, login);
        });
      });
  return std::nullopt;
}

SimServer::SimServer(Stage& stage, int index)
    : stage_(stage), index_(index), entropy_(stage.random), authenticator_(*this) {
  const ServerPlan& plan = stage.plan.servers[static_cast<std::size_t>(index)];
  Options& options = context_.options;
  options.server_name = fmt::format("s{}", index);
  options.max_pending = stage.plan.max_pending;
  options.write_deadline = std::chrono::milliseconds(stage.plan.write_deadline_ms);
  options.on_event = [this](const Event& event) {
    if (event.kind == EventKind::slow_consumer) slow_.insert(event.connection_id);
  };
  if (stage.journal.wants_lines()) {
    options.log_level = LogLevel::trace;
    options.log = [this](LogLevel, std::string_view line) { stage_.tell("s{}: {}", index_, line); };
  }
  context_.entropy = &entropy_;
  context_.authenticator = &authenticator_;
  introduce();
  shards_.resize(plan.shards);
  mailboxes_.resize(std::size_t{plan.shards} * plan.shards);
  for (unsigned i = 0; i < plan.shards; ++i) {
    shards_[i].shard = std::make_unique<broker::Shard>(base::ShardId{static_cast<std::uint8_t>(i)},
                                                       context_, *this);
  }
  for (unsigned i = 1; i < plan.shards_at_work; ++i) {
    activate(i);
    while (attachments_missing_ > 0) stage_.scheduler.run_next();
  }
}

SimServer::~SimServer() { ended_ = true; }

void SimServer::introduce() {
  const ServerPlan& plan = stage_.plan.servers[static_cast<std::size_t>(index_)];
  broker::Identity& identity = context_.identity;
  identity.server_id = base::make_server_id(entropy_);
  identity.server_name = context_.options.server_name;
  identity.cluster = plan.parent < 0 ? std::string() : identity.server_name;
  identity.loop_detection_subject = "$LDS." + base::make_nuid(entropy_);
  wire::ServerInfo info;
  info.server_id = identity.server_id;
  info.server_name = identity.server_name;
  info.version = "2.15.0";
  info.proto = 1;
  info.headers = true;
  info.max_payload = static_cast<std::int64_t>(context_.options.max_payload);
  identity.client_info = info;
  identity.leaf_info = info;
  identity.leaf_info.auth_required = true;
  identity.leaf_info.cluster = identity.cluster;
  identity.leaf_info.info_on_connect = true;
  identity.leaf_info.leafnode_urls = {fmt::format("10.0.0.{}:7422", index_)};
}

// ---- Shards at work ----

unsigned SimServer::place() { return stage_.random.below(at_work_); }

void SimServer::activate_next() {
  if (at_work_ < shards_.size() && attachments_missing_ == 0) activate(at_work_);
}

void SimServer::activate(unsigned index) {
  stage_.tell("s{}: shard {} is put to work", index_, index);
  for (unsigned other = 0; other < index; ++other) {
    mailboxes_[other * shards_.size() + index] = std::make_unique<broker::Mailbox>();
    mailboxes_[index * shards_.size() + other] = std::make_unique<broker::Mailbox>();
  }
  attachments_missing_ = index;
  for (unsigned other = 0; other < index; ++other) attach_pair(other, index);
}

void SimServer::attach_pair(unsigned veteran, unsigned novice) {
  post(novice, [this, veteran, novice] {
    shard(novice).attach_peer(shard(veteran).id(), mailbox(novice, veteran),
                              mailbox(veteran, novice));
    post(veteran, [this, veteran, novice] {
      shard(veteran).attach_peer(shard(novice).id(), mailbox(veteran, novice),
                                 mailbox(novice, veteran));
      post(novice, [this, novice] {
        shard(novice).apply_mailboxes();
        post(0, [this, novice] {
          if (--attachments_missing_ == 0) at_work_ = novice + 1;
        });
      });
    });
  });
}

// ---- Turns ----

void SimServer::post(unsigned i, std::function<void()> task) {
  if (ended_) return;  // the last words of sessions while their shard is destroyed
  shards_[i].tasks.push_back(std::move(task));
  plan_turn(i);
}

void SimServer::add_after_turn(unsigned i, std::function<void()> hook) {
  shards_[i].after_turn.push_back(std::move(hook));
}

void SimServer::wake(base::ShardId id) {
  const unsigned i = base::to_index(id);
  if (std::exchange(shards_[i].woken, true)) return;
  post(i, [this, i] {
    shards_[i].woken = false;
    shard(i).apply_mailboxes();
  });
}

void SimServer::plan_turn(unsigned i) {
  if (std::exchange(shards_[i].turn_planned, true)) return;
  const std::int64_t soon = stage_.scheduler.now() + draw_turn_delay(stage_.random);
  stage_.scheduler.at(std::max(soon, shards_[i].asleep_until_ns), [this, i] { turn(i); });
}

void SimServer::nap(unsigned i, std::int64_t duration_ns) {
  stage_.tell("s{}: shard {} naps for {} ms", index_, i, duration_ns / ms);
  shards_[i].asleep_until_ns = stage_.scheduler.now() + duration_ns;
}

void SimServer::turn(unsigned i) {
  SimShard& self = shards_[i];
  self.turn_planned = false;
  stage_.journal.mix(static_cast<std::uint64_t>(index_) * 64 + i);
  self.shard->begin_turn(stage_.scheduler.now());
  std::uint32_t budget = 1 + stage_.random.below(tasks_per_turn_max);
  for (; budget > 0 && !self.tasks.empty(); --budget) {
    const std::function<void()> task = std::move(self.tasks.front());
    self.tasks.pop_front();
    task();
  }
  self.shard->run_timers();
  self.shard->end_turn();
  for (auto& hook : self.after_turn) hook();
  if (!self.tasks.empty()) plan_turn(i);
  arm_timer(i);
}

void SimServer::arm_timer(unsigned i) {
  SimShard& self = shards_[i];
  const std::int64_t deadline = self.shard->next_deadline();
  if (deadline >= self.armed_for_ns) return;
  self.armed_for_ns = deadline;
  stage_.scheduler.at(
      deadline,
      [this, i, deadline] {
        if (shards_[i].armed_for_ns != deadline) return;
        shards_[i].armed_for_ns = broker::Timed::never;
        plan_turn(i);
      },
      Scheduler::Kind::timer);
}

// ---- At rest ----

bool SimServer::idle() const {
  return attachments_missing_ == 0 &&
         std::all_of(shards_.begin(), shards_.end(), [](const SimShard& self) {
           return self.tasks.empty() && self.shard->pending_bytes() == 0;
         });
}

std::size_t SimServer::sessions() const {
  std::size_t sessions = 0;
  for (const SimShard& self : shards_) sessions += self.shard->sessions();
  return sessions;
}

std::int64_t SimServer::subscriptions() const {
  std::int64_t subscriptions = 0;
  for (const SimShard& self : shards_) {
    subscriptions += std::as_const(*self.shard).statistics().subscriptions;
  }
  return subscriptions;
}

}  // namespace leafnats::sim
