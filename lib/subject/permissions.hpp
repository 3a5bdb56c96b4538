// SPDX-License-Identifier: Apache-2.0
//
// What a user, or a leaf link, may publish and subscribe to. The rules are nats-server's (2.15):
// an empty allow list allows everything, deny wins over allow, and an entry of the subscribe
// lists may be "subject queue", where the queue is a pattern too. What holds for every set:
//   - denies only add up: an entry more in a deny list never turns a refusal into an acceptance;
//   - plain subscriptions, queue subscriptions and leaf interest are decided by one function;
//   - no message gets past that the lists do not allow. A subscription is accepted like a message
//     to its own text, as in nats-server, so it may cover more than it should: `*` in an allow
//     list accepts `>`, and a deny of `*.closed` does not refuse `shop.*`. Such a subscription is
//     `filtered`: each of its messages has to pass can_deliver(). Whether it is, is decided by
//     overlap and containment of patterns, exactly, so that nothing slips through at a crossing.
#pragma once

#include "subject/subject_set.hpp"
#include "subject/verdict_cache.hpp"

#include <leafnats/options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject {

/// An allow list or a deny list for subscriptions: patterns for all of them, and patterns that
/// apply to queue subscriptions of certain queues.
class SubscribeRules {
 public:
  /// Adds "subject" or "subject queue". False, and nothing added, if it is neither.
  bool insert(std::string_view entry);

  [[nodiscard]] bool empty() const noexcept { return plain_.empty() && queued_.empty(); }

  /// As an allow list: where entries with a queue match the subject, they alone decide about
  /// queue subscriptions; without one, the plain entries do.
  [[nodiscard]] bool accepts(std::string_view subject, std::string_view queue) const;

  /// As a deny list: some entry, plain or for this queue, matches the subject.
  [[nodiscard]] bool matches(std::string_view subject, std::string_view queue) const;

  /// Some entry, plain or for this queue, covers all of the subject.
  [[nodiscard]] bool covers(std::string_view subject, std::string_view queue) const;

  /// Some entry, plain or for this queue, covers a literal that the subject covers too.
  [[nodiscard]] bool overlaps(std::string_view subject, std::string_view queue) const;

 private:
  struct Queued {
    std::string subject;
    std::string queue;
  };
  template <class Relation>
  [[nodiscard]] bool any_queued(std::string_view queue, Relation&& relation) const;

  SubjectSet plain_;
  std::vector<Queued> queued_;
};

/// True for what may stand in a subscribe list: a subject, or a subject and a queue. The publish
/// lists hold subjects only: is_valid_subject().
[[nodiscard]] bool is_valid_subscribe_entry(std::string_view text);

/// Entries that are not valid are skipped, as nats-server does; whoever reads a configuration
/// refuses them before. An allow list with nothing but such entries allows nothing.
/// Thread: can_publish() keeps a cache, so a set belongs to one shard.
class PermissionSet {
 public:
  enum class Subscribe { denied, allowed, filtered };

  /// Allows everything.
  PermissionSet() = default;
  /// With allow_responses, an empty publish list allows nothing: answers are the caller's matter.
  explicit PermissionSet(const Permissions& permissions);
  PermissionSet(const SubjectPermissions& publish, const SubjectPermissions& subscribe);

  /// More denies on top: what a peer asked for in its CONNECT, or a kind of link never carries.
  void deny_publish(std::string_view pattern);
  void deny_subscribe(std::string_view entry);

  [[nodiscard]] bool can_publish(std::string_view literal) const;

  /// May a client subscribe? The subject is a valid one; `queue` is empty for a plain subscription.
  [[nodiscard]] Subscribe can_subscribe(std::string_view subject, std::string_view queue) const;

  /// May the peer of a leaf link be told of interest in this? Wider than can_subscribe(): a
  /// pattern that merely overlaps an allow entry passes too, filtered.
  [[nodiscard]] Subscribe can_announce(std::string_view subject, std::string_view queue) const;

  /// May a message pass a filtered subscription?
  [[nodiscard]] bool can_deliver(std::string_view literal, std::string_view queue) const;

 private:
  [[nodiscard]] Subscribe decide(std::string_view subject, std::string_view queue,
                                 bool overlap_suffices) const;

  SubjectSet publish_allow_;
  SubjectSet publish_deny_;
  SubscribeRules subscribe_allow_;
  SubscribeRules subscribe_deny_;
  mutable VerdictCache publish_verdicts_;
  // There is an allow list, be it one without a valid entry.
  bool publish_restricted_ = false;
  bool subscribe_restricted_ = false;
};

}  // namespace leafnats::subject
