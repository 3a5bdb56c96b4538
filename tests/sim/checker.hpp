// SPDX-License-Identifier: Apache-2.0
//
// The properties that a world is held to, checked against the model: some at each event, some
// when the world has come to rest at the end of a round. Each has a name, which a failure prints.
#pragma once

#include "journal.hpp"
#include "model.hpp"
#include "scheduler.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::sim {

/// What a client got.
struct Delivery {
  std::uint64_t sid = 0;
  std::string_view subject;
  std::string_view reply;
  std::string_view headers;
  std::string_view payload;
};

class Checker {
 public:
  Checker(const Scheduler& scheduler, Journal& journal, Model& model) noexcept
      : scheduler_(scheduler), journal_(journal), model_(model) {}

  // ---- At each event ----

  /// Returns the message, or null if the delivery is wrong, or tells of no responders.
  MessageRecord* on_delivery(ConnectionRecord& reader, const Delivery& delivery);

  /// `reader` got an -ERR with this text.
  void on_error(ConnectionRecord& reader, std::string_view text);

  /// `reader` got the PONG for a PING sent at `ping`.
  void on_pong(ConnectionRecord& reader, Moment ping);

  /// By message: from which server it came over a link, and for which queue groups; with or
  /// without them it is for plain subscribers, too.
  struct Crossing {
    int from = 0;
    std::set<std::string, std::less<>> queues;
  };
  using Crossings = std::map<std::uint32_t, Crossing>;

  /// A message crosses the link from `from` to `to`; `crossed` are those that this link has
  /// carried, in whichever direction.
  void on_link_message(int from, int to, std::string_view subject, std::string_view queues,
                       std::uint32_t id, Crossings& crossed);

  // ---- At rest ----

  void check_round();

  using Interest = std::map<std::pair<std::string, std::string>, std::int64_t>;
  /// What `from` must have told the other end of its link to `to` about: members by subject and
  /// queue group, 1 for plain interest. `marks` are the servers' loop detection subjects.
  [[nodiscard]] Interest expected_interest(int from, int to,
                                           const std::vector<std::string>& marks) const;
  void check_interest(int from, int to, const Interest& expected, const Interest& seen);
  [[nodiscard]] std::int64_t active_subscriptions(int server) const;

  void fail(std::string_view property, std::string_view what) {
    journal_.fail(scheduler_.now(), property, what);
  }

 private:
  [[nodiscard]] bool order_holds(const SubscriptionRecord& subscription,
                                 const MessageRecord& message) const;
  [[nodiscard]] bool may_be_rerouted(const MessageRecord& message) const;
  [[nodiscard]] bool may_double(const SubscriptionRecord& subscription,
                                const MessageRecord& message) const;
  void check_justified(const SubscriptionRecord& subscription, const MessageRecord& message,
                       const Delivery& delivery);
  void check_way(const SubscriptionRecord& subscription, const MessageRecord& message);
  void count_queue_delivery(const SubscriptionRecord& subscription, MessageRecord& message);
  void on_no_responders(SubscriptionRecord& subscription, const Delivery& delivery);
  [[nodiscard]] bool is_active(const SubscriptionRecord& subscription) const noexcept;
  [[nodiscard]] static bool may_echo(const SubscriptionRecord& subscription,
                                     const MessageRecord& message) noexcept;
  [[nodiscard]] bool may_receive(const SubscriptionRecord& subscription,
                                 const MessageRecord& message) const;
  [[nodiscard]] bool established(const SubscriptionRecord& subscription,
                                 const MessageRecord& message) const;
  [[nodiscard]] bool carried(const SubscriptionRecord& subscription,
                             const MessageRecord& message) const;
  [[nodiscard]] bool within_reach(const SubscriptionRecord& subscription,
                                  const MessageRecord& message) const;
  [[nodiscard]] bool must_receive(const SubscriptionRecord& subscription,
                                  const MessageRecord& message) const;
  [[nodiscard]] bool could_be_active(const SubscriptionRecord& subscription,
                                     const MessageRecord& message) const;
  [[nodiscard]] bool possible_beyond(int from, int to, std::string_view subject,
                                     std::string_view queue) const;
  void check_plain(const MessageRecord& message);
  void check_queues(const MessageRecord& message);
  void check_queue(const MessageRecord& message, const std::string& queue,
                   const std::vector<const SubscriptionRecord*>& members);
  [[nodiscard]] bool is_trap(const SubscriptionRecord& member,
                             const MessageRecord& message) const;
  [[nodiscard]] bool may_miss(const MessageRecord& message,
                              const std::vector<const SubscriptionRecord*>& members) const;
  static bool enter_queues(Crossing& crossing, std::string_view queues);
  void check_no_responders(const MessageRecord& message);

  const Scheduler& scheduler_;
  Journal& journal_;
  Model& model_;
  std::map<int, std::uint32_t> checked_until_;  // by reader: messages its PONGs have answered for
};

[[nodiscard]] std::string describe(const SubscriptionRecord& subscription);
[[nodiscard]] std::string describe(const MessageRecord& message);

}  // namespace leafnats::sim
