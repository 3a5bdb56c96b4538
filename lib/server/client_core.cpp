// SPDX-License-Identifier: Apache-2.0
//
// First what any thread may call, then what runs on the shard's thread: wake-ups with their
// commands, deliveries, flush and drain, and the end.

#include "server/client_core.hpp"

#include "base/assert.hpp"
#include "server/client_limits.hpp"
#include "subject/grammar.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace leafnats::server {
namespace {

constexpr std::size_t without_limit = std::numeric_limits<std::size_t>::max();

// Sid of the shared inbox of requests; subscriptions of the host count on from it.
constexpr std::uint64_t inbox_sid = 1;

bool is_valid_queue(std::string_view queue) {
  return queue.find_first_of(std::string_view(" \t\r\n\f\0", 6)) == queue.npos;
}

Error invalid_subject(std::string_view subject) {
  return {Errc::invalid_argument, "invalid subject '" + std::string(subject) + "'"};
}

Error closed_error() { return {Errc::closed, {}}; }

}  // namespace

/// A posted task. Dropped by a server that has stopped, it takes the client out of use.
class ClientCore::WakeUp {
 public:
  explicit WakeUp(std::shared_ptr<ClientCore> client) : client_(std::move(client)) {}
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  ~WakeUp() {
    if (client_ != nullptr) client_->lost();
  }

  void run() { std::exchange(client_, nullptr)->run_wake_up(); }

 private:
  std::shared_ptr<ClientCore> client_;
};

class ClientCore::SettleTimer final : public broker::Timed {
 public:
  explicit SettleTimer(ClientCore& client) noexcept : client_(client) {}
  void on_deadline(std::int64_t) override { client_.retry_flushes(); }

 private:
  ClientCore& client_;
};

/// While the session works for us: what the host does in log and event callbacks meanwhile must
/// not reach it again.
class ClientCore::SessionCall {
 public:
  explicit SessionCall(ClientCore& client) noexcept
      : client_(client), before_(std::exchange(client.may_call_session_, false)) {}
  ~SessionCall() { client_.may_call_session_ = before_; }
  SessionCall(const SessionCall&) = delete;
  SessionCall& operator=(const SessionCall&) = delete;

 private:
  ClientCore& client_;
  const bool before_;
};

ClientCore::ClientCore(std::shared_ptr<net::ShardAccess> access, broker::AccountId account,
                       const ClientOptions& options)
    : access_(std::move(access)),
      account_(account),
      options_(options),
      max_payload_(access_->shard().context().options.max_payload),
      max_control_line_(access_->shard().context().options.max_control_line),
      queue_(options.outgoing_bytes_max),
      last_sid_(inbox_sid),
      requests_(*this, inbox_sid),
      settle_timer_(std::make_unique<SettleTimer>(*this)) {}

ClientCore::~ClientCore() { LEAFNATS_ASSERT(session_ == nullptr); }

// ---- Any thread ----

Result<void> ClientCore::check(const Publication& publication) const {
  const std::size_t size = publication.header_block.size() + publication.payload.size();
  if (size > max_payload_) {
    return Error{Errc::limit_exceeded, std::to_string(size) + " bytes are above max_payload"};
  }
  if (publication.subject.size() + publication.reply.size() > max_control_line_) {
    return Error{Errc::limit_exceeded, "the subjects are above max_control_line"};
  }
  if (!subject::is_valid_literal_subject(publication.subject)) {
    return invalid_subject(publication.subject);
  }
  if (!publication.reply.empty() && !subject::is_valid_literal_subject(publication.reply)) {
    return invalid_subject(publication.reply);
  }
  return {};
}

Result<void> ClientCore::check_subscription(std::string_view subject,
                                            std::string_view queue) const {
  if (subject.size() + queue.size() > max_control_line_) {
    return Error{Errc::limit_exceeded, "the subject is above max_control_line"};
  }
  if (!subject::is_valid_subject(subject)) return invalid_subject(subject);
  if (!is_valid_queue(queue)) {
    return Error{Errc::invalid_argument, "invalid queue group '" + std::string(queue) + "'"};
  }
  return {};
}

