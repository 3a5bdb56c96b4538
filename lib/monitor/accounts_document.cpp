// SPDX-License-Identifier: Apache-2.0

#include "monitor/accounts_document.hpp"

#include "broker/account.hpp"
#include "broker/leaf_session.hpp"
#include "broker/local_session.hpp"
#include "monitor/time_text.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::monitor {
namespace {

void write_counts(wire::JsonWriter& out, std::string_view key, std::uint64_t messages,
                  std::uint64_t bytes) {
  out.open(key);
  out.add("msgs", messages);
  out.add("bytes", bytes);
  out.close();
}

struct Direction {
  std::uint64_t messages;
  std::uint64_t bytes;
  std::uint64_t leaf_messages;
  std::uint64_t leaf_bytes;
};

void write_direction(wire::JsonWriter& out, std::string_view key, const Direction& direction) {
  out.open(key);
  out.add("msgs", direction.messages);
  out.add("bytes", direction.bytes);
  write_counts(out, "gateways", 0, 0);  // there are neither gateways nor routes
  write_counts(out, "routes", 0, 0);
  write_counts(out, "leafs", direction.leaf_messages, direction.leaf_bytes);
  out.close();
}

std::string_view word(ShareKind kind) { return kind == ShareKind::stream ? "stream" : "service"; }

std::string_view word(ResponseType type) {
  switch (type) {
    case ResponseType::singleton: return "Singleton";
    case ResponseType::stream: return "Stream";
    case ResponseType::chunked: return "Chunked";
  }
  return "";
}

void write_mappings(wire::JsonWriter& out, const AccountOptions& account) {
  if (account.mappings.empty()) return;
  out.open("mappings");
  for (const SubjectMapping& mapping : account.mappings) {
    out.open_list(mapping.source);
    for (const MappingDestination& destination : mapping.destinations) {
      out.open();
      out.add("subject", destination.subject);
      out.add("weight", destination.weight);
      out.add_if("cluster", destination.cluster);
      out.close();
    }
    out.close();
  }
  out.close();
}

void write_exports(wire::JsonWriter& out, const AccountOptions& account) {
  if (account.exports.empty()) return;
  out.open_list("exports");
  for (const AccountExport& offer : account.exports) {
    out.open();
    out.add("subject", offer.subject);
    out.add("type", word(offer.kind));
    out.add_if("token_req", offer.token_required);
    if (offer.kind == ShareKind::service) out.add("response_type", word(offer.response_type));
    out.add_if("account_token_position", offer.account_token_position);
    out.add_if("approved_accounts", offer.accounts);
    out.close();
  }
  out.close();
}

void write_imports(wire::JsonWriter& out, const broker::Context& context,
                   const broker::AccountRecord& record) {
  if (record.imports.empty()) return;
  const auto snapshot = context.accounts.snapshot();
  out.open_list("imports");
  for (const broker::LinkedImport& import : record.imports) {
    const bool service = import.kind == ShareKind::service;
    const std::string local(import.to_exporter.source());
    out.open();
    out.add("subject", import.to_importer.source());
    out.add("account", (*snapshot)[static_cast<std::size_t>(import.exporter)]->name);
    if (service) out.add("to", local);  // older readers know it by this name
    out.add("local_subject", local);
    out.add("type", word(import.kind));
    out.add("invalid", false);
    out.add("share", import.share);
    out.add("tracking", false);
    out.close();
  }
  out.close();
}

bool is_used(const AccountNumbers& numbers) { return numbers.clients + numbers.leafs > 0; }

bool is_wanted(const AccountStatzOptions& options, const std::string& name) {
  return options.accounts.empty() ||
         std::find(options.accounts.begin(), options.accounts.end(), name) !=
             options.accounts.end();
}

}  // namespace

void AccountNumbers::operator+=(const AccountNumbers& other) noexcept {
  clients += other.clients;
  leafs += other.leafs;
  total += other.total;
  over_leafs += other.over_leafs;
  slow_consumers += other.slow_consumers;
  index += other.index;
}

