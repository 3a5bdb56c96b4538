// SPDX-License-Identifier: Apache-2.0
//
// Walking, growing and pruning the token tree.

#include "subject/wildcard_tree.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "subject/grammar.hpp"
#include "subject/text.hpp"

#include <algorithm>
#include <new>
#include <vector>

namespace leafnats::subject {
namespace {

/// The tokens of a subject by number. None if no pattern can cover it: it has an empty token, or
/// more tokens than a pattern may have.
class TokenEnds {
 public:
  explicit TokenEnds(std::string_view subject) noexcept : text_(subject.data()) {
    std::size_t begin = 0;
    const auto cut = [&](std::size_t end) {
      if (end == begin || count_ == limits::subject_tokens_max) return false;
      ends_[count_++] = static_cast<std::uint32_t>(end);
      begin = end + 1;
      return true;
    };
    if (!for_each_dot(subject, cut) || !cut(subject.size())) count_ = 0;
  }

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] std::string_view operator[](std::uint32_t i) const noexcept {
    const std::uint32_t begin = i == 0 ? 0 : ends_[i - 1] + 1;
    return {text_ + begin, ends_[i] - begin};
  }

 private:
  const char* text_;
  std::uint32_t count_ = 0;
  std::uint32_t ends_[limits::subject_tokens_max];  // written up to count_ only
};

/// One branch of a walk: a node, and the number of the token that comes next.
struct Branch {
  Ref ref;
  std::uint32_t depth;
};

}  // namespace

WildcardTree::~WildcardTree() {
  // The pool frees the records; what hangs at them has memory of its own.
  for_each([](TreeNode& node) { node.set.clear(); });
}

Ref WildcardTree::obtain(std::string_view pattern) {
  if (root_ == 0) root_ = add_node({}, 0);
  Ref ref = root_;
  for (const std::string_view token : Tokens(pattern)) ref = obtain_child(ref, token);
  return ref;
}

void WildcardTree::release(Ref ref) noexcept {
  while (at(ref).unused()) {
    LEAFNATS_ASSERT(at(ref).in_tree());
    const Ref parent = at(ref).parent;
    if (parent != 0) detach(ref);
    free_node(ref);
    if (parent == 0) {
      root_ = 0;
      return;
    }
    ref = parent;
  }
}

void WildcardTree::collect(std::string_view literal, std::vector<const MatchSet*>& found) const {
  walk(literal, [&](const MatchSet& set) {
    found.push_back(&set);
    return true;
  });
}

bool WildcardTree::any(std::string_view literal) const {
  bool hit = false;
  walk(literal, [&](const MatchSet&) {
    hit = true;
    return false;
  });
  return hit;
}

/// Depth first. The branches that wait are one a token at most, so their place is bounded though
/// a peer chooses how deep it goes. Ends early when found() says so.
template <class Found>
void WildcardTree::walk(std::string_view literal, Found&& found) const {
  if (root_ == 0) return;
  const TokenEnds tokens(literal);
  Branch waiting[limits::subject_tokens_max];
  std::size_t waiting_count = 0;
  Branch branch{tokens.count() == 0 ? 0 : root_, 0};
  while (true) {
    auto& [ref, depth] = branch;
    while (ref != 0) {
      const TreeNode& node = at(ref);
      if (depth == tokens.count()) {
        if (!node.set.empty() && !found(node.set)) return;
        break;
      }
      if (node.full != 0 && !found(at(node.full).set)) return;
      const Ref child = node.children == 0 ? 0 : find_child(ref, tokens[depth]);
      ++depth;
      if (child != 0 && node.star != 0) waiting[waiting_count++] = {node.star, depth};
      ref = child != 0 ? child : node.star;
    }
    if (waiting_count == 0) return;
    branch = waiting[--waiting_count];
  }
}

void WildcardTree::spell(const Node& node, std::string& pattern) const {
  LEAFNATS_ASSERT(node.in_tree());
  // From the last token to the first, each written backwards, and all turned round at the end.
  pattern.clear();
  for (auto* at_node = static_cast<const TreeNode*>(&node); at_node->parent != 0;
       at_node = &at(at_node->parent)) {
    if (!pattern.empty()) pattern.push_back('.');
    const std::string_view token = at_node->token();
    pattern.append(token.rbegin(), token.rend());
  }
  std::reverse(pattern.begin(), pattern.end());
}

Ref WildcardTree::add_node(std::string_view token, Ref parent) {
  const Ref ref = pool_.allocate(TreeNode::record_bytes(token.size()));
  auto* node = ::new (pool_.at(ref)) TreeNode(token.size(), parent);
  std::copy(token.begin(), token.end(), node->text());
  return ref;
}

void WildcardTree::free_node(Ref ref) noexcept {
  TreeNode& node = at(ref);
  const std::size_t bytes = TreeNode::record_bytes(node.text_bytes());
  node.~TreeNode();
  pool_.free(ref, bytes);
}

Ref WildcardTree::obtain_child(Ref parent, std::string_view token) {
  const bool star = token == "*";
  if (star || token == ">") {
    const Ref known = star ? at(parent).star : at(parent).full;
    if (known != 0) return known;
    const Ref added = add_node(token, parent);
    (star ? at(parent).star : at(parent).full) = added;
    return added;
  }
  if (const Ref known = find_child(parent, token)) return known;
  const Ref added = add_node(token, parent);
  edges_.insert(hasher_(token, parent), added);
  ++at(parent).children;
  return added;
}

Ref WildcardTree::find_child(Ref parent, std::string_view token) const {
  return edges_.find(hasher_(token, parent), [&](Ref ref) {
    const TreeNode& node = at(ref);
    return node.parent == parent && same_text(node.token(), token);
  });
}

/// Unlinks a node from its parent.
void WildcardTree::detach(Ref ref) noexcept {
  const TreeNode& node = at(ref);
  TreeNode& parent = at(node.parent);
  if (parent.star == ref) {
    parent.star = 0;
  } else if (parent.full == ref) {
    parent.full = 0;
  } else {
    edges_.erase(hasher_(node.token(), node.parent), ref);
    --parent.children;
  }
}

}  // namespace leafnats::subject
