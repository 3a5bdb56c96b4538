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
  Stage& stage = server_.stage_;
  auth::Login login;
  login.accepted = true;
  login.user = request.user;
  const auto user = stage.users.find(request.user);
  if (user != stage.users.end()) login.permissions = user->second;
  if (!one_in(stage.random, 4)) return login;
  server_.plan_event(
      stage.scheduler.now() + stage.random.below(50) * ms,
      [&server = server_, connection = request.connection, login] {
        const unsigned i = base::to_index(connection.shard);
        server.post(i, [&server, i, connection, login] {
          server.shard(i).finish_login(connection, login);
        });
      },
      Scheduler::Kind::work);
  return std::nullopt;
}

SimServer::SimServer(Stage& stage, int index, const ServerPlan& plan)
    : stage_(stage), index_(index), plan_(plan), entropy_(stage.random) {
  start();
}

SimServer::~SimServer() { process_->ended = true; }

void SimServer::restart() {
  stage_.tell("s{} dies and starts anew", index_);
  process_->ended = true;
  process_.reset();
  suspended_.clear();
  start();
}

void SimServer::start() {
  ++processes_;
  process_ = std::make_unique<Process>(*this);
  broker::Context& context = process_->context;
  configure(context.options);
  context.entropy = &entropy_;
  context.authenticator = &process_->door;
  introduce();
  process_->shards.resize(plan_.shards);
  process_->mailboxes.resize(std::size_t{plan_.shards} * plan_.shards);
  for (unsigned i = 0; i < plan_.shards; ++i) {
    process_->shards[i].shard = std::make_unique<broker::Shard>(
        base::ShardId{static_cast<std::uint8_t>(i)}, context, *this);
  }
  if (plan_.shards_at_work > 1) activate(1);
}

void SimServer::configure(Options& options) {
  options.server_name = fmt::format("s{}", index_);
  options.max_pending = stage_.plan.max_pending;
  if (stage_.plan.weather.thin_links) {
    options.leaf.authorization.timeout = std::chrono::seconds(10);
  }
  options.leaf.compression.mode = plan_.compression;
  options.leaf.isolate_leafnode_interest = plan_.isolate;
  options.write_deadline = std::chrono::milliseconds(stage_.plan.write_deadline_ms);
  options.on_event = [this](const Event& event) {
    if (process_ == nullptr) return;
    if (event.kind == EventKind::slow_consumer) process_->slow.insert(event.connection_id);
    if (event.kind == EventKind::leaf_suspended) {
      suspended_.insert(event.connection_id);
      stage_.model.topology().break_links_of(index_);
    }
    if (event.kind == EventKind::leaf_resumed || event.kind == EventKind::leaf_lost) {
      suspended_.erase(event.connection_id);
    }
  };
  if (!stage_.journal.wants_lines()) return;
  options.log_level = LogLevel::trace;
  options.log = [this](LogLevel, std::string_view line) { stage_.tell("s{}: {}", index_, line); };
}

void SimServer::introduce() {
  broker::Context& context = process_->context;
  broker::Identity& identity = context.identity;
  identity.server_id = base::make_server_id(entropy_);
  identity.server_name = context.options.server_name;
  identity.cluster = plan_.cluster;
  identity.loop_detection_subject = "$LDS." + base::make_nuid(entropy_);
  wire::ServerInfo info;
  info.server_id = identity.server_id;
  info.server_name = identity.server_name;
  info.version = "2.15.0";
  info.proto = 1;
  info.headers = true;
  info.max_payload = static_cast<std::int64_t>(context.options.max_payload);
  identity.client_info = info;
  identity.leaf_info = info;
  identity.leaf_info.auth_required = true;
  identity.leaf_info.cluster = identity.cluster;
  identity.leaf_info.info_on_connect = true;
  identity.leaf_info.leafnode_urls = {fmt::format("10.0.0.{}:7422", index_)};
}