std::chrono::milliseconds ClientCore::wait_for_room() const {
  return on_shard_thread() ? std::chrono::milliseconds(0) : options_.publish_wait;
}

/// The second half of every way into the queue: the consumer is woken by whoever found it asleep.
Result<void> ClientCore::submit(const Result<bool>& added) {
  if (!added) return added.error();
  if (*added && !wake()) return closed_error();
  return {};
}

/// For what begins or ends: now, if we are in a callback of ours, and then behind what foreign
/// threads had queued before, which may be what it builds on.
Result<void> ClientCore::apply(Action action) {
  if (!direct()) return submit(queue_.add_unbounded(std::move(action)));
  run_commands(without_limit);
  const SessionCall call(*this);
  action(*this);
  return {};
}

// Not under the queue's lock: what drops tasks may call lost(), which takes it.
bool ClientCore::wake() {
  return access_->post(
      [wake_up = std::make_shared<WakeUp>(shared_from_this())] { wake_up->run(); });
}

// The server has stopped. May run beside the shard's last turn, so it touches what is shared only;
// the rest ends in on_closed(), which is still to come if the session was ever opened.
void ClientCore::lost() {
  closed_.store(true);
  queue_.close();
}

Result<void> ClientCore::publish(const Publication& publication) {
  if (closed()) return closed_error();
  if (auto valid = check(publication); !valid) return valid;
  if (!direct()) return submit(queue_.add(publication, wait_for_room()));
  // What happened before this call on another thread stays before it.
  run_commands(without_limit);
  const SessionCall call(*this);
  const Result<bool> found = session_->publish(publication.subject, publication.reply,
                                               publication.header_block, publication.payload);
  return found ? Result<void>() : found.error();
}

Result<std::shared_ptr<SubscriptionCore>> ClientCore::subscribe(std::string_view subject,
                                                                const SubscribeOptions& options,
                                                                MessageHandler handler) {
  if (closed() || draining_.load()) return closed_error();
  if (auto valid = check_subscription(subject, options.queue); !valid) return valid.error();
  auto subscription = std::make_shared<SubscriptionCore>(
      shared_from_this(), last_sid_.fetch_add(1, std::memory_order_relaxed) + 1, subject, options,
      std::move(handler));
  const Result<void> applied =
      apply([subscription](ClientCore& core) { core.enter(subscription); });
  if (!applied) return applied.error();
  return subscription;
}

Result<void> ClientCore::unsubscribe(SubscriptionCore& subscription) {
  const bool was_active = subscription.active();
  if (subscription.end() && !closed()) {
    // After a lost server there is nobody left to tell.
    (void)apply([sid = subscription.sid()](ClientCore& core) { core.forget(sid); });
  }
  return was_active && !closed() ? Result<void>() : closed_error();
}

Result<void> ClientCore::unsubscribe_after(const std::shared_ptr<SubscriptionCore>& subscription,
                                           std::uint32_t messages) {
  if (messages == 0) return Error{Errc::invalid_argument, "a maximum of 0 messages"};
  if (closed() || !subscription->active()) return closed_error();
  return apply(
      [subscription, messages](ClientCore& core) { core.set_max(*subscription, messages); });
}

Result<void> ClientCore::request(const Publication& request, std::chrono::milliseconds timeout,
                                 AnswerHandler handler) {
  if (closed() || draining_.load()) return closed_error();
  if (auto valid = check(request); !valid) return valid;
  auto completion = std::make_shared<Completion<Message>>(std::move(handler));
  if (direct()) {
    run_commands(without_limit);
    const SessionCall call(*this);
    auto begun = requests_.begin(*shard_, *session_, request, timeout, completion);
    if (!begun) completion->cancel();
    return begun;
  }
  Action action = [subject = std::string(request.subject),
                   header_block = std::string(request.header_block),
                   payload = std::string(request.payload), timeout, completion](ClientCore& core) {
    const Publication publication{subject, {}, header_block, payload};
    const auto begun =
        core.requests_.begin(*core.shard_, *core.session_, publication, timeout, completion);
    if (!begun) completion->finish(begun.error());
  };
  const Result<bool> added = queue_.add(std::move(action), request.size(), wait_for_room());
  if (!added) {
    completion->cancel();
    return added.error();
  }
  // Should that fail, the completion has told already.
  if (*added) (void)wake();
  return {};
}

