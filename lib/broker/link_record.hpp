// SPDX-License-Identifier: Apache-2.0
//
// What is known of one leaf link, for whoever asks from whichever thread: a remote's record lives
// as long as the remote and spans its connections, an accepted link's as long as the link.
//
// Thread: counters and times are written by the link's shard alone, so they are added to without
// a locked instruction; everybody may read them, each for itself, not as one picture. Words are
// guarded by a mutex, as they change only when the link's state does.
#pragma once

#include <leafnats/statistics.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

/// A number with one writer.
class LinkCounter {
 public:
  void add(std::uint64_t amount) noexcept { set(get() + amount); }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class LinkRecord {
 public:
  struct Traffic {
    LinkCounter messages;
    LinkCounter message_bytes;
    LinkCounter protocol_bytes;
    LinkCounter wire_bytes;
  };

  // ---- The link's shard ----

  Traffic in;
  Traffic out;
  LinkCounter violations;
  LinkCounter subscriptions;

  void drop(LinkReason reason, std::uint64_t messages = 1) noexcept {
    drops_[static_cast<std::size_t>(reason)].add(messages);
  }
  void set_queue(std::size_t bytes) noexcept {
    queue_bytes_.set(bytes);
    if (bytes > queue_bytes_max_.get()) queue_bytes_max_.set(bytes);
  }
  void add_rtt(std::chrono::nanoseconds rtt) noexcept;
  [[nodiscard]] std::chrono::nanoseconds rtt() const noexcept {
    return std::chrono::nanoseconds(rtt_ns_.get());
  }

  /// Changes the words and the state.
  void change(const std::function<void(LeafLinkStatus& link)>& edit);
  /// One more end of an attempt or a link.
  void ended(LinkReason reason, std::string_view error);

  // ---- Anybody ----

  [[nodiscard]] LeafLinkStatus snapshot() const;

 private:
  std::array<LinkCounter, link_reasons> drops_;
  LinkCounter queue_bytes_;
  LinkCounter queue_bytes_max_;
  LinkCounter rtt_ns_;
  std::array<LinkCounter, rtt_buckets_ms.size() + 1> rtt_histogram_;

  mutable std::mutex mutex_;
  LeafLinkStatus words_;  // its numbers stay empty
};

/// The records of all links of a server, and what has been complained of already.
/// Thread: any; a mutex, as links come and go rarely.
class LinkTable {
 public:
  void add(std::shared_ptr<LinkRecord> record);
  void remove(const std::shared_ptr<LinkRecord>& record);
  [[nodiscard]] std::vector<LeafLinkStatus> snapshot() const;
  /// Whether a link is up whose connection has this code in its loop mark.
  [[nodiscard]] bool is_up(std::string_view loop_mark_code) const;

  /// True if this complaint about this peer was not made during the last hour: the log says it
  /// once, not at each attempt.
  /// Limit: limits::link_complaints_max; beyond it all is forgotten, and said once more.
  bool is_news(std::string_view peer, LinkReason reason, std::int64_t now_ns);
  /// All is well with the peer: the next complaint is news.
  void settle(std::string_view peer);

 private:
  struct Complaint {
    std::string peer;
    LinkReason reason;
    std::int64_t time_ns;
  };

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<LinkRecord>> records_;
  std::vector<Complaint> complaints_;
};

}  // namespace leafnats::broker
