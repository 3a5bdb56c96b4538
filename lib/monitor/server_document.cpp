// SPDX-License-Identifier: Apache-2.0

#include "monitor/server_document.hpp"

#include "broker/account.hpp"
#include "config/endpoint.hpp"
#include "monitor/time_text.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace leafnats::monitor {
namespace {

double seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

std::int64_t nanoseconds(std::chrono::milliseconds duration) {
  return std::chrono::nanoseconds(duration).count();
}

double tls_timeout(const std::optional<TlsOptions>& tls) {
  return seconds(tls ? tls->timeout : TlsOptions().timeout);
}

void write_counts(wire::JsonWriter& out, std::string_view key, std::uint64_t messages,
                  std::uint64_t bytes) {
  out.open(key);
  out.add("msgs", messages);
  out.add("bytes", bytes);
  out.close();
}

/// Clients and leafs; there are neither routes nor gateways.
void write_by_kind(wire::JsonWriter& out, std::string_view key, std::uint64_t clients,
                   std::uint64_t leafs) {
  out.open(key);
  out.add("clients", clients);
  out.add("routes", 0);
  out.add("gateways", 0);
  out.add("leafs", leafs);
  out.close();
}

/// A remote's URLs as host:port; what stands before the host is a secret.
std::vector<std::string> hosts_of(const RemoteLeafOpts& remote) {
  std::vector<std::string> hosts;
  for (const std::string& url : remote.urls) {
    std::string_view rest = url;
    if (const auto scheme = rest.find("://"); scheme != rest.npos) rest.remove_prefix(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const auto at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
    hosts.emplace_back(rest);
  }
  return hosts;
}

void write_remotes(wire::JsonWriter& out, const LeafOptions& leaf) {
  if (leaf.remotes.empty()) return;
  out.open_list("remotes");
  for (const RemoteLeafOpts& remote : leaf.remotes) {
    out.open();
    out.add_if("local_account", remote.account.empty() ? "$G" : remote.account);
    out.add("tls_timeout", tls_timeout(remote.tls));
    out.add_if("urls", hosts_of(remote));
    if (!remote.deny_imports.empty() || !remote.deny_exports.empty()) {
      out.open("deny");
      out.add_if("imports", remote.deny_imports);
      out.add_if("exports", remote.deny_exports);
      out.close();
    }
    out.close();
  }
  out.close();
}

void write_leaf(wire::JsonWriter& out, const broker::Context& context) {
  const LeafOptions& leaf = context.options.leaf;
  out.open("leaf");
  if (!leaf.listen.empty()) {
    out.add("host", context.identity.leaf_info.host);
    out.add("port", context.identity.leaf_info.port);
    out.add("auth_timeout", seconds(leaf.authorization.timeout));
    out.add("tls_timeout", tls_timeout(leaf.tls));
    out.add_if("tls_required", context.identity.leaf_info.tls_required);
    out.add_if("tls_verify", context.identity.leaf_info.tls_verify);
  }
  write_remotes(out, leaf);
  out.close();
}

void write_websocket(wire::JsonWriter& out, const broker::Context& context) {
  out.open("websocket");
  if (const std::optional<WebSocketOptions>& websocket = context.options.websocket) {
    out.add("host", context.identity.websocket_info.host);
    out.add("port", context.identity.websocket_info.port);
    out.add_if("advertise", websocket->advertise);
    out.add_if("no_tls", !websocket->tls.has_value());
    out.add_if("auth_timeout", seconds(websocket->auth_timeout));
  }
  out.close();
}

void write_settings(wire::JsonWriter& out, const broker::Context& context) {
  const Options& options = context.options;
  out.add("max_connections", options.max_connections);
  out.add_if("max_subscriptions", options.max_subscriptions);
  out.add("ping_interval", nanoseconds(options.ping_interval));
  out.add("ping_max", options.ping_max);
  out.add("http_host", "");
  out.add("http_port", 0);
  out.add("http_base_path", "");
  out.add("https_port", 0);
  out.add("auth_timeout", seconds(options.authorization.timeout));
  out.add("max_control_line", options.max_control_line);
  out.add("max_payload", options.max_payload);
  out.add("max_pending", options.max_pending);
  out.open("cluster");
  out.close();
  out.open("gateway");
  out.close();
  write_leaf(out, context);
  out.open("mqtt");
  out.close();
  write_websocket(out, context);
  out.open("jetstream");
  out.close();
  out.add("tls_timeout", tls_timeout(options.tls));
  out.add("write_deadline", nanoseconds(options.write_deadline));
}

void write_load(wire::JsonWriter& out, const ServerNumbers& numbers, unsigned shards) {
  out.add("mem", numbers.resident_bytes);
  out.add("cores", ProcessUsage::cores());
  out.add("gomaxprocs", shards);
  out.add("cpu", numbers.cpu_percent);
}

void write_traffic(wire::JsonWriter& out, const broker::ShardStatistics& sum) {
  out.add("in_msgs", sum.in_messages);
  out.add("in_bytes", sum.in_bytes);
  out.add("in_client_msgs", sum.in_messages - sum.leafs.in_messages);
  out.add("in_client_bytes", sum.in_bytes - sum.leafs.in_bytes);
  out.add("out_msgs", sum.out_messages);
  out.add("out_bytes", sum.out_bytes);
  out.add("out_client_msgs", sum.out_messages - sum.leafs.out_messages);
  out.add("out_client_bytes", sum.out_bytes - sum.leafs.out_bytes);
  out.add("slow_consumers", sum.slow_consumers);
  out.add("stale_connections", sum.stale_clients + sum.stale_leafs);
  out.add("subscriptions", sum.subscriptions);
}

}  // namespace

void ServerPart::collect(broker::Shard& shard) {
  statistics = shard.statistics();
  shard.for_each_session([&](const broker::Session& session) {
    if (session.account() != nullptr) accounts_in_use.insert(session.account()->name());
  });
}

ServerNumbers ServerNumbers::make(const std::vector<ServerPart>& parts,
                                  const broker::Context& context, ProcessUsage& usage) {
  ServerNumbers all;
  std::set<std::string> accounts;
  for (const ServerPart& part : parts) {
    all.sum += part.statistics;
    accounts.insert(part.accounts_in_use.begin(), part.accounts_in_use.end());
  }
  all.accounts_in_use = accounts.size();
  all.clients = context.client_connections.load(std::memory_order_relaxed);
  all.leafs = context.leaf_connections.load(std::memory_order_relaxed);
  all.connections_ever = context.last_connection_number.load(std::memory_order_relaxed);
  all.cpu_percent = usage.cpu_percent();
  all.resident_bytes = ProcessUsage::resident_bytes();
  return all;
}

std::string varz_document(const ServerFacts& facts, const ServerNumbers& numbers) {
  const broker::Context& context = facts.context;
  const wire::ServerInfo& info = context.identity.client_info;
  const std::int64_t now = WallClock::now();
  wire::JsonWriter out;
  out.open();
  out.add("server_id", context.identity.server_id);
  out.add("server_name", context.identity.server_name);
  out.add("version", info.version);
  out.add("proto", info.proto);
  out.add("go", "");
  out.add("host", info.host);
  out.add("port", info.port);
  out.add_if("auth_required", info.auth_required);
  out.add_if("tls_required", info.tls_required);
  out.add_if("tls_verify", info.tls_verify);
  out.add_if("connect_urls", info.connect_urls);
  out.add_if("ws_connect_urls", context.identity.websocket_info.connect_urls);
  write_settings(out, context);
  out.add("start", rfc3339(facts.start_unix_ns));
  out.add("now", rfc3339(now));
  out.add("uptime", uptime_text(now - facts.start_unix_ns));
  write_load(out, numbers, facts.shards);
  out.add("connections", numbers.clients);
  out.add("total_connections", numbers.connections_ever);
  out.add("routes", 0);
  out.add("remotes", 0);
  out.add("leafnodes", numbers.leafs);
  write_traffic(out, numbers.sum);
  out.open("http_req_stats");
  out.close();
  out.add("config_load_time", rfc3339(facts.start_unix_ns));
  out.add("system_account", context.accounts.system_account());
  write_by_kind(out, "slow_consumer_stats", numbers.sum.slow_consumers - numbers.sum.slow_leafs,
                numbers.sum.slow_leafs);
  write_by_kind(out, "stale_connection_stats", numbers.sum.stale_clients,
                numbers.sum.stale_leafs);
  out.close();
  return std::move(out).take();
}

void write_statsz(wire::JsonWriter& out, const ServerFacts& facts, const ServerNumbers& numbers) {
  const broker::ShardStatistics& sum = numbers.sum;
  out.open("statsz");
  out.add("start", rfc3339(facts.start_unix_ns));
  out.add("mem", numbers.resident_bytes);
  out.add("cores", ProcessUsage::cores());
  out.add("cpu", numbers.cpu_percent);
  out.add("connections", numbers.clients);
  out.add("total_connections", numbers.connections_ever);
  out.add("active_accounts", numbers.accounts_in_use);
  out.add("subscriptions", sum.subscriptions);
  write_counts(out, "sent", sum.out_messages, sum.out_bytes);
  write_counts(out, "sent_to_clients", sum.out_messages - sum.leafs.out_messages,
               sum.out_bytes - sum.leafs.out_bytes);
  write_counts(out, "received", sum.in_messages, sum.in_bytes);
  write_counts(out, "received_from_clients", sum.in_messages - sum.leafs.in_messages,
               sum.in_bytes - sum.leafs.in_bytes);
  out.add("slow_consumers", sum.slow_consumers);
  if (sum.slow_consumers > 0) {
    write_by_kind(out, "slow_consumer_stats", sum.slow_consumers - sum.slow_leafs, sum.slow_leafs);
  }
  out.add_if("stale_connections", sum.stale_clients + sum.stale_leafs);
  if (sum.stale_clients + sum.stale_leafs > 0) {
    write_by_kind(out, "stale_connection_stats", sum.stale_clients, sum.stale_leafs);
  }
  out.add("active_servers", 1);
  out.add("gomaxprocs", facts.shards);
  out.close();
}

std::string healthz_document() { return R"({"status":"ok","status_code":200})"; }

std::string idz_document(const broker::Context& context) {
  wire::JsonWriter out;
  out.open();
  out.add("name", context.identity.server_name);
  out.add("host", context.identity.client_info.host);
  out.add("id", context.identity.server_id);
  out.close();
  return std::move(out).take();
}

std::string routez_document(const broker::Context& context) {
  wire::JsonWriter out;
  out.open();
  out.add("server_id", context.identity.server_id);
  out.add("server_name", context.identity.server_name);
  out.add("now", rfc3339(WallClock::now()));
  out.add("num_routes", 0);
  out.open_list("routes");
  out.close();
  out.close();
  return std::move(out).take();
}

std::string gatewayz_document(const broker::Context& context) {
  wire::JsonWriter out;
  out.open();
  out.add("server_id", context.identity.server_id);
  out.add("now", rfc3339(WallClock::now()));
  out.open("outbound_gateways");
  out.close();
  out.open("inbound_gateways");
  out.close();
  out.close();
  return std::move(out).take();
}

std::string jsz_document(const broker::Context& context) {
  wire::JsonWriter out;
  out.open();
  for (const char* key : {"memory", "storage", "reserved_memory", "reserved_storage", "accounts",
                          "ha_assets"}) {
    out.add(key, 0);
  }
  out.open("api");
  for (const char* key : {"level", "total", "errors"}) out.add(key, 0);
  out.close();
  out.add("server_id", context.identity.server_id);
  out.add("now", rfc3339(WallClock::now()));
  out.add("disabled", true);
  out.open("config");
  for (const char* key : {"max_memory", "max_storage"}) out.add(key, 0);
  out.close();
  for (const char* key : {"streams", "consumers", "messages", "bytes", "total"}) out.add(key, 0);
  out.close();
  return std::move(out).take();
}

}  // namespace leafnats::monitor
