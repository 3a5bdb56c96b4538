// SPDX-License-Identifier: Apache-2.0

#include "monitor/connections_document.hpp"

#include "base/limits.hpp"
#include "broker/account.hpp"
#include "broker/leaf_session.hpp"
#include "monitor/time_text.hpp"
#include "net/reactor.hpp"
#include "subject/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace leafnats::monitor {
namespace {

constexpr std::int64_t page_rows_default = 1024;

using Key = std::int64_t (*)(const broker::Session& session);

std::int64_t as_key(std::uint64_t number) { return static_cast<std::int64_t>(number); }

/// By nats-server's names. All but the first two begin with the greatest.
constexpr std::array<std::pair<std::string_view, Key>, 12> sort_keys{{
    {"cid", [](const broker::Session& s) { return -as_key(s.id().number); }},
    {"start", [](const broker::Session& s) { return -as_key(s.id().number); }},
    {"subs", [](const broker::Session& s) { return as_key(s.subscription_count()); }},
    {"pending", [](const broker::Session& s) { return as_key(s.unwritten()); }},
    {"msgs_to", [](const broker::Session& s) { return as_key(s.traffic().out_messages); }},
    {"msgs_from", [](const broker::Session& s) { return as_key(s.traffic().in_messages); }},
    {"bytes_to", [](const broker::Session& s) { return as_key(s.traffic().out_bytes); }},
    {"bytes_from", [](const broker::Session& s) { return as_key(s.traffic().in_bytes); }},
    {"last", [](const broker::Session& s) { return s.last_input_ns(); }},
    {"idle", [](const broker::Session& s) { return -s.last_input_ns(); }},
    // The youngest first, as nats-server has it.
    {"uptime", [](const broker::Session& s) { return s.started_ns(); }},
    {"rtt", [](const broker::Session& s) { return s.rtt_ns(); }},
}};

Key find_key(std::string_view name) {
  for (const auto& [known, key] : sort_keys) {
    if (known == name) return key;
  }
  return nullptr;
}

std::string_view account_of(const broker::Session& session) {
  return session.account() != nullptr ? std::string_view(session.account()->name()) : "$G";
}

bool is_interested(const broker::Session& session, std::string_view subject) {
  bool found = false;
  session.for_each_subscription([&](const broker::SubscriptionView& subscription) {
    found = found || subject::overlaps(subject, subscription.subject);
  });
  return found;
}

bool passes(const ConnectionsOptions& options, const broker::Session& session) {
  if (options.cid != 0) return session.id().number == options.cid;
  if (!options.user.empty() && session.words().user != options.user) return false;
  return options.filter_subject.empty() || options.filter_subject == ">" ||
         is_interested(session, options.filter_subject);
}

ConnectionsPart::Row make_row(const ConnectionsOptions& options, std::int64_t key,
                              const broker::Session& session) {
  ConnectionsPart::Row row{key, session.describe(), {}};
  if (!options.subscriptions && !options.subscriptions_detail) return row;
  session.for_each_subscription([&](const broker::SubscriptionView& subscription) {
    row.subscriptions.push_back({{},
                                 std::string(subscription.subject),
                                 std::string(subscription.queue),
                                 std::string(subscription.sid),
                                 subscription.delivered,
                                 subscription.max,
                                 session.id().number});
  });
  return row;
}

void write_subscriptions(wire::JsonWriter& out, const ConnectionsOptions& options,
                         const std::vector<SubscriptionRow>& rows) {
  if (rows.empty()) return;
  if (options.subscriptions_detail) {
    out.open_list("subscriptions_list_detail");
    for (const SubscriptionRow& row : rows) write_subscription(out, row);
  } else {
    out.open_list("subscriptions_list");
    for (const SubscriptionRow& row : rows) out.item(row.subject);
  }
  out.close();
}

void write_tls(wire::JsonWriter& out, const ConnectionsOptions& options,
               const broker::ConnectionDescription& connection) {
  out.add_if("tls_version", connection.tls_version);
  out.add_if("tls_cipher_suite", connection.tls_cipher);
  if (!options.auth || connection.certificate_subject.empty()) return;
  out.open_list("tls_peer_certs");
  out.open();
  out.add("subject", connection.certificate_subject);
  out.add_if("spki_sha256", connection.certificate_key_sha256);
  out.close();
  out.close();
}

void write_row(wire::JsonWriter& out, const ConnectionsOptions& options,
               const ConnectionsPart::Row& row, std::int64_t now_ns) {
  const broker::ConnectionDescription& connection = row.connection;
  out.open();
  out.add("cid", connection.id);
  out.add("kind", connection.is_leaf ? "Leafnode" : "Client");
  if (!connection.is_leaf) out.add("type", connection.over_websocket ? "websocket" : "nats");
  out.add("ip", connection.ip);
  out.add("port", connection.port);
  out.add("start", rfc3339(WallClock::from_shard(connection.start_ns)));
  out.add("last_activity", rfc3339(WallClock::from_shard(connection.last_activity_ns)));
  out.add("rtt", duration_text(connection.rtt_ns));
  out.add("uptime", uptime_text(now_ns - connection.start_ns));
  out.add("idle", uptime_text(now_ns - connection.last_activity_ns));
  out.add("pending_bytes", connection.pending_bytes);
  out.add("in_msgs", connection.traffic.in_messages);
  out.add("out_msgs", connection.traffic.out_messages);
  out.add("in_bytes", connection.traffic.in_bytes);
  out.add("out_bytes", connection.traffic.out_bytes);
  out.add("subscriptions", connection.subscriptions);
  out.add_if("name", connection.name);
  out.add_if("lang", connection.lang);
  out.add_if("version", connection.version);
  write_tls(out, options, connection);
  if (options.auth) {
    out.add_if("authorized_user", connection.user);
    if (connection.account != "$G") out.add_if("account", connection.account);
  }
  write_subscriptions(out, options, row.subscriptions);
  if (options.auth) {
    out.add_if("issuer_key", connection.issuer_key);
    out.add_if("name_tag", connection.account);
    out.add_if("tags", connection.tags);
  }
  out.close();
}

}  // namespace

