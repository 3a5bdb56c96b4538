// SPDX-License-Identifier: Apache-2.0
//
// An in-process client: the host's subscriptions and publications, without a socket, a parser or
// an encoder. Deliveries are collected while messages are routed and handed to the sink when the
// turn ends, so that a callback may publish, subscribe and unsubscribe as it likes.
//
// Ownership: the shard owns it, like every session.
// Thread: its shard's; <leafnats/client.hpp> marshals for other threads.
#pragma once

#include "base/slab.hpp"
#include "broker/message.hpp"
#include "broker/session.hpp"
#include "broker/sid_table.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

/// A delivered message. Lifetime: its views are good during LocalSink::on_messages().
struct LocalDelivery {
  std::uint64_t sid;
  std::string_view subject;
  std::string_view reply;
  std::string_view headers;   ///< the whole header block, or empty
  std::string_view payload;
  base::ConnectionId publisher;  ///< number 0: this server itself
};

/// Who takes what an in-process client receives. Runs on the shard's thread, inside a turn.
class LocalSink {
 public:
  virtual ~LocalSink() = default;
  virtual void on_messages(std::vector<LocalDelivery>& messages) = 0;
  virtual void on_closed() = 0;
};

class LocalSession final : public Subscriber {
 public:
  LocalSession(Shard& shard, base::ConnectionId id, Account& account, LocalSink& sink);
  ~LocalSession();

  /// Subscribes under `sid`, which the caller chooses and has not used yet; `max` 0: no limit.
  Result<void> subscribe(std::uint64_t sid, std::string_view subject, std::string_view queue,
                         std::uint32_t max);
  /// `max` 0: at once; else after so many deliveries in all. Unknown sids are ignored.
  void unsubscribe(std::uint64_t sid, std::uint32_t max);

  /// Publishes; `headers` is a whole header block or empty. Returns whether anybody was found.
  Result<bool> publish(std::string_view subject, std::string_view reply, std::string_view headers,
                       std::string_view payload);

  // ---- For monitoring ----
  [[nodiscard]] Account& account() const noexcept { return account_; }
  [[nodiscard]] std::size_t subscription_count() const noexcept { return sids_.size(); }
  void for_each_subscription(const Session::SubscriptionVisit& visit) const;

  // ---- Called by the router ----
  bool deliver(ClientSubscription& subscription, const Message& message, const Origin& origin,
               std::vector<ClientSubscription*>& finished);
  void remove(ClientSubscription& subscription);

  // ---- Called by the shard ----

  /// Hands over what was collected.
  void run_sink();
  /// Ends all subscriptions and tells the sink.
  void close();

  /// The last record to another shard that this session caused; see PeerShard::settled().
  [[nodiscard]] std::uint64_t last_record() const noexcept { return last_record_; }

 private:
  Shard& shard_;
  Account& account_;
  LocalSink& sink_;
  SidTable sids_;
  struct Pending {
    std::uint64_t sid;
    std::uint32_t subject_size;
    std::uint32_t reply_size;
    std::uint32_t header_size;
    std::uint32_t body_size;
    base::ConnectionId publisher;
  };
  std::vector<Pending> pending_;
  std::string bytes_;               // subject, reply and body of each, in order
  // The two above swap with these while the sink runs: it may cause new deliveries.
  std::vector<Pending> running_;
  std::string running_bytes_;
  std::vector<LocalDelivery> deliveries_;
  std::uint64_t last_record_ = 0;
  bool listed_ = false;             // in the shard's list of sessions with deliveries
};

}  // namespace leafnats::broker
