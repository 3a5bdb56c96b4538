// SPDX-License-Identifier: Apache-2.0
//
// The index puts its parts together: table, tree, cache.

#include "subject/index.hpp"

#include "base/assert.hpp"
#include "subject/grammar.hpp"

#include <utility>

namespace leafnats::subject {

SubjectIndex::SubjectIndex(std::uint64_t seed)
    : hasher_(seed),
      literals_(hasher_, pool_),
      wildcards_(hasher_, pool_),
      queue_names_(hasher_, pool_) {}

void SubjectIndex::insert(std::string_view subject, std::string_view queue, Interest& interest) {
  LEAFNATS_ASSERT(interest.node == nullptr && holds_ == 0);
  const bool literal = is_literal(subject);
  const QueueName* name = queue.empty() ? nullptr : &queue_names_.acquire(queue);
  interest.node = NodeRef(literal ? literals_.obtain(subject) : wildcards_.obtain(subject));
  node_of(interest).set.insert(interest, name);
  interest.queue = name == nullptr ? 0 : name->number;
  if (!literal) patterns_changed(subject);
  ++size_;
  ++generation_;
}

void SubjectIndex::remove(Interest& interest) {
  LEAFNATS_ASSERT(interest.node != nullptr && holds_ == 0);
  Node& node = node_of(interest);
  if (node.in_tree()) patterns_changed(subject_of(interest));
  node.set.remove(interest, interest.queue == 0 ? nullptr : &queue_names_.at(interest.queue));
  if (interest.queue != 0) queue_names_.release(interest.queue);
  const Ref ref = std::exchange(interest.node, NodeRef()).ref();
  interest.queue = 0;
  if (node.set.empty() && node.in_tree()) {
    wildcards_.release(ref);
    if (wildcards_.empty()) cache_.clear();
  } else if (node.set.empty()) {
    literals_.release(ref);
  }
  --size_;
  ++generation_;
}

Match SubjectIndex::match(std::string_view literal) {
  LEAFNATS_ASSERT(holds_ == 0);
  const std::uint64_t hash = hasher_(literal);
  const Node* node = literals_.find(literal, hash);
  Match match;
  match.literal = node == nullptr ? nullptr : &node->set;
  if (!wildcards_.empty()) match.wildcard = match_wildcards(literal, hash);
  return match;
}

inline const MatchSet* SubjectIndex::match_wildcards(std::string_view literal,
                                                     std::uint64_t hash) {
  const MatchCache::Entry* entry = cache_.find(literal, hash);
  if (entry != nullptr && entry->stamp.value == stamps_[entry->stamp.counter]) {
    return entry->result;
  }
  return walk_wildcards(literal, hash);
}

const MatchSet* SubjectIndex::walk_wildcards(std::string_view literal, std::uint64_t hash) {
  found_.clear();
  wildcards_.collect(literal, found_);
  const std::uint32_t counter = counter_of(literal);
  return cache_.store(literal, hash, {stamps_[counter], counter}, found_);
}

std::string_view SubjectIndex::subject_of(const Interest& interest) const {
  LEAFNATS_ASSERT(interest.node != nullptr);
  const Node& node = node_of(interest);
  if (!node.in_tree()) return node.subject();
  wildcards_.spell(node, spelled_);
  return spelled_;
}

std::string_view SubjectIndex::queue_of(const Interest& interest) const {
  if (interest.queue == 0) return {};
  return queue_names_.at(interest.queue).name();
}

bool SubjectIndex::has_interest(std::string_view literal) const {
  if (!literals_.empty() && literals_.find(literal, hasher_(literal)) != nullptr) return true;
  return wildcards_.any(literal);
}

bool SubjectIndex::overlaps(std::string_view pattern) const {
  if (is_literal(pattern)) return has_interest(pattern);
  bool hit = false;
  for_each_node([&](const Node&, std::string_view subject) {
    hit = hit || subject::overlaps(subject, pattern);
  });
  return hit;
}

/// The counter that stamps answers for a subject; for a pattern, only if its first token is
/// literal.
std::uint32_t SubjectIndex::counter_of(std::string_view subject) const noexcept {
  return static_cast<std::uint32_t>(hasher_(*Tokens(subject).begin()) % counters);
}

void SubjectIndex::patterns_changed(std::string_view subject) noexcept {
  const std::string_view first = *Tokens(subject).begin();
  if (first == "*" || first == ">") {
    for (std::uint64_t& stamp : stamps_) ++stamp;
  } else {
    ++stamps_[counter_of(subject)];
  }
}

}  // namespace leafnats::subject
