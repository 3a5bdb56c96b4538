// SPDX-License-Identifier: Apache-2.0

#include "monitor/leafs_document.hpp"

#include "broker/leaf_session.hpp"
#include "monitor/time_text.hpp"
#include "wire/json_writer.hpp"

#include <utility>

namespace leafnats::monitor {
namespace {

void write_row(wire::JsonWriter& out, const LeafsOptions& options, const LeafsPart::Row& row) {
  const broker::ConnectionDescription& link = row.link;
  out.open();
  out.add("id", link.id);
  out.add("name", link.name);
  out.add("is_spoke", link.is_spoke);
  out.add_if("is_isolated", link.is_isolated);
  out.add("account", link.account);
  out.add("ip", link.ip);
  out.add("port", link.port);
  out.add("rtt", duration_text(link.rtt_ns));
  out.add("in_msgs", link.traffic.in_messages);
  out.add("out_msgs", link.traffic.out_messages);
  out.add("in_bytes", link.traffic.in_bytes);
  out.add("out_bytes", link.traffic.out_bytes);
  out.add("subscriptions", link.subscriptions);
  if (options.subscriptions) out.add_if("subscriptions_list", row.subjects);
  out.add_if("compression", link.compression);
  out.close();
}

}  // namespace

void LeafsPart::collect(const LeafsOptions& options, const broker::Shard& shard) {
  shard.for_each_session([&](const broker::Session& session) {
    if (session.subscriber_kind() != broker::SubscriberKind::leaf) return;
    if (!static_cast<const broker::LeafSession&>(session).is_up()) return;
    Row row{session.describe(), {}};
    if (!options.account.empty() && row.link.account != options.account) return;
    if (options.subscriptions) {
      session.for_each_subscription([&](const broker::SubscriptionView& subscription) {
        row.subjects.emplace_back(subscription.subject);
      });
    }
    rows.push_back(std::move(row));
  });
}

std::string leafs_document(const std::string& server_id, const LeafsOptions& options,
                           std::vector<LeafsPart>& parts) {
  std::size_t count = 0;
  for (const LeafsPart& part : parts) count += part.rows.size();
  wire::JsonWriter out;
  out.open();
  out.add("server_id", server_id);
  out.add("now", rfc3339(WallClock::now()));
  out.add("leafnodes", count);
  out.open_list("leafs");
  for (const LeafsPart& part : parts) {
    for (const LeafsPart::Row& row : part.rows) write_row(out, options, row);
  }
  out.close();
  out.close();
  return std::move(out).take();
}

}  // namespace leafnats::monitor
