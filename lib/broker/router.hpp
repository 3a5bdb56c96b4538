// SPDX-License-Identifier: Apache-2.0
//
// Brings a published message to everybody who should have it: plain subscribers each a copy,
// each queue group one member, each leaf link and each other shard one copy for all that it
// stands for. Who may have it is decided from the message's origin.
//
// Thread: its shard's. Nothing here calls out: in-process callbacks run when the turn ends, so
// the index does not change while a message is routed.
#pragma once

#include "broker/account.hpp"
#include "broker/bridge.hpp"
#include "broker/message.hpp"
#include "broker/relay.hpp"
#include "broker/subscription.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class Router {
 public:
  explicit Router(Shard& shard) noexcept : shard_(shard) {}

  /// A client's message: plain subscribers and one member of every queue group. True if anybody
  /// was found.
  bool publish(Account& account, const Message& message, const Origin& origin);

  /// A leaf link's message: plain subscribers if it names no queue groups or any at all, and one
  /// member of each group named in `queues` (LMSG's blank-separated list).
  bool publish_from_leaf(Account& account, const Message& message, const Origin& origin,
                         std::string_view queues);

  /// A message that another shard sent here, for plain subscribers and for groups whose member
  /// was chosen to be one of ours.
  void deliver_forwarded(Account& account, const Message& message, const Origin& origin,
                         bool plain, std::span<const QueuePick> queues);

  /// A message that was imported, for those of this shard whom `target` stands for.
  bool deliver_imported(Account& account, const Message& message, const Origin& origin,
                        const RelayTarget& target);

  /// Messages that still have to cross into other accounts before the current one is done with.
  [[nodiscard]] std::size_t waiting_crossings() const noexcept { return crossings_.size(); }

 private:
  using Members = std::span<subject::Interest* const>;
  /// One queue group as the two halves of a match know it.
  struct Group {
    const subject::Match& match;  // that it is a part of
    std::string_view name;
    Members first;
    Members second;

    [[nodiscard]] std::size_t size() const noexcept { return first.size() + second.size(); }
    [[nodiscard]] Subscription& operator[](std::size_t i) const noexcept {
      return static_cast<Subscription&>(
          *(i < first.size() ? first[i] : second[i - first.size()]));
    }
  };

  bool deliver_plain(const subject::Match& match, const Message& message, const Origin& origin);
  bool deliver_plain_to(Subscription& subscription, const Message& message, const Origin& origin);
  bool deliver_queue(const Group& group, const Message& message, const Origin& origin);
  enum class Reach : std::uint8_t { this_shard, server };
  /// Which members of a group come into question.
  struct Choice {
    QueueTier tier;
    Reach reach;
  };

  bool deliver_tier(const Group& group, Choice choice, const Message& message,
                    const Origin& origin);
  [[nodiscard]] static bool admits(Choice choice, const Subscription& member);
  /// Where the walk over the members begins: a random one, as likely as its weight says.
  [[nodiscard]] std::size_t pick_start(const Group& group, Choice choice);
  bool offer(Subscription& member, QueueTier tier, const Group& group, const Message& message,
             const Origin& origin);
  RelayTarget& target(Subscriber& relay);
  bool finish(Account& account, const Message& message, const Origin& origin);
  void remove_finished();

  /// A message that has to cross a bridge when its own routing is over.
  struct WaitingCrossing {
    Bridge* bridge;
    Message message;
    Origin origin;
    RelayTarget target;
    int depth;
  };
  bool cross_bridges();
  Luggage& next_luggage();

  Shard& shard_;
  // Scratch, empty between messages; kept so that routing allocates nothing after warm-up.
  std::vector<RelayTarget> targets_;
  std::size_t targets_used_ = 0;
  std::vector<ClientSubscription*> finished_;
  std::vector<WaitingCrossing> crossings_;
  std::vector<std::unique_ptr<Luggage>> luggage_;
  std::size_t luggage_used_ = 0;
  int depth_ = 0;                   // bridges that the current message has crossed
  bool crossing_ = false;
};

}  // namespace leafnats::broker
