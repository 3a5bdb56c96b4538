// SPDX-License-Identifier: Apache-2.0
//
// The patterns of an index, token by token. A node's children by literal token are in one hash
// table for the whole tree, keyed by parent and token; its children `*` and `>` are named in the
// node. A pattern costs one record for each token that it does not share with another pattern.
//
// A walk visits, for each token of the subject, the child of that token and the child `*` of each
// node reached so far. Patterns can be made up so that this doubles at every token; the walk is
// still bounded by the number of patterns, and its answers are cached.
#pragma once

#include "subject/hash.hpp"
#include "subject/node.hpp"
#include "subject/record_pool.hpp"
#include "subject/slot_table.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject {

class WildcardTree {
 public:
  WildcardTree(const Hasher& hasher, RecordPool& pool) noexcept : hasher_(hasher), pool_(pool) {}
  WildcardTree(const WildcardTree&) = delete;
  WildcardTree& operator=(const WildcardTree&) = delete;
  ~WildcardTree();

  [[nodiscard]] bool empty() const noexcept { return root_ == 0; }

  /// The node of a valid pattern, made if it is not there yet.
  [[nodiscard]] Ref obtain(std::string_view pattern);

  /// Takes away a node on which nothing hangs any more, and whatever stood there for it alone.
  void release(Ref ref) noexcept;

  /// Appends the set of each pattern that covers the subject.
  void collect(std::string_view literal, std::vector<const MatchSet*>& found) const;

  /// True if some pattern covers the subject.
  [[nodiscard]] bool any(std::string_view literal) const;

  /// Writes the pattern of a node.
  void spell(const Node& node, std::string& pattern) const;

  /// Calls f(node) for every node that has entries.
  template <class F>
  void for_each(F&& f) const {
    if (root_ == 0) return;
    for_each_in_chain(root_, f);
    edges_.for_each([&](Ref ref) { for_each_in_chain(ref, f); });
  }

 private:
  [[nodiscard]] TreeNode& at(Ref ref) const noexcept {
    return *static_cast<TreeNode*>(pool_.at(ref));
  }
  [[nodiscard]] Ref add_node(std::string_view token, Ref parent);
  void free_node(Ref ref) noexcept;
  [[nodiscard]] Ref obtain_child(Ref parent, std::string_view token);
  [[nodiscard]] Ref find_child(Ref parent, std::string_view token) const;
  void detach(Ref ref) noexcept;
  template <class Found>
  void walk(std::string_view literal, Found&& found) const;

  /// The node itself and the wildcard nodes below it, which are in no table.
  template <class F>
  void for_each_in_chain(Ref ref, F&& f) const {
    for (; ref != 0; ref = at(ref).star) {
      if (!at(ref).set.empty()) f(at(ref));
      if (at(ref).full != 0) f(at(at(ref).full));
    }
  }

  const Hasher& hasher_;
  RecordPool& pool_;
  SlotTable edges_;
  Ref root_ = 0;
};

}  // namespace leafnats::subject
