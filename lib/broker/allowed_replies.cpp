// SPDX-License-Identifier: Apache-2.0
//
// Bookkeeping of allow_responses.

#include "broker/allowed_replies.hpp"

#include "base/limits.hpp"

#include <limits>

namespace leafnats::broker {

std::unique_ptr<AllowedReplies> AllowedReplies::make(const Permissions* permissions) {
  if (permissions == nullptr || !permissions->allow_responses) return nullptr;
  return std::make_unique<AllowedReplies>(*permissions->allow_responses);
}

void AllowedReplies::allow(std::string_view reply, std::int64_t now_ns) {
  make_room(now_ns);
  const std::int64_t expires =
      rule_.expires.count() < 0
          ? std::numeric_limits<std::int64_t>::max()
          : now_ns + std::chrono::nanoseconds(rule_.expires).count();
  const Allowance allowance{expires, rule_.max_messages < 0 ? -1 : rule_.max_messages};
  const auto [entry, fresh] = allowances_.insert_or_assign(std::string(reply), allowance);
  if (fresh) order_.emplace_back(reply);
}

bool AllowedReplies::take(std::string_view subject, std::int64_t now_ns) {
  const auto entry = allowances_.find(std::string(subject));
  if (entry == allowances_.end()) return false;
  // A spent one stays until make_room(), so that each subject stands in order_ exactly once.
  Allowance& allowance = entry->second;
  if (now_ns > allowance.expires_ns || allowance.left == 0) return false;
  if (allowance.left > 0 && --allowance.left == 0 && forgotten_) forgotten_(subject);
  return true;
}

void AllowedReplies::make_room(std::int64_t now_ns) {
  while (!order_.empty()) {
    const auto oldest = allowances_.find(order_.front());
    const bool spent = oldest->second.expires_ns < now_ns || oldest->second.left == 0;
    if (!spent && allowances_.size() < limits::allowed_replies_max) return;
    if (oldest->second.left != 0 && forgotten_) forgotten_(oldest->first);
    allowances_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace leafnats::broker
