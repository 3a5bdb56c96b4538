// SPDX-License-Identifier: Apache-2.0
//
// The keys of the top level, and all that nats-server knows there without us.
#include "config/endpoint.hpp"
#include "config/section.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <limits>

namespace leafnats::config {

namespace {

constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

/// nats-server's max_payload should stay below; it warns, and so do we.
constexpr std::size_t recommended_payload_max = 8 * 1024 * 1024;

/// A count of bytes. 0 leaves the default, which is what it means in nats-server.
void take_size(const Field& field, std::int64_t max, std::size_t& target) {
  const std::optional<std::int64_t> found = field.integer_between(0, max);
  if (found && *found > 0) {
    target = static_cast<std::size_t>(*found);
  }
}

void take_max_payload(const Field& field, General& general) {
  take_size(field, int32_max, general.config.options.max_payload);
  if (general.config.options.max_payload > recommended_payload_max) {
    field.remark("a max_payload above 8 MB is discouraged: one message holds up all others");
  }
}

/// nats-server refuses less, so that clients do not all come back at once elsewhere.
constexpr std::chrono::seconds lame_duck_duration_min{30};

/// The lame duck keys take duration strings only; here 0 is not the default, but too short.
void take_lame_duck_duration(const Field& field, General& general) {
  const std::optional<std::chrono::milliseconds> found = field.duration();
  if (found && *found < lame_duck_duration_min) {
    field.invalid("invalid lame_duck_duration: the minimum is 30 seconds");
  } else if (found) {
    general.config.options.lame_duck_duration = *found;
  }
}

void take_lame_duck_grace_period(const Field& field, General& general) {
  const std::optional<std::chrono::milliseconds> found = field.duration();
  if (found && found->count() > 0) {
    general.config.options.lame_duck_grace_period = *found;
  }
}

/// What is to listen may be spread over three keys, which share one field of Options.
constexpr Rule<General> general_rules[] = {
    {"listen", "client_listen",
     [](const Field& field, General& general) { general.listen.take_listen(field); }},
    {"port", "client_listen",
     [](const Field& field, General& general) { general.listen.take_port(field); }},
    {"host net", "client_listen",
     [](const Field& field, General& general) { field.into(general.listen.host); }},
    {"client_advertise", "client_advertise",
     [](const Field& field, General& general) {
       field.into(general.config.options.client_advertise);
     }},
    {"server_name", "server_name",
     [](const Field& field, General& general) { field.into(general.config.options.server_name); }},
    {"authorization", "authorization",
     [](const Field& field, General& general) {
       take_authorization(field, general.config.options.authorization);
     }},
    {"no_auth_user", "no_auth_user",
     [](const Field& field, General& general) { field.into(general.config.options.no_auth_user); }},
    {"accounts", "accounts",
     [](const Field& field, General& general) {
       take_accounts(field, general.config.options.accounts);
     }},
    {"system_account system", "system_account",
     [](const Field& field, General& general) {
       field.into(general.config.options.system_account);
     }},
    {"mappings maps", "mappings",
     [](const Field& field, General& general) {
       take_mappings(field, general.config.options.mappings);
     }},
    {"operator operators roots root root_operators root_operator", "operator_mode.operators",
     [](const Field& field, General& general) {
       take_operators(field, general.config.options.operator_mode.operators);
     }},
    {"trusted trusted_keys", "operator_mode.trusted_keys",
     [](const Field& field, General& general) {
       take_operators(field, general.config.options.operator_mode.trusted_keys);
     }},
    {"resolver account_resolver accounts_resolver", "operator_mode.resolver",
     [](const Field& field, General& general) {
       take_resolver(field, general.config.options.operator_mode.resolver);
     }},
    {"resolver_tls", "operator_mode.resolver.tls",
     [](const Field& field, General& general) {
       take_tls(field, general.config.options.operator_mode.resolver.tls);
     }},
    {"resolver_preload", "operator_mode.resolver.preload",
     [](const Field& field, General& general) {
       take_preload(field, general.config.options.operator_mode.resolver.preload);
     }},
    {"tls", "tls",
     [](const Field& field, General& general) {
       take_tls(field, general.config.options.tls);
     }},
    {"allow_non_tls", "allow_non_tls",
     [](const Field& field, General& general) {
       field.into(general.config.options.allow_non_tls);
     }},
    {"leafnodes leaf", "leaf",
     [](const Field& field, General& general) {
       take_leafnodes(field, general.config.options.leaf);
     }},
    {"websocket ws", "websocket",
     [](const Field& field, General& general) {
       take_websocket(field, general.config.options.websocket);
     }},
    {"max_payload", "max_payload", take_max_payload},
    {"max_control_line", "max_control_line",
     [](const Field& field, General& general) {
       take_size(field, int32_max, general.config.options.max_control_line);
     }},
    {"max_pending", "max_pending",
     [](const Field& field, General& general) {
       take_size(field, std::numeric_limits<std::ptrdiff_t>::max(),
                 general.config.options.max_pending);
     }},
    {"max_connections max_conn", "max_connections",
     [](const Field& field, General& general) {
       auto& target = general.config.options.max_connections;
       target = field.integer().value_or(target);
     }},
    {"max_subscriptions max_subs", "max_subscriptions",
     [](const Field& field, General& general) {
       general.config.options.max_subscriptions =
           std::max<std::int64_t>(field.integer().value_or(0), 0);
     }},
    {"max_subscription_tokens max_sub_tokens", "max_subscription_tokens",
     [](const Field& field, General& general) {
       auto& target = general.config.options.max_subscription_tokens;
       target = static_cast<int>(field.integer_between(1, 255).value_or(target));
     }},
    {"ping_interval", "ping_interval",
     [](const Field& field, General& general) {
       field.into(general.config.options.ping_interval);
     }},
    {"ping_max", "ping_max",
     [](const Field& field, General& general) {
       const auto found = field.integer_between(0, int32_max);
       if (found && *found > 0) {
         general.config.options.ping_max = static_cast<int>(*found);
       }
     }},
    {"write_deadline", "write_deadline",
     [](const Field& field, General& general) {
       field.into(general.config.options.write_deadline);
     }},
    {"lame_duck_duration", "lame_duck_duration", take_lame_duck_duration},
    {"lame_duck_grace_period", "lame_duck_grace_period", take_lame_duck_grace_period},
    {"no_header_support", "no_header_support",
     [](const Field& field, General& general) {
       field.into(general.config.options.no_header_support);
     }},
    {"debug", "",
     [](const Field& field, General& general) { field.into(general.config.daemon.debug); }},
    {"trace", "",
     [](const Field& field, General& general) { field.into(general.config.daemon.trace); }},
    {"trace_verbose", "",
     [](const Field& field, General& general) {
       field.into(general.config.daemon.trace_verbose);
       field.into(general.config.daemon.trace);
     }},
    {"logtime", "",
     [](const Field& field, General& general) { field.into(general.config.daemon.logtime); }},
    {"logtime_utc", "",
     [](const Field& field, General& general) { field.into(general.config.daemon.logtime_utc); }},
    {"log_file logfile", "",
     [](const Field& field, General& general) { field.into(general.config.daemon.log_file); }},
    {"log_size_limit logfile_size_limit", "",
     [](const Field& field, General& general) {
       auto& target = general.config.daemon.log_size_limit;
       target = field.integer().value_or(target);
     }},
    {"syslog", "",
     [](const Field& field, General& general) { field.into(general.config.daemon.syslog); }},
    {"pid_file pidfile", "",
     [](const Field& field, General& general) { field.into(general.config.daemon.pid_file); }},
    {"ports_file_dir", "",
     [](const Field& field, General& general) {
       field.into(general.config.daemon.ports_file_dir);
     }},
};

constexpr std::string_view no_monitoring = "monitoring is not part of this version";
constexpr std::string_view no_profiling = "profiling is not part of this version";
constexpr std::string_view no_reports = "the daemon reports every attempt";
constexpr std::string_view no_cut_traces = "trace lines hold whole operations";
constexpr std::string_view no_log_files = "the daemon writes one log file";
constexpr std::string_view no_ocsp = "OCSP is not part of this version";
constexpr std::string_view no_jetstream = "JetStream is not part of this version";

/// First what can be left out without a client or leaf noticing; then what is the same with and
/// without the key; then what would be missed.
constexpr Notice general_notices[] = {
    {"http https", Policy::ignore, no_monitoring},
    {"http_port monitor_port https_port", Policy::ignore, no_monitoring, Kind::integer},
    {"http_base_path", Policy::ignore, no_monitoring, Kind::text},
    {"server_tags server_metadata", Policy::ignore, no_monitoring},
    {"max_closed_clients", Policy::ignore, no_monitoring, Kind::integer},
    {"prof_port prof_block_rate", Policy::ignore, no_profiling, Kind::integer},
    {"connect_error_reports reconnect_error_reports", Policy::ignore, no_reports, Kind::integer},
    {"max_traced_msg_len", Policy::ignore, no_cut_traces, Kind::integer},
    {"trace_headers", Policy::ignore, no_cut_traces, Kind::boolean},
    {"logfile_max_num log_max_num", Policy::ignore, no_log_files, Kind::integer},
    {"remote_syslog", Policy::ignore, "the daemon knows the local syslog only", Kind::text},
    {"disable_sublist_cache no_sublist_cache", Policy::ignore, "the match cache is always on",
     Kind::boolean},
    {"feature_flags", Policy::ignore, "no feature of this version has a flag"},
    {"store_dir storedir", Policy::ignore, no_jetstream, Kind::text},
    {"no_system_account no_system no_sys_acc", Policy::pass, "", Kind::boolean},
    {"write_timeout", Policy::ignore, "write_deadline cuts a connection only if nothing is written",
     Kind::text},
    {"no_fast_producer_stall", Policy::refuse_if_on, "publishers wait for slow readers"},
    {"proxy_protocol", Policy::refuse_if_on, "the PROXY protocol is not part of this version"},
    {"proxies", Policy::refuse, "trusted proxies are not part of this version"},
    {"ocsp ocsp_cache", Policy::refuse, no_ocsp},
    {"default_sentinel", Policy::refuse, "default users of operators are not part of this version"},
    {"resolver_pinned_accounts", Policy::refuse, "pinned accounts are not part of this version"},
    {"cluster", Policy::refuse, "clusters are not part of this version"},
    {"gateway", Policy::refuse, "gateways are not part of this version"},
    {"jetstream default_js_domain", Policy::refuse, no_jetstream},
    {"mqtt", Policy::refuse, "MQTT is not part of this version"},
};

constexpr Section<General> general_section{"the top level", general_rules, general_notices};

}  // namespace

void ListenKeys::take_listen(const Field& field) {
  if (field.value().as<std::int64_t>()) {
    take_port(field);
    return;
  }
  const auto* text = field.value().as<std::string>();
  if (text == nullptr) {
    field.must_be("a port or \"host:port\"");
    return;
  }
  const Result<Address> address = parse_address(*text);
  const bool has_address = address && address->port;
  if (!has_address) {
    const std::size_t colon = text->rfind(':');
    const bool is_port_wrong =
        !address && address.error().context.find("port") != std::string::npos;
    field.invalid(is_port_wrong ? "could not parse port \"" + text->substr(colon + 1) + "\""
                                : "could not parse address string \"" + *text + "\"");
    return;
  }
  // A host in `listen` replaces one in `host`, but a `listen` that names none leaves it alone.
  host = address->host.empty() ? host : address->host;
  port = *address->port;
}

void ListenKeys::take_port(const Field& field) {
  port = field.integer_between(-1, 65'535).value_or(port);
}

std::string ListenKeys::endpoint(std::uint16_t default_port) const {
  const std::uint16_t given_port = port < 0 ? 0 : static_cast<std::uint16_t>(port);
  return to_string(
      Endpoint{host.empty() ? std::string(any_host) : host, port == 0 ? default_port : given_port});
}

void take_general(const Map& map, Diagnostics& diagnostics, General& general) {
  take_section(general_section, map, "", diagnostics, general);
}

void list_general_keys(KeyList& list) { list_keys(general_section, list); }

void list_all_keys(KeyList& list) {
  list_general_keys(list);
  list_authorization_keys(list);
  list_account_keys(list);
  list_sharing_keys(list);
  list_mapping_keys(list);
  list_operator_keys(list);
  list_leaf_keys(list);
  list_tls_keys(list);
  list_websocket_keys(list);
}

}  // namespace leafnats::config
