// SPDX-License-Identifier: Apache-2.0
//
// The records of an index, as they lie in its RecordPool. Each has its text right behind its
// fields, in the same block: one cache line tells who is interested and whether it is the right
// subject.
#pragma once

#include "subject/match_set.hpp"
#include "subject/record_pool.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leafnats::subject {

/// A place where entries hang: a literal subject with its whole text, or a node of the wildcard
/// tree (a TreeNode) with the text of its token.
struct Node {
  Node(std::size_t text_bytes, bool in_tree) noexcept
      : meta(static_cast<std::uint32_t>(text_bytes << 1) | static_cast<std::uint32_t>(in_tree)) {}

  [[nodiscard]] bool in_tree() const noexcept { return (meta & 1u) != 0; }
  [[nodiscard]] std::size_t text_bytes() const noexcept { return meta >> 1; }

  MatchSet set;
  const std::uint32_t meta;

  // The text of a literal node starts right behind meta, in what would be padding.
  static constexpr std::size_t fields_bytes = sizeof(MatchSet) + sizeof(std::uint32_t);
  [[nodiscard]] static std::size_t record_bytes(std::size_t text_bytes) noexcept {
    return std::max(sizeof(Node), fields_bytes + text_bytes);
  }
  [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this) + fields_bytes; }
  [[nodiscard]] std::string_view subject() const noexcept {
    return {reinterpret_cast<const char*>(this) + fields_bytes, text_bytes()};
  }
};

/// A node of the wildcard tree. Children by literal token are found in the tree's edge table; the
/// two wildcard children are named here, so that a walk over them costs no hash.
struct TreeNode : Node {
  TreeNode(std::size_t text_bytes, Ref parent_ref) noexcept
      : Node(text_bytes, true), parent(parent_ref) {}

  const Ref parent;            // 0: this is the root
  Ref star = 0;                // the child `*`
  Ref full = 0;                // the child `>`, which has no children itself
  std::uint32_t children = 0;  // by literal token

  [[nodiscard]] bool unused() const noexcept {
    return set.empty() && star == 0 && full == 0 && children == 0;
  }
  [[nodiscard]] static std::size_t record_bytes(std::size_t text_bytes) noexcept {
    return sizeof(TreeNode) + text_bytes;
  }
  [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] std::string_view token() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), text_bytes()};
  }
};

/// A queue group's name, shared by all groups of that name in one index.
struct QueueName {
  QueueName(Ref ref, std::size_t text_bytes) noexcept
      : number(ref), length(static_cast<std::uint32_t>(text_bytes)) {}

  const std::uint32_t number;
  std::uint32_t interests = 0;  // entries that carry the name; without any it is removed
  const std::uint32_t length;

  [[nodiscard]] static std::size_t record_bytes(std::size_t text_bytes) noexcept {
    return sizeof(QueueName) + text_bytes;
  }
  [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] std::string_view name() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), length};
  }
};

}  // namespace leafnats::subject
