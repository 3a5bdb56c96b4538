// SPDX-License-Identifier: Apache-2.0
//
// Records of literal subjects come and go.

#include "subject/literal_table.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <new>

namespace leafnats::subject {

LiteralTable::~LiteralTable() {
  // The pool frees the records; what hangs at them has memory of its own.
  for_each([](Node& node) { node.set.clear(); });
}

Ref LiteralTable::obtain(std::string_view subject) {
  const std::uint64_t hash = hasher_(subject);
  if (const Ref known = find_ref(subject, hash)) return known;
  const Ref ref = pool_.allocate(Node::record_bytes(subject.size()));
  auto* node = ::new (pool_.at(ref)) Node(subject.size(), false);
  std::copy(subject.begin(), subject.end(), node->text());
  slots_.insert(hash, ref);
  return ref;
}

void LiteralTable::release(Ref ref) noexcept {
  Node& node = at(ref);
  LEAFNATS_ASSERT(!node.in_tree() && node.set.empty());
  slots_.erase(hasher_(node.subject()), ref);
  const std::size_t bytes = Node::record_bytes(node.text_bytes());
  node.~Node();
  pool_.free(ref, bytes);
}

}  // namespace leafnats::subject
