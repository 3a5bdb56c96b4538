// SPDX-License-Identifier: Apache-2.0
//
// What is behind a Client: the bridge from host threads to a LocalSession on one shard.
//
// Foreign threads put what they want into a CommandQueue and post one wake-up when the shard has
// none from us under way. Within a callback of this client on the shard's thread the same calls
// go straight to the session, after what foreign threads had queued before, so that one order
// holds for all. Everywhere else on that thread (in the host's log and event callbacks, which
// may come from the middle of routing) they take the queue as well.
//
// Ownership: shared by the handles, by messages that were kept, by wake-ups under way, and, while
// the session is open, by itself: the session holds a bare reference to its sink.
// Thread: said at each part. A Client outlives its server safely: the session's end, or the drop
// of a wake-up, closes the queue, and with it every call answers Errc::closed.
#pragma once

#include "broker/local_session.hpp"
#include "broker/shard.hpp"
#include "net/shard_access.hpp"
#include "server/client_completion.hpp"
#include "server/client_gate.hpp"
#include "server/client_queue.hpp"
#include "server/client_requests.hpp"
#include "server/subscription_core.hpp"

#include <leafnats/client.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leafnats::server {

using DoneCompletion = std::shared_ptr<Completion<void>>;

/// A client of the shard behind `access`; null: one that is closed. Reads the options of the
/// shard's context, which must not change while the server runs.
Client make_client(std::shared_ptr<net::ShardAccess> access, const ClientOptions& options = {},
                   broker::AccountId account = broker::AccountId::global);

class ClientCore final : public broker::LocalSink, public std::enable_shared_from_this<ClientCore> {
 public:
  ClientCore(std::shared_ptr<net::ShardAccess> access, broker::AccountId account,
             const ClientOptions& options);
  ~ClientCore() override;

  // ---- Any thread ----

  Result<void> publish(const Publication& publication);
  Result<std::shared_ptr<SubscriptionCore>> subscribe(std::string_view subject,
                                                      const SubscribeOptions& options,
                                                      MessageHandler handler);
  Result<void> unsubscribe(SubscriptionCore& subscription);
  Result<void> unsubscribe_after(const std::shared_ptr<SubscriptionCore>& subscription,
                                 std::uint32_t messages);
  Result<void> request(const Publication& request, std::chrono::milliseconds timeout,
                       AnswerHandler handler);
  Result<void> flush(DoneCompletion done);
  Result<void> drain(DoneCompletion done);
  void close();

  /// Whether calls are refused. Sequentially consistent, see CallbackGate.
  [[nodiscard]] bool closed() const noexcept { return closed_.load(); }
  [[nodiscard]] bool on_shard_thread() const { return access_->on_shard_thread(); }

  /// Whether no callback for `sid` (0: for any) runs; foreign threads wait until it is so.
  bool callback_is_over(std::uint64_t sid) const;

  /// A pull subscription has handed out its last message: a drain may wait for that.
  void on_pull_emptied();

  // ---- The shard's thread ----

  void on_messages(std::vector<broker::LocalDelivery>& messages) override;
  void on_closed() override;

  /// Calls the host: `call` may use this client directly. Not if `may_begin` says no.
  template <class MayBegin, class Call>
  void call_back(std::uint64_t sid, MayBegin&& may_begin, Call&& call) {
    gate_.pass(sid, may_begin, [&] {
      may_call_session_ = true;
      call();
      may_call_session_ = false;
    });
  }

  /// Ends a drain if nothing is left to wait for.
  void consider_drained();

 private:
  class WakeUp;
  class SettleTimer;
  class SessionCall;
  struct Settling {
    std::uint64_t record;
    DoneCompletion done;
  };

  // Any thread:
  [[nodiscard]] Result<void> check(const Publication& publication) const;
  [[nodiscard]] Result<void> check_subscription(std::string_view subject,
                                                std::string_view queue) const;
  [[nodiscard]] bool direct() const { return on_shard_thread() && may_call_session_; }
  [[nodiscard]] std::chrono::milliseconds wait_for_room() const;
  Result<void> submit(const Result<bool>& added);
  Result<void> apply(Action action);
  bool wake();
  void lost();

  // The shard's thread:
  void open();
  void run_wake_up();
  void run_commands(std::size_t cost_max);
  void execute(CommandQueue::Command& command);
  void deliver(const broker::LocalDelivery& delivery);
  void enter(const std::shared_ptr<SubscriptionCore>& subscription);
  void forget(std::uint64_t sid);
  void set_max(SubscriptionCore& subscription, std::uint32_t max);
  void begin_flush(DoneCompletion done);
  void retry_flushes();
  void begin_drain(DoneCompletion done);
  void call_at_end_of_turn();

  const std::shared_ptr<net::ShardAccess> access_;
  const broker::AccountId account_;
  const ClientOptions options_;
  const std::size_t max_payload_;
  const std::size_t max_control_line_;

  CommandQueue queue_;
  CallbackGate gate_;
  std::atomic<std::uint64_t> last_sid_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> draining_{false};

  // The shard's thread alone:
  std::shared_ptr<ClientCore> self_;         // while the session is open
  broker::Shard* shard_ = nullptr;           // since it was opened
  broker::LocalSession* session_ = nullptr;  // while it is open
  bool ended_ = false;                       // it was open and is not any more
  bool may_call_session_ = false;            // in a callback of ours, not in a call to the session
  bool close_requested_ = false;
  std::unordered_map<std::uint64_t, std::shared_ptr<SubscriptionCore>> subscriptions_;
  RequestTable requests_;

  std::unique_ptr<SettleTimer> settle_timer_;
  std::int64_t settle_retry_ns_ = 0;
  std::vector<Settling> settling_;  // wait until all shards know

  bool end_of_turn_asked_ = false;        // on_messages() will be called when the turn ends
  std::vector<DoneCompletion> flushing_;  // wait for that
  bool drain_armed_ = false;              // so does this drain
  DoneCompletion drain_;                  // while draining
  bool drain_delivered_ = false;          // all that was delivered has been handed over
  bool drained_ = false;
};

/// Opens the one private field of a public handle to this layer.
struct ClientAccess {
  static Client make(std::shared_ptr<ClientCore> core);
};

}  // namespace leafnats::server