Result<void> ClientCore::flush(DoneCompletion done) {
  return submit(
      queue_.add_unbounded([done = std::move(done)](ClientCore& core) { core.begin_flush(done); }));
}

Result<void> ClientCore::drain(DoneCompletion done) {
  if (closed() || draining_.exchange(true)) return closed_error();
  return submit(
      queue_.add_unbounded([done = std::move(done)](ClientCore& core) { core.begin_drain(done); }));
}

// Always by way of the queue: in a callback the session is at work and must not end under it.
void ClientCore::close() {
  closed_.store(true);
  (void)submit(queue_.add_last([](ClientCore& core) { core.close_requested_ = true; }));
}

bool ClientCore::callback_is_over(std::uint64_t sid) const {
  if (!on_shard_thread()) gate_.wait(sid);
  return !gate_.is_running(sid);
}

void ClientCore::on_pull_emptied() {
  if (!draining_.load()) return;
  (void)submit(queue_.add_unbounded([](ClientCore& core) { core.consider_drained(); }));
}

// ---- The shard's thread: commands ----

void ClientCore::open() {
  shard_ = &access_->shard();
  session_ = &shard_->open_local(*this, account_);
  self_ = shared_from_this();
}

void ClientCore::run_wake_up() {
  if (ended_) return;
  if (session_ == nullptr) open();
  run_commands(limits::client_turn_bytes);
  if (close_requested_) {
    shard_->close_local(*session_);
  } else if (!queue_.sleep()) {
    (void)wake();
  }
}

void ClientCore::run_commands(std::size_t cost_max) {
  const SessionCall call(*this);
  CommandQueue::Command command;
  for (std::size_t cost = 0; cost < cost_max && queue_.take(command); cost += command.cost) {
    execute(command);
  }
}

void ClientCore::execute(CommandQueue::Command& command) {
  if (command.action != nullptr) {
    // Taken out, so that what it holds ends with it.
    const Action action = std::move(*command.action);
    action(*this);
    return;
  }
  // Checked when it was queued; what the session still refuses has nobody to be told to.
  const Publication& publication = command.publication;
  (void)session_->publish(publication.subject, publication.reply, publication.header_block,
                          publication.payload);
}

void ClientCore::enter(const std::shared_ptr<SubscriptionCore>& subscription) {
  if (closed() || !subscription->active()) return;
  // Refused only for what was checked before; should that change, the host sees it inactive.
  if (session_->subscribe(subscription->sid(), subscription->subject(), subscription->queue(),
                          subscription->max())) {
    subscriptions_.emplace(subscription->sid(), subscription);
  } else {
    subscription->end();
  }
}

void ClientCore::forget(std::uint64_t sid) {
  session_->unsubscribe(sid, 0);
  const auto forgotten = subscriptions_.extract(sid);
}

void ClientCore::set_max(SubscriptionCore& subscription, std::uint32_t max) {
  if (subscriptions_.find(subscription.sid()) == subscriptions_.end()) return;
  session_->unsubscribe(subscription.sid(), max);
  if (!subscription.set_max(max)) return;
  if (!subscription.is_pull()) forget(subscription.sid());
  subscription.finish();
}

// ---- The shard's thread: deliveries ----

void ClientCore::on_messages(std::vector<broker::LocalDelivery>& messages) {
  // Whoever asked for the end of the turn before this call gets it when this call has handled
  // all; whoever asks during it has to wait for the next, as more may have been delivered.
  end_of_turn_asked_ = false;
  const auto flushed = std::exchange(flushing_, {});
  const bool drain_delivered = std::exchange(drain_armed_, false);
  for (const broker::LocalDelivery& delivery : messages) deliver(delivery);
  for (const DoneCompletion& done : flushed) done->finish({});
  if (drain_delivered) drain_delivered_ = true;
  consider_drained();
}