// ---- Shards at work ----

unsigned SimServer::place() { return stage_.random.below(process_->at_work); }

void SimServer::activate_next() {
  if (process_->at_work < plan_.shards && !starting()) activate(process_->at_work);
}

void SimServer::activate(unsigned index) {
  stage_.tell("s{}: shard {} is put to work", index_, index);
  const std::uint32_t batches = stage_.plan.mailbox_batches;
  for (unsigned other = 0; other < index; ++other) {
    for (const unsigned i : {other * plan_.shards + index, index * plan_.shards + other}) {
      process_->mailboxes[i] = std::make_unique<broker::Mailbox>(batches);
    }
  }
  process_->attachments_missing = index;
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
        post(0, [this, novice] { attached(novice); });
      });
    });
  });
}

void SimServer::attached(unsigned novice) {
  if (--process_->attachments_missing > 0) return;
  process_->at_work = novice + 1;
  if (process_->at_work < plan_.shards_at_work) activate(process_->at_work);
}

// ---- Turns ----

void SimServer::post(unsigned i, std::function<void()> task) {
  // The last words of sessions while their shard is destroyed.
  if (process_ == nullptr || process_->ended) return;
  process_->shards[i].tasks.push_back(std::move(task));
  plan_turn(i);
}

void SimServer::add_after_turn(unsigned i, std::function<void()> hook) {
  process_->shards[i].after_turn.push_back(std::move(hook));
}

void SimServer::wake(base::ShardId id) {
  const unsigned i = base::to_index(id);
  if (std::exchange(process_->shards[i].woken, true)) return;
  post(i, [this, i] {
    process_->shards[i].woken = false;
    shard(i).apply_mailboxes();
  });
}

void SimServer::plan_turn(unsigned i) {
  if (std::exchange(process_->shards[i].turn_planned, true)) return;
  const std::int64_t soon = stage_.scheduler.now() + draw_turn_delay(stage_.random);
  plan_event(std::max(soon, process_->shards[i].asleep_until_ns), [this, i] { turn(i); },
             Scheduler::Kind::work);
}

void SimServer::plan_event(std::int64_t when_ns, std::function<void()> event,
                           Scheduler::Kind kind) {
  stage_.scheduler.at(
      when_ns,
      [this, process = processes_, event = std::move(event)] {
        if (process == processes_) event();
      },
      kind);
}

void SimServer::nap(unsigned i, std::int64_t duration_ns) {
  stage_.tell("s{}: shard {} naps for {} ms", index_, i, duration_ns / ms);
  process_->shards[i].asleep_until_ns = stage_.scheduler.now() + duration_ns;
}

void SimServer::turn(unsigned i) {
  SimShard& self = process_->shards[i];
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
  SimShard& self = process_->shards[i];
  const std::int64_t deadline = self.shard->next_deadline();
  if (deadline >= self.armed_for_ns) return;
  self.armed_for_ns = deadline;
  plan_event(
      deadline,
      [this, i, deadline] {
        if (process_->shards[i].armed_for_ns != deadline) return;
        process_->shards[i].armed_for_ns = broker::Timed::never;
        plan_turn(i);
      },
      Scheduler::Kind::timer);
}

// ---- At rest ----

bool SimServer::idle() const {
  return !starting() &&
         std::all_of(process_->shards.begin(), process_->shards.end(), [](const SimShard& self) {
           return self.tasks.empty() && self.shard->pending_bytes() == 0;
         });
}

std::size_t SimServer::sessions() const {
  std::size_t sessions = 0;
  for (const SimShard& self : process_->shards) sessions += self.shard->sessions();
  return sessions;
}

std::int64_t SimServer::subscriptions() const {
  std::int64_t subscriptions = 0;
  for (const SimShard& self : process_->shards) {
    subscriptions += std::as_const(*self.shard).statistics().subscriptions;
  }
  return subscriptions;
}

}  // namespace leafnats::sim
