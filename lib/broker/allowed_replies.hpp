// SPDX-License-Identifier: Apache-2.0
//
// Reply subjects that a client with allow_responses may publish to: those of the requests it
// received, so many times and for so long.
//
// Limit: limits::allowed_replies_max; beyond it the expired are dropped, then the oldest.
// Thread: its shard's.
#pragma once

#include <leafnats/options.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace leafnats::broker {

class AllowedReplies {
 public:
  /// Null unless `permissions` has allow_responses.
  static std::unique_ptr<AllowedReplies> make(const Permissions* permissions);

  explicit AllowedReplies(ResponsePermission rule) noexcept : rule_(rule) {}

  /// Told of each subject whose permission is used up, expired or crowded out, once it is noticed.
  using Forgotten = std::function<void(std::string_view reply)>;
  void on_forgotten(Forgotten forgotten) { forgotten_ = std::move(forgotten); }

  /// A request with this reply subject was delivered.
  void allow(std::string_view reply, std::int64_t now_ns);

  /// Uses up one permission for `subject`; false if there is none.
  bool take(std::string_view subject, std::int64_t now_ns);

  /// Subjects in the books, spent ones included.
  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }

 private:
  struct Allowance {
    std::int64_t expires_ns;
    std::int64_t left;        // -1: no limit
  };

  void make_room(std::int64_t now_ns);

  ResponsePermission rule_;
  Forgotten forgotten_;
  std::unordered_map<std::string, Allowance> allowances_;
  std::deque<std::string> order_;  // the subjects of allowances_, oldest first
};

}  // namespace leafnats::broker
