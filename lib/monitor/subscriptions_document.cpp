// SPDX-License-Identifier: Apache-2.0

#include "monitor/subscriptions_document.hpp"

#include "base/limits.hpp"
#include "broker/account.hpp"
#include "broker/local_session.hpp"
#include "monitor/time_text.hpp"
#include "subject/grammar.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::monitor {
namespace {

constexpr std::int64_t page_rows_default = 1024;

/// Calls visit(connection number, account, subscription) for clients and in-process clients.
template <class Visit>
void for_each_subscription(const broker::Shard& shard, Visit&& visit) {
  shard.for_each_session([&](const broker::Session& session) {
    if (session.subscriber_kind() != broker::SubscriberKind::client) return;
    if (session.account() == nullptr) return;
    session.for_each_subscription([&](const broker::SubscriptionView& subscription) {
      visit(session.id().number, *session.account(), subscription);
    });
  });
  shard.for_each_local([&](const broker::LocalSession& session) {
    session.for_each_subscription([&](const broker::SubscriptionView& subscription) {
      visit(session.id().number, session.account(), subscription);
    });
  });
}

}  // namespace

std::vector<wire::JsonField<wire::JsonTarget>> SubscriptionsOptions::fields() {
  return {{"offset", &offset},
          {"limit", &limit},
          {"subscriptions", &subscriptions},
          {"account", &account},
          {"test", &test}};
}

Result<void> SubscriptionsOptions::settle() {
  if (!test.empty() && !subject::is_valid_literal_subject(test)) {
    return Error{Errc::invalid_argument,
                 "invalid test subject, must be valid publish subject: " + test};
  }
  offset = std::max<std::int64_t>(offset, 0);
  if (limit <= 0) limit = page_rows_default;
  limit = std::min<std::int64_t>(limit, limits::monitor_rows_max);
  return {};
}

void IndexCounts::add(broker::Account& account) {
  cached += account.index().cached();
  // Each insert and each remove made a generation.
  const std::uint64_t size = account.index().size();
  const std::uint64_t changes = account.index().generation();
  inserted += (changes + size) / 2;
  removed += (changes - size) / 2;
}

void IndexCounts::operator+=(const IndexCounts& other) noexcept {
  subscriptions += other.subscriptions;
  cached += other.cached;
  inserted += other.inserted;
  removed += other.removed;
}

void IndexCounts::write(wire::JsonWriter& out) const {
  out.add("num_subscriptions", subscriptions);
  out.add("num_cache", cached);
  out.add("num_inserts", inserted);
  out.add("num_removes", removed);
}

void SubscriptionsPart::collect(const SubscriptionsOptions& options, broker::Shard& shard) {
  const auto is_wanted = [&](const broker::Account* account) {
    return account != nullptr && (options.account.empty() || account->name() == options.account);
  };
  shard.for_each_account([&](broker::Account& account) {
    if (is_wanted(&account)) counts.add(account);
  });
  shard.for_each_session([&](const broker::Session& session) {
    if (is_wanted(session.account())) counts.subscriptions += session.subscription_count();
  });
  shard.for_each_local([&](const broker::LocalSession& session) {
    if (is_wanted(&session.account())) counts.subscriptions += session.subscription_count();
  });
  if (!options.subscriptions) return;
  for_each_subscription(shard, [&](std::uint64_t connection, const broker::Account& account,
                                   const broker::SubscriptionView& subscription) {
    if (!options.account.empty() && account.name() != options.account) return;
    if (!options.test.empty() && !subject::matches(options.test, subscription.subject)) return;
    ++total;
    // A difference, as the sum of two numbers of a peer may not fit (CVE-2026-58207).
    if (static_cast<std::int64_t>(rows.size()) - options.offset >= options.limit) return;
    rows.push_back({account.name(), std::string(subscription.subject),
                    std::string(subscription.queue), std::string(subscription.sid),
                    subscription.delivered, subscription.max, connection});
  });
}

std::string subscriptions_document(const std::string& server_id,
                                   const SubscriptionsOptions& options,
                                   std::vector<SubscriptionsPart>& parts) {
  IndexCounts counts;
  std::size_t total = 0;
  std::vector<const SubscriptionRow*> rows;
  for (const SubscriptionsPart& part : parts) {
    counts += part.counts;
    total += part.total;
    for (const SubscriptionRow& row : part.rows) rows.push_back(&row);
  }
  wire::JsonWriter out;
  out.open();
  out.add("server_id", server_id);
  out.add("now", rfc3339(WallClock::now()));
  counts.write(out);
  out.add("total", total);
  out.add("offset", options.offset);
  out.add("limit", options.limit);
  const auto first = std::min(static_cast<std::size_t>(options.offset), rows.size());
  const auto last = std::min(first + static_cast<std::size_t>(options.limit), rows.size());
  if (first < last) {
    out.open_list("subscriptions_list");
    for (std::size_t i = first; i < last; ++i) write_subscription(out, *rows[i]);
    out.close();
  }
  out.close();
  return std::move(out).take();
}

}  // namespace leafnats::monitor