void ClientCore::deliver(const broker::LocalDelivery& delivery) {
  if (closed()) return;
  Message message;
  message.subject_ = delivery.subject;
  message.reply_ = delivery.reply;
  message.header_block_ = delivery.headers;
  message.payload_ = delivery.payload;
  message.client_ = this;
  if (delivery.sid == inbox_sid) {
    requests_.on_answer(message);
    return;
  }
  const auto found = subscriptions_.find(delivery.sid);
  if (found == subscriptions_.end()) return;
  // Kept: the callback may unsubscribe.
  const std::shared_ptr<SubscriptionCore> subscription = found->second;
  const bool last = subscription->count();
  if (subscription->is_pull()) {
    // One that has ended stays until its handle goes, so that a drain can wait for its messages.
    subscription->push(message);
  } else {
    if (last) subscriptions_.erase(found);
    call_back(
        subscription->sid(), [&] { return !closed() && subscription->active(); },
        [&] { subscription->handler()(message); });
  }
  if (last) subscription->finish();
}

void ClientCore::call_at_end_of_turn() {
  if (std::exchange(end_of_turn_asked_, true)) return;
  shard_->add_with_deliveries(*session_);
}

// ---- The shard's thread: flush and drain ----

void ClientCore::begin_flush(DoneCompletion done) {
  const std::uint64_t record = session_->last_record();
  if (shard_->await_settled(record)) {
    flushing_.push_back(std::move(done));
    call_at_end_of_turn();
    return;
  }
  settling_.push_back({record, std::move(done)});
  settle_retry_ns_ = limits::settle_retry_ns_min;
  shard_->timers().set(*settle_timer_, shard_->now() + settle_retry_ns_);
}

// A timer, because the shard tells nobody but its own sessions when others have acknowledged.
void ClientCore::retry_flushes() {
  std::erase_if(settling_, [&](Settling& waiting) {
    if (!shard_->settled(waiting.record)) return false;
    flushing_.push_back(std::move(waiting.done));
    return true;
  });
  if (!flushing_.empty()) call_at_end_of_turn();
  if (settling_.empty()) return;
  settle_retry_ns_ = std::min(2 * settle_retry_ns_, limits::settle_retry_ns_max);
  shard_->timers().set(*settle_timer_, shard_->now() + settle_retry_ns_);
}

// Interest ends first. What was collected for it before comes with on_messages() at the end of
// the turn; from then on only readers and requests can hold the drain up.
void ClientCore::begin_drain(DoneCompletion done) {
  drain_ = std::move(done);
  for (const auto& [sid, subscription] : subscriptions_) session_->unsubscribe(sid, 0);
  drain_armed_ = true;
  call_at_end_of_turn();
}

void ClientCore::consider_drained() {
  if (drain_ == nullptr || !drain_delivered_ || !requests_.empty()) return;
  const bool handled = std::all_of(subscriptions_.begin(), subscriptions_.end(),
                                   [](auto& entry) { return entry.second->pending() == 0; });
  if (!handled) return;
  drained_ = true;
  close();
}

// ---- The shard's thread: the end ----

// By close(), or by the server: then on the thread that ends the shard, after its last turn.
void ClientCore::on_closed() {
  const auto self = std::move(self_);
  closed_.store(true);
  ended_ = true;
  session_ = nullptr;
  queue_.close();
  queue_.drop_taken();
  shard_->timers().remove(*settle_timer_);
  requests_.end_all();
  const auto subscriptions = std::exchange(subscriptions_, {});
  for (const auto& [sid, subscription] : subscriptions) subscription->end();
  settling_.clear();
  flushing_.clear();
  if (drained_) drain_->finish({});
  drain_ = nullptr;
}

}  // namespace leafnats::server
