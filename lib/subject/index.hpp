// SPDX-License-Identifier: Apache-2.0
//
// Who wants a subject: the subscriptions of one account on one shard, found by the subject of a
// message. Literal subscriptions are in a hash table keyed by the whole subject; patterns are in
// a token tree, whose answers are cached. So a match is one probe of the table and, if there are
// patterns at all, one of the cache; and subscriptions to inboxes come and go without touching
// what is cached.
//
// A cached answer is good until a pattern is added or removed that could match its subject. That
// is told by counters: one for each of 32 groups of first tokens. `_INBOX.x.*` bumps the counter
// of `_INBOX`; a pattern that begins with a wildcard bumps all.
//
// Thread: an index belongs to one shard.
#pragma once

#include "subject/hash.hpp"
#include "subject/literal_table.hpp"
#include "subject/match_cache.hpp"
#include "subject/match_set.hpp"
#include "subject/queue_names.hpp"
#include "subject/record_pool.hpp"
#include "subject/wildcard_tree.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject {

class SubjectIndex {
 public:
  /// `seed` should be unknown to peers: it keeps them from choosing subjects that collide.
  explicit SubjectIndex(std::uint64_t seed);
  SubjectIndex(const SubjectIndex&) = delete;
  SubjectIndex& operator=(const SubjectIndex&) = delete;
  /// What is still in the index is forgotten; its Interests are not touched.
  ~SubjectIndex() = default;

  /// Adds an entry that is in no index. The caller has checked the subject with
  /// is_valid_subject(); `queue` is empty for a plain subscription.
  void insert(std::string_view subject, std::string_view queue, Interest& interest);

  /// Removes an entry that is in this index.
  void remove(Interest& interest);

  /// Everybody whose subject covers this one, which may be any text: what is no subject matches
  /// nobody. Allocates nothing for literal entries and cached answers.
  /// Lifetime: until the next insert(), remove() or match().
  [[nodiscard]] Match match(std::string_view literal);

  /// The subject or pattern of an entry. Lifetime: until the next call on this index.
  [[nodiscard]] std::string_view subject_of(const Interest& interest) const;
  /// The name of its queue group, empty if it has none. Lifetime: as long as it is in the index.
  [[nodiscard]] std::string_view queue_of(const Interest& interest) const;

  /// Calls f(interest, subject, queue) for every entry, in no particular but a reproducible
  /// order. The index must not change meanwhile; the views are good until f returns.
  template <class F>
  void for_each(F&& f) const;

  /// True if match() would not be empty. Leaves the cache alone.
  [[nodiscard]] bool has_interest(std::string_view literal) const;

  /// True if some entry's subject covers a literal that `pattern` covers too. Looks at every
  /// subject unless the pattern is literal: a question for configuration, not for messages.
  [[nodiscard]] bool overlaps(std::string_view pattern) const;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Answers that are kept for the next match.
  [[nodiscard]] std::size_t cached() const noexcept { return cache_.size(); }

  /// Changes with every insert() and remove().
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

  /// Held while the sets of a match are walked: an insert(), remove() or match() meanwhile would
  /// pull them from under the walker, and is asserted not to happen.
  class Hold {
   public:
    explicit Hold(SubjectIndex& index) noexcept : index_(index) { ++index_.holds_; }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { --index_.holds_; }

   private:
    SubjectIndex& index_;
  };

 private:
  static constexpr std::size_t counters = 32;

  [[nodiscard]] Node& node_of(const Interest& interest) const noexcept {
    return *static_cast<Node*>(pool_.at(interest.node.ref()));
  }
  [[nodiscard]] const MatchSet* match_wildcards(std::string_view literal, std::uint64_t hash);
  const MatchSet* walk_wildcards(std::string_view literal, std::uint64_t hash);
  [[nodiscard]] std::uint32_t counter_of(std::string_view subject) const noexcept;
  void patterns_changed(std::string_view subject) noexcept;
  template <class F>
  void for_each_node(F&& f) const;

  Hasher hasher_;
  RecordPool pool_;
  LiteralTable literals_;
  WildcardTree wildcards_;
  QueueNames queue_names_;
  MatchCache cache_;
  std::array<std::uint64_t, counters> stamps_{};
  std::vector<const MatchSet*> found_;  // scratch space of walks
  mutable std::string spelled_;         // the pattern that subject_of() returned last
  std::size_t size_ = 0;
  std::uint64_t generation_ = 0;
  std::uint32_t holds_ = 0;
};

template <class F>
void SubjectIndex::for_each_node(F&& f) const {
  literals_.for_each([&](const Node& node) { f(node, node.subject()); });
  std::string pattern;
  wildcards_.for_each([&](const Node& node) {
    wildcards_.spell(node, pattern);
    f(node, std::string_view(pattern));
  });
}

template <class F>
void SubjectIndex::for_each(F&& f) const {
  for_each_node([&](const Node& node, std::string_view subject) {
    for (Interest* interest : node.set.plain()) f(*interest, subject, std::string_view());
    for (const QueueGroup& group : node.set.queues()) {
      for (Interest* interest : group.members()) f(*interest, subject, group.name());
    }
  });
}

}  // namespace leafnats::subject