void AccountsPart::collect(broker::Shard& shard) {
  shard.for_each_account([&](broker::Account& account) {
    AccountNumbers& numbers = accounts[account.name()];
    numbers.total += account.past_clients();
    numbers.total += account.past_leafs();
    numbers.over_leafs += account.past_leafs();
    numbers.slow_consumers += account.slow_consumers();
    numbers.index.add(account);
  });
  shard.for_each_session([&](const broker::Session& session) {
    // One that ends is among the past already, and its disconnect event among what is told.
    if (session.account() == nullptr || session.closing()) return;
    AccountNumbers& numbers = accounts[session.account()->name()];
    numbers.total += session.traffic();
    numbers.index.subscriptions += session.subscription_count();
    if (session.subscriber_kind() != broker::SubscriberKind::leaf) {
      ++numbers.clients;
    } else if (static_cast<const broker::LeafSession&>(session).is_up()) {
      ++numbers.leafs;
      numbers.over_leafs += session.traffic();
    }
  });
  shard.for_each_local([&](const broker::LocalSession& session) {
    accounts[session.account().name()].index.subscriptions += session.subscription_count();
  });
}

std::map<std::string, AccountNumbers, std::less<>> sum_accounts(
    const std::vector<AccountsPart>& parts) {
  std::map<std::string, AccountNumbers, std::less<>> sum;
  for (const AccountsPart& part : parts) {
    for (const auto& [name, numbers] : part.accounts) sum[name] += numbers;
  }
  return sum;
}

void write_account_numbers(wire::JsonWriter& out, std::string_view name,
                           const AccountNumbers& numbers) {
  out.add("acc", name);
  out.add("name", name);
  out.add("conns", numbers.clients);
  out.add("leafnodes", numbers.leafs);
  out.add("total_conns", numbers.clients + numbers.leafs);
  out.add("num_subscriptions", numbers.index.subscriptions);
  write_direction(out, "sent",
                  {numbers.total.out_messages, numbers.total.out_bytes,
                   numbers.over_leafs.out_messages, numbers.over_leafs.out_bytes});
  write_direction(out, "received",
                  {numbers.total.in_messages, numbers.total.in_bytes,
                   numbers.over_leafs.in_messages, numbers.over_leafs.in_bytes});
  out.add("slow_consumers", numbers.slow_consumers);
}

std::string account_statz_document(const std::string& server_id,
                                   const AccountStatzOptions& options,
                                   const std::vector<AccountsPart>& parts) {
  wire::JsonWriter out;
  out.open();
  out.add("server_id", server_id);
  out.add("now", rfc3339(WallClock::now()));
  out.open_list("account_statz");
  bool any = false;
  for (const auto& [name, numbers] : sum_accounts(parts)) {
    if (!is_wanted(options, name) || (!options.include_unused && !is_used(numbers))) continue;
    any = true;
    out.open();
    write_account_numbers(out, name, numbers);
    out.close();
  }
  out.close();
  out.close();
  if (!any && !options.include_unused) return {};
  return std::move(out).take();
}

std::string account_detail(const broker::Context& context, const std::string& name,
                           const AccountNumbers& numbers, std::int64_t start_unix_ns) {
  wire::JsonWriter out;
  out.open();
  out.add("account_name", name);
  out.add("update_time", rfc3339(start_unix_ns));
  out.add_if("is_system", name == context.accounts.system_account());
  out.add("expired", false);
  out.add("complete", true);
  out.add("jetstream_enabled", false);
  out.add("leafnode_connections", numbers.leafs);
  out.add("client_connections", numbers.clients);
  out.add("subscriptions", numbers.index.subscriptions);
  if (const auto options = context.accounts.options(name)) {
    write_mappings(out, *options);
    write_exports(out, *options);
  }
  if (const auto record = context.accounts.find(name)) write_imports(out, context, *record);
  out.add("name_tag", name);
  out.open("sublist_stats");
  numbers.index.write(out);
  out.close();
  out.close();
  return std::move(out).take();
}

namespace {

void write_accountz_head(wire::JsonWriter& out, const broker::Context& context) {
  out.add("server_id", context.identity.server_id);
  out.add("now", rfc3339(WallClock::now()));
  out.add("system_account", context.accounts.system_account());
}

}  // namespace

std::string accountz_document(const broker::Context& context,
                              const std::vector<std::string>& names) {
  wire::JsonWriter out;
  out.open();
  write_accountz_head(out, context);
  out.add("accounts", names);
  out.close();
  return std::move(out).take();
}

std::string accountz_document(const broker::Context& context, const std::string& detail) {
  wire::JsonWriter out;
  out.open();
  write_accountz_head(out, context);
  out.add_json("account_detail", detail);
  out.close();
  return std::move(out).take();
}

}  // namespace leafnats::monitor
