// SPDX-License-Identifier: Apache-2.0
//
// Counting who uses a queue name.

#include "subject/queue_names.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <new>

namespace leafnats::subject {

const QueueName& QueueNames::acquire(std::string_view name) {
  const std::uint64_t hash = hasher_(name);
  Ref ref = slots_.find(hash, [&](Ref candidate) { return record(candidate).name() == name; });
  if (ref == 0) {
    ref = pool_.allocate(QueueName::record_bytes(name.size()));
    auto* added = ::new (pool_.at(ref)) QueueName(ref, name.size());
    std::copy(name.begin(), name.end(), added->text());
    slots_.insert(hash, ref);
  }
  ++record(ref).interests;
  return record(ref);
}

void QueueNames::release(std::uint32_t number) noexcept {
  QueueName& name = record(number);
  LEAFNATS_ASSERT(name.interests != 0);
  if (--name.interests != 0) return;
  slots_.erase(hasher_(name.name()), number);
  pool_.free(number, QueueName::record_bytes(name.length));
}

}  // namespace leafnats::subject
