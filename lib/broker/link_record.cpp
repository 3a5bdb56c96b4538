// SPDX-License-Identifier: Apache-2.0
//
// Records of leaf links: pictures of them, and complaints that were made.

#include "broker/link_record.hpp"

#include "base/limits.hpp"
#include "broker/loop_mark.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::broker {
namespace {

constexpr std::int64_t complaint_lives_ns = 3'600'000'000'000;

LinkTraffic to_traffic(const LinkRecord::Traffic& traffic) {
  return {traffic.messages.get(), traffic.message_bytes.get(), traffic.protocol_bytes.get(),
          traffic.wire_bytes.get()};
}

}  // namespace

void LinkRecord::add_rtt(std::chrono::nanoseconds rtt) noexcept {
  rtt_ns_.set(static_cast<std::uint64_t>(std::max<std::int64_t>(rtt.count(), 0)));
  const auto bucket = std::find_if(
      rtt_buckets_ms.begin(), rtt_buckets_ms.end(),
      [&](std::uint32_t bound) { return rtt <= std::chrono::milliseconds(bound); });
  rtt_histogram_[static_cast<std::size_t>(bucket - rtt_buckets_ms.begin())].add(1);
}

void LinkRecord::change(const std::function<void(LeafLinkStatus& link)>& edit) {
  const std::lock_guard lock(mutex_);
  edit(words_);
}

void LinkRecord::ended(LinkReason reason, std::string_view error) {
  const std::lock_guard lock(mutex_);
  words_.last_reason = reason;
  words_.last_error = error;
  words_.connection_id = 0;
  words_.state = LinkState::connecting;  // whoever dials says what comes
  words_.is_suspended = false;
  auto entry = std::find_if(words_.downs.begin(), words_.downs.end(),
                            [&](const LinkCount& known) { return known.reason == reason; });
  if (entry == words_.downs.end()) entry = words_.downs.insert(entry, {reason, 0});
  ++entry->count;
}

LeafLinkStatus LinkRecord::snapshot() const {
  LeafLinkStatus link;
  {
    const std::lock_guard lock(mutex_);
    link = words_;
  }
  link.in = to_traffic(in);
  link.out = to_traffic(out);
  link.violations = violations.get();
  link.subscriptions = subscriptions.get();
  for (std::size_t i = 0; i < drops_.size(); ++i) {
    if (drops_[i].get() > 0) link.drops.push_back({LinkReason(i), drops_[i].get()});
  }
  link.queue_bytes = queue_bytes_.get();
  link.queue_bytes_max = queue_bytes_max_.get();
  link.rtt = std::chrono::duration_cast<std::chrono::microseconds>(rtt());
  for (std::size_t i = 0; i < rtt_histogram_.size(); ++i) {
    link.rtt_histogram[i] = rtt_histogram_[i].get();
  }
  return link;
}

void LinkTable::add(std::shared_ptr<LinkRecord> record) {
  const std::lock_guard lock(mutex_);
  records_.push_back(std::move(record));
}

void LinkTable::remove(const std::shared_ptr<LinkRecord>& record) {
  const std::lock_guard lock(mutex_);
  std::erase(records_, record);
}

std::vector<LeafLinkStatus> LinkTable::snapshot() const {
  std::vector<std::shared_ptr<LinkRecord>> records;
  {
    const std::lock_guard lock(mutex_);
    records = records_;
  }
  std::vector<LeafLinkStatus> links;
  links.reserve(records.size());
  for (const auto& record : records) links.push_back(record->snapshot());
  return links;
}

bool LinkTable::is_up(std::string_view code) const {
  const std::vector<LeafLinkStatus> links = snapshot();
  return std::any_of(links.begin(), links.end(), [&](const LeafLinkStatus& link) {
    return link.state == LinkState::up && loop_mark_code(link.connection_id) == code;
  });
}

bool LinkTable::is_news(std::string_view peer, LinkReason reason, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  std::erase_if(complaints_, [&](const Complaint& old) {
    return now_ns - old.time_ns >= complaint_lives_ns;
  });
  for (const Complaint& known : complaints_) {
    if (known.reason == reason && known.peer == peer) return false;
  }
  if (complaints_.size() >= limits::link_complaints_max) complaints_.clear();
  complaints_.push_back({std::string(peer), reason, now_ns});
  return true;
}

void LinkTable::settle(std::string_view peer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(complaints_, [&](const Complaint& known) { return known.peer == peer; });
}

}  // namespace leafnats::broker
