// SPDX-License-Identifier: Apache-2.0
//
// Mirroring interest into the exporting account, and delivering what it exports.

#include "broker/stream_import.hpp"

#include "broker/account.hpp"
#include "broker/shard.hpp"

namespace leafnats::broker {

bool StreamImport::Key::operator<(const Key& other) const noexcept {
  const auto order = [](const InterestClass& source) {
    return std::tuple(source.kind, source.role, source.cluster);
  };
  if (order(source) != order(other.source)) return order(source) < order(other.source);
  return interest < other.interest;
}

StreamImport::StreamImport(Shard& shard, Account& importer, Account& exporter,
                           const LinkedImport& import)
    : shard_(shard), importer_(importer), exporter_(exporter), import_(import) {}

StreamImport::~StreamImport() {
  for (auto& [key, mirror] : mirrors_) exporter_.unsubscribe(*mirror);
}

void StreamImport::announce(const InterestKey& key, InterestClass source,
                            std::uint32_t members) {
  const Key id{key, source};
  const auto known = mirrors_.find(id);
  if (known != mirrors_.end()) {
    if (members == 0) {
      exporter_.unsubscribe(*known->second);
      mirrors_.erase(known);
    } else if (!key.queue.empty()) {
      exporter_.set_weight(*known->second, members);
    }
    return;
  }
  // The marks that find loops are each account's own.
  if (members == 0 || key.subject.starts_with("$LDS.")) return;
  const auto exported = import_.to_exporter.apply_to_pattern(key.subject);
  if (!exported) return;
  auto mirror = std::make_unique<BridgeSubscription>(*this, LedgerSource::mirror, source);
  mirror->weight = key.queue.empty() ? 1 : members;
  exporter_.subscribe(*exported, key.queue, *mirror);
  mirrors_.emplace(id, std::move(mirror));
}

bool StreamImport::cross(const Crossing& crossing, Luggage& luggage) {
  if (!import_.to_importer.apply(crossing.message.subject, luggage.subject)) return false;
  Message message = crossing.message;
  message.subject = luggage.subject;
  Origin origin = crossing.origin;
  origin.imported = true;
  // Only this shard's: mirrors stand for those alone.
  origin.forwarded = true;
  return shard_.router().deliver_imported(importer_, message, origin, crossing.target);
}

}  // namespace leafnats::broker