std::vector<wire::JsonField<wire::JsonTarget>> ConnectionsOptions::fields() {
  return {{"sort", &sort},
          {"auth", &auth},
          {"subscriptions", &subscriptions},
          {"subscriptions_detail", &subscriptions_detail},
          {"offset", &offset},
          {"limit", &limit},
          {"cid", &cid},
          {"state", &state},
          {"user", &user},
          {"acc", &account},
          {"filter_subject", &filter_subject}};
}

Result<void> ConnectionsOptions::settle() {
  if (sort.empty()) sort = "cid";
  if (sort == "stop" || sort == "reason") {
    if (state != 1) {
      return Error{Errc::invalid_argument,
                   fmt::format("sort by {} only valid on closed connections", sort)};
    }
    sort = "cid";
  }
  if (find_key(sort) == nullptr) {
    return Error{Errc::invalid_argument, fmt::format("invalid sorting option: {}", sort)};
  }
  if (!filter_subject.empty() && filter_subject != ">" && account.empty()) {
    return Error{Errc::invalid_argument,
                 "filter by subject only valid with account filtering"};
  }
  offset = std::max<std::int64_t>(offset, 0);
  if (limit <= 0) limit = page_rows_default;
  limit = std::min<std::int64_t>(limit, limits::monitor_rows_max);
  if (cid != 0) limit = 1;
  return {};
}

void write_subscription(wire::JsonWriter& out, const SubscriptionRow& row) {
  out.open();
  out.add_if("account", row.account);
  out.add_if("account_tag", row.account);
  out.add("subject", row.subject);
  out.add_if("qgroup", row.queue);
  out.add("sid", row.sid);
  out.add("msgs", row.delivered);
  out.add_if("max", row.max);
  out.add("cid", row.connection);
  out.close();
}

void ConnectionsPart::collect(const ConnectionsOptions& options, const broker::Shard& shard) {
  if (options.state == 1) return;  // connections are not remembered once they are closed
  const Key key = find_key(options.sort);
  std::vector<std::pair<std::int64_t, const broker::Session*>> found;
  shard.for_each_session([&](const broker::Session& session) {
    if (session.closing()) return;
    if (session.subscriber_kind() == broker::SubscriberKind::leaf &&
        !static_cast<const broker::LeafSession&>(session).is_up()) {
      return;
    }
    if (!options.account.empty() && account_of(session) != options.account) return;
    ++total;
    if (passes(options, session)) found.emplace_back(key(session), &session);
  });
  matching = found.size();
  // No sum of two numbers of a peer before both are bounded (CVE-2026-58207).
  const auto size = static_cast<std::int64_t>(found.size());
  const std::int64_t skipped = std::min(options.offset, size);
  const auto wanted = static_cast<std::size_t>(skipped + std::min(options.limit, size - skipped));
  const auto earlier = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first
                              : a.second->id().number < b.second->id().number;
  };
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(wanted),
                    found.end(), earlier);
  rows.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) {
    rows.push_back(make_row(options, found[i].first, *found[i].second));
  }
}

std::string connections_document(const std::string& server_id, const ConnectionsOptions& options,
                                 std::vector<ConnectionsPart>& parts) {
  std::vector<ConnectionsPart::Row*> rows;
  std::size_t total = 0;
  for (ConnectionsPart& part : parts) {
    total += part.total;
    for (ConnectionsPart::Row& row : part.rows) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
    return a->key != b->key ? a->key > b->key : a->connection.id < b->connection.id;
  });
  const auto first = static_cast<std::size_t>(
      std::min<std::int64_t>(options.offset, static_cast<std::int64_t>(rows.size())));
  const auto count = static_cast<std::size_t>(std::min<std::int64_t>(
      options.limit, static_cast<std::int64_t>(rows.size() - first)));

  wire::JsonWriter out;
  out.open();
  out.add("server_id", server_id);
  out.add("now", rfc3339(WallClock::now()));
  out.add("num_connections", count);
  out.add("total", total);
  out.add("offset", options.offset);
  out.add("limit", options.limit);
  out.open_list("connections");
  const std::int64_t now_ns = net::now_ns();
  for (std::size_t i = first; i < first + count; ++i) write_row(out, options, *rows[i], now_ns);
  out.close();
  out.close();
  return std::move(out).take();
}

}  // namespace leafnats::monitor
