// SPDX-License-Identifier: Apache-2.0
//
// Records between shards. They never leave the process, so they are plain structs copied into the
// batch, each followed by its strings:
//   interest  subject queue cluster
//   message   subject reply cluster {u32 size, u8 tier, queue}* then the body and CR LF, unless
//             the body is a slice of a slab that the batch references
//   pause, resume, evict  nothing

#include "broker/peer_shard.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "broker/router.hpp"
#include "broker/shard.hpp"
#include "wire/encoder.hpp"

#include <cstring>
#include <tuple>

namespace leafnats::broker {
namespace {

enum class RecordType : std::uint8_t { interest, message, pause, resume, evict };

struct RecordHeader {
  RecordType type;
  std::uint64_t number;
};

struct InterestRecord {
  AccountId account;
  InterestClass::Kind kind;
  LeafRole role;
  std::uint32_t subject_size;
  std::uint32_t queue_size;
  std::uint32_t cluster_size;
  std::uint32_t members;
};

struct MessageRecord {
  AccountId account;
  Origin::Kind kind;
  LeafRole role;
  bool plain;
  bool rerouted;
  std::uint32_t subject_size;
  std::uint32_t reply_size;
  std::uint32_t cluster_size;
  std::uint32_t queue_count;
  std::uint32_t header_size;
  std::uint32_t body_size;
  base::ConnectionId connection;
  const char* slice;       // the body, if it lies in slabs[slab]
  std::uint32_t slab;
};

/// Of pause, resume and evict.
struct ConnectionRecord {
  base::ConnectionId connection;
};

template <class T>
void put(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

/// Takes records apart. Trusts them: they were written by this very file.
class PeerShard::Reader {
 public:
  explicit Reader(std::string_view records) : rest_(records) {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

  template <class T>
  T take() {
    T value;
    LEAFNATS_ASSERT(rest_.size() >= sizeof value);
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }

  std::string_view text(std::size_t size) {
    LEAFNATS_ASSERT(rest_.size() >= size);
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view rest_;
};

bool PeerShard::SubscriptionKey::operator<(const SubscriptionKey& other) const noexcept {
  const auto order = [](const SubscriptionKey& key) {
    return std::tuple(key.account, key.source.kind, key.source.role, key.source.cluster);
  };
  if (order(*this) != order(other)) return order(*this) < order(other);
  return interest < other.interest;
}

PeerShard::PeerShard(Shard& shard, base::ShardId peer, Mailbox& outgoing, Mailbox& incoming)
    : Subscriber(SubscriberKind::peer_shard, {peer, 0}),
      shard_(shard),
      outgoing_(outgoing),
      incoming_(incoming) {}

PeerShard::~PeerShard() = default;

void PeerShard::announce(const Account& account, const InterestKey& key, InterestClass source,
                         std::uint32_t members) {
  const std::string_view cluster = shard_.cluster_name(source.cluster);
  std::string& out = open_batch().records;
  record_added();
  put(out, RecordHeader{RecordType::interest, last_record_});
  put(out, InterestRecord{account.id(), source.kind, source.role,
                          static_cast<std::uint32_t>(key.subject.size()),
                          static_cast<std::uint32_t>(key.queue.size()),
                          static_cast<std::uint32_t>(cluster.size()), members});
  out.append(key.subject).append(key.queue).append(cluster);
}

void PeerShard::forward(const Account& account, const Message& message, const Origin& origin,
                        const RelayTarget& target) {
  put_message(account, message, origin, target);
  if (open_->records.size() >= limits::mailbox_batch_bytes && !hand_over()) {
    shard_.hold_for_mailbox(*this);
  }
}

void PeerShard::put_message(const Account& account, const Message& message, const Origin& origin,
                            const RelayTarget& target) {
  Batch& batch = open_batch();
  record_added();
  const std::string_view cluster = shard_.cluster_name(origin.cluster);
  const bool slice =
      message.slab != nullptr && message.body.size() >= limits::slice_payload_bytes_min;
  if (slice) batch.slabs.push_back(*message.slab);
  std::string& out = batch.records;
  put(out, RecordHeader{RecordType::message, last_record_});
  put(out, MessageRecord{account.id(), origin.kind, origin.role, target.plain, origin.forwarded,
                         static_cast<std::uint32_t>(message.subject.size()),
                         static_cast<std::uint32_t>(message.reply.size()),
                         static_cast<std::uint32_t>(cluster.size()),
                         static_cast<std::uint32_t>(target.queues.size()), message.header_size,
                         static_cast<std::uint32_t>(message.body.size()), origin.connection,
                         slice ? message.body.data() : nullptr,
                         slice ? static_cast<std::uint32_t>(batch.slabs.size() - 1) : 0});
  out.append(message.subject).append(message.reply).append(cluster);
  for (std::size_t i = 0; i < target.queues.size(); ++i) {
    put(out, static_cast<std::uint32_t>(target.queues[i].size()));
    put(out, target.tiers[i]);
    out.append(target.queues[i]);
  }
  if (!slice) out.append(message.body_and_line_end());
}

void PeerShard::pause(base::ConnectionId publisher) { put_order(Order::pause, publisher); }
void PeerShard::resume(base::ConnectionId publisher) { put_order(Order::resume, publisher); }
void PeerShard::evict(base::ConnectionId link) { put_order(Order::evict, link); }

void PeerShard::put_order(Order order, base::ConnectionId connection) {
  std::string& out = open_batch().records;
  record_added();
  const RecordType type = order == Order::pause    ? RecordType::pause
                          : order == Order::resume ? RecordType::resume
                                                   : RecordType::evict;
  put(out, RecordHeader{type, last_record_});
  put(out, ConnectionRecord{connection});
}

bool PeerShard::hand_over() {
  if (!open_) return true;
  open_->last_record = last_record_;
  if (!outgoing_.push(open_)) return false;
  shard_.wake(peer());
  return true;
}

bool PeerShard::backlogged() const noexcept {
  return open_ && open_->records.size() >= 2 * limits::mailbox_batch_bytes;
}

Batch& PeerShard::open_batch() {
  if (!open_) open_ = std::make_unique<Batch>();
  return *open_;
}

void PeerShard::record_added() { last_record_ = shard_.next_record(); }

void PeerShard::apply_incoming() {
  bool wake_producer = false;
  for (std::size_t i = 0; i < limits::mailbox_batches_max; ++i) {
    const std::unique_ptr<Batch> batch = incoming_.pop(wake_producer);
    if (!batch) break;
    apply(*batch);
    if (incoming_.acknowledge(batch->last_record)) wake_producer = true;
  }
  if (wake_producer) shard_.wake(peer());
}

void PeerShard::apply(const Batch& batch) {
  Reader reader(batch.records);
  while (!reader.done()) {
    switch (reader.take<RecordHeader>().type) {
      case RecordType::interest:
        apply_interest(reader);
        break;
      case RecordType::message:
        apply_message(reader, batch);
        break;
      case RecordType::pause:
        shard_.pause_publisher(reader.take<ConnectionRecord>().connection);
        break;
      case RecordType::resume:
        shard_.resume_publisher(reader.take<ConnectionRecord>().connection);
        break;
      case RecordType::evict:
        shard_.evict_leaf(reader.take<ConnectionRecord>().connection);
        break;
    }
  }
}

void PeerShard::apply_interest(Reader& reader) {
  const auto record = reader.take<InterestRecord>();
  const std::string_view subject = reader.text(record.subject_size);
  const std::string_view queue = reader.text(record.queue_size);
  const InterestClass source{record.kind, record.role,
                             shard_.cluster_id(reader.text(record.cluster_size))};
  Account& account = shard_.account(record.account);
  const SubscriptionKey key{record.account, {std::string(subject), std::string(queue)}, source};
  const auto known = subscriptions_.find(key);
  if (record.members == 0) {
    if (known == subscriptions_.end()) return;
    account.unsubscribe(*known->second);
    subscriptions_.erase(known);
  } else if (known != subscriptions_.end()) {
    account.set_weight(*known->second, record.members);
  } else {
    auto entry = std::make_unique<PeerSubscription>(*this, source);
    // Plain interest counts once however many subscribers it stands for: they get one copy.
    entry->weight = queue.empty() ? 1 : record.members;
    account.subscribe(subject, queue, *entry);
    subscriptions_.emplace(key, std::move(entry));
  }
}

void PeerShard::apply_message(Reader& reader, const Batch& batch) {
  const auto record = reader.take<MessageRecord>();
  const Shard::Publishing publishing(shard_, record.connection);
  Message message;
  message.subject = reader.text(record.subject_size);
  message.reply = reader.text(record.reply_size);
  Origin origin{record.kind, record.role, shard_.cluster_id(reader.text(record.cluster_size)),
                true, record.rerouted, record.connection};
  std::vector<QueuePick> queues(record.queue_count);
  for (QueuePick& pick : queues) {
    const auto size = reader.take<std::uint32_t>();
    pick.tier = reader.take<QueueTier>();
    pick.queue = reader.text(size);
  }
  if (record.slice != nullptr) {
    message.body = {record.slice, record.body_size};
    message.slab = &batch.slabs[record.slab];
  } else {
    message.body = reader.text(record.body_size + 2).substr(0, record.body_size);
  }
  message.header_size = record.header_size;
  const wire::Decimal size_digits(record.body_size);
  const wire::Decimal header_digits(record.header_size);
  message.size_digits = size_digits.view();
  message.header_digits = header_digits.view();
  shard_.router().deliver_forwarded(shard_.account(record.account), message, origin, record.plain,
                                    queues);
}

}  // namespace leafnats::broker
