// SPDX-License-Identifier: Apache-2.0
//
// The keys of leafnodes { } and of its remotes.
#include "config/section.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace leafnats::config {

namespace {


// ---- remotes

constexpr Rule<SubjectRename> rename_rules[] = {
    {"to", "to", [](const Field& field, SubjectRename& rename) { field.into(rename.to); }},
};
constexpr Section<SubjectRename> rename_section{"leafnodes.remotes.account_mappings", rename_rules,
                                                {}};

using RemoteKeys = RemoteLeafOpts;

std::string owner_of(const Field& field) {
  return field.option().substr(0, field.option().rfind('.'));
}

/// nats-server warns of an URL that stands twice, and drops it.
void take_urls(const Field& field, RemoteKeys& keys) {
  auto found = field.texts();
  if (!found) {
    return;
  }
  std::set<std::string_view> seen;
  keys.urls.clear();
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (!seen.insert((*found)[i]).second) {
      field.warn("Duplicate leafnode entry detected");
      continue;
    }
    const auto place = [&field](std::size_t index) {
      return field.option() + "[" + std::to_string(index) + "]";
    };
    field.diagnostics().note_origin(place(keys.urls.size()),
                                    field.diagnostics().origin(place(i)));
    keys.urls.push_back((*found)[i]);
  }
}

void take_deny(const Field& field, std::vector<std::string>& target) {
  if (auto found = field.texts()) {
    target = std::move(*found);
  }
}

/// `events: { to: "site-a.events" }`, or the name alone. nats-server has no such key.
void take_renames(const Field& field, RemoteKeys& keys) {
  const Map* map = field.map();
  if (map == nullptr) return;
  keys.account_mappings.clear();
  for (const Entry& entry : map->entries()) {
    const std::size_t index = keys.account_mappings.size();
    const Field rename(field.diagnostics(), entry,
                       field.option() + "[" + std::to_string(index) + "]");
    SubjectRename& target = keys.account_mappings.emplace_back(SubjectRename{entry.key, {}});
    if (const Map* parts = entry.value.as<Map>()) {
      take_section(rename_section, *parts, rename.option(), field.diagnostics(), target);
      if (target.to.empty()) rename.invalid("\"" + entry.key + "\" needs a name: { to: ... }");
    } else if (entry.value.as<std::string>() != nullptr) {
      rename.into(target.to);
    } else {
      rename.must_be("a map such as { to: \"site-a.events\" }");
    }
    if (target.to.empty()) keys.account_mappings.pop_back();
  }
}

/// A boolean, or a map. As in nats-server the map alone means yes, whatever stands in it.
void take_migration(const Field& field, RemoteKeys& keys) {
  if (const bool* is_on = field.value().as<bool>()) {
    keys.jetstream_cluster_migrate = *is_on;
    return;
  }
  const Map* map = field.value().as<Map>();
  if (map == nullptr) {
    field.must_be("true, false or a map");
    return;
  }
  keys.jetstream_cluster_migrate = true;
  for (const Entry& entry : map->entries()) {
    if (lower(entry.key) == "leader_migrate_delay") {
      Field(field.diagnostics(), entry, owner_of(field) + ".jetstream_leader_migrate_delay")
          .into(keys.jetstream_leader_migrate_delay);
    }
  }
}

template <bool RemoteKeys::*member>
void take_bool(const Field& field, RemoteKeys& keys) {
  field.into(keys.*member);
}
template <std::chrono::milliseconds RemoteKeys::*member>
void take_time(const Field& field, RemoteKeys& keys) {
  field.into(keys.*member);
}
template <std::string RemoteKeys::*member>
void take_text(const Field& field, RemoteKeys& keys) {
  field.into(keys.*member);
}

/// reconnect, reconnect_interval and connect_timeout are not nats-server's; guides have them.
constexpr Rule<RemoteKeys> remote_rules[] = {
    {"urls url", "urls", take_urls},
    {"account local", "account", take_text<&RemoteKeys::account>},
    {"no_randomize dont_randomize", "no_randomize", take_bool<&RemoteKeys::no_randomize>},
    {"hub", "hub", take_bool<&RemoteKeys::hub>},
    {"deny_imports deny_import", "deny_imports",
     [](const Field& field, RemoteKeys& keys) { take_deny(field, keys.deny_imports); }},
    {"deny_exports deny_export", "deny_exports",
     [](const Field& field, RemoteKeys& keys) { take_deny(field, keys.deny_exports); }},
    {"account_mappings", "account_mappings", take_renames},
    {"first_info_timeout", "first_info_timeout", take_time<&RemoteKeys::first_info_timeout>},
    {"dial_timeout connect_timeout", "dial_timeout", take_time<&RemoteKeys::dial_timeout>},
    {"ignore_discovered_servers", "ignore_discovered_servers",
     take_bool<&RemoteKeys::ignore_discovered_servers>},
    {"compression", "compression",
     [](const Field& field, RemoteKeys& keys) {
       take_compression(field, keys.compression);
     }},
    {"ws_compression ws_compress websocket_compress websocket_compression", "ws_compression",
     take_bool<&RemoteKeys::ws_compression>},
    {"ws_no_masking websocket_no_masking", "ws_no_masking",
     take_bool<&RemoteKeys::ws_no_masking>},
    {"proxy", "proxy",
     [](const Field& field, RemoteKeys& keys) { take_proxy(field, keys.proxy); }},
    {"isolate_leafnode_interest isolate", "isolate_leafnode_interest",
     take_bool<&RemoteKeys::isolate_leafnode_interest>},
    {"request_isolation", "request_isolation", take_bool<&RemoteKeys::request_isolation>},
    {"disabled", "disabled", take_bool<&RemoteKeys::disabled>},
    {"reconnect", "reconnect", take_bool<&RemoteKeys::reconnect>},
    {"reconnect_interval reconnect_delay", "reconnect_interval",
     [](const Field& field, RemoteKeys& keys) {
       keys.reconnect_interval = field.duration_or_seconds().value_or(keys.reconnect_interval);
     }},
    {"failback_interval", "failback_interval", take_time<&RemoteKeys::failback_interval>},
    {"jetstream_cluster_migrate js_cluster_migrate", "jetstream_cluster_migrate", take_migration},
    {"tls", "tls",
     [](const Field& field, RemoteKeys& keys) { take_tls(field, keys.tls); }},
    {"credentials creds", "credentials", take_text<&RemoteKeys::credentials>},
    {"nkey seed", "nkey", take_text<&RemoteKeys::nkey>},
};
constexpr Section<RemoteKeys> remote_section{"leafnodes.remotes", remote_rules, {}};

void take_remote(const Field& entry, std::vector<RemoteLeafOpts>& remotes) {
  const Map* map = entry.value().as<Map>();
  if (map == nullptr) {
    entry.must_be("an array of maps such as { url: \"nats-leaf://hub.example.com\" }");
    return;
  }
  RemoteKeys keys;
  take_section(remote_section, *map, entry.option(), entry.diagnostics(), keys);
  if (keys.disabled) {
    entry.remark("this remote is disabled and will not be dialled");
  }
  if (keys.jetstream_cluster_migrate) {
    entry.remark("JetStream is not part of this version: jetstream_cluster_migrate has no effect");
  }
  remotes.push_back(std::move(keys));
}

void take_remotes(const Field& field, std::vector<RemoteLeafOpts>& remotes) {
  if (const Array* array = field.array()) {
    remotes.clear();
    for (const Value& element : *array) {
      take_remote(field.part(element, field.option() + "[" + std::to_string(remotes.size()) + "]"),
                  remotes);
    }
  }
}

// ---- leafnodes { }

void take_write_timeout(const Field& field, LeafOptions& leaf) {
  const std::optional<std::string> text = field.text();
  if (!text) {
    return;
  }
  const std::string word = lower(*text);
  if (word == "close") {
    leaf.write_timeout = WriteTimeout::close;
  } else if (word == "retry" || word == "default") {
    leaf.write_timeout = WriteTimeout::retry;
  } else {
    field.invalid("write_timeout must be 'default', 'close' or 'retry'");
  }
}

void take_queue_full(const Field& field, LeafOptions& leaf) {
  const std::optional<std::string> text = field.text();
  if (!text) {
    return;
  }
  const std::string word = lower(*text);
  if (word == "drop_oldest") {
    leaf.link_queue_full = QueueFull::drop_oldest;
  } else if (word == "drop_newest") {
    leaf.link_queue_full = QueueFull::drop_newest;
  } else if (word == "close") {
    leaf.link_queue_full = QueueFull::close;
  } else {
    field.invalid("link_queue_full must be 'drop_oldest', 'drop_newest' or 'close'");
  }
}

struct LeafKeys {
  LeafOptions& leaf;
  ListenKeys listen;
};

constexpr Rule<LeafKeys> leaf_rules[] = {
    {"tls", "tls",
     [](const Field& field, LeafKeys& keys) { take_tls(field, keys.leaf.tls); }},
    {"listen", "listen",
     [](const Field& field, LeafKeys& keys) { keys.listen.take_listen(field); }},
    {"port", "listen", [](const Field& field, LeafKeys& keys) { keys.listen.take_port(field); }},
    {"host net", "listen",
     [](const Field& field, LeafKeys& keys) { field.into(keys.listen.host); }},
    {"advertise leafnode_advertise", "advertise",
     [](const Field& field, LeafKeys& keys) { field.into(keys.leaf.advertise); }},
    {"no_advertise", "no_advertise",
     [](const Field& field, LeafKeys& keys) { field.into(keys.leaf.no_advertise); }},
    {"authorization", "authorization",
     [](const Field& field, LeafKeys& keys) {
       take_leaf_authorization(field, keys.leaf.authorization);
     }},
    {"min_version minimum_version", "min_version",
     [](const Field& field, LeafKeys& keys) { field.into(keys.leaf.min_version); }},
    {"reconnect reconnect_delay reconnect_interval", "reconnect",
     [](const Field& field, LeafKeys& keys) { field.into(keys.leaf.reconnect); }},
    {"dial_timeout", "dial_timeout",
     [](const Field& field, LeafKeys& keys) { field.into(keys.leaf.dial_timeout); }},
    {"write_deadline", "write_deadline",
     [](const Field& field, LeafKeys& keys) { field.into(keys.leaf.write_deadline); }},
    {"compression", "compression",
     [](const Field& field, LeafKeys& keys) {
       take_compression(field, keys.leaf.compression);
     }},
    {"isolate_leafnode_interest isolate", "isolate_leafnode_interest",
     [](const Field& field, LeafKeys& keys) {
       field.into(keys.leaf.isolate_leafnode_interest);
     }},
    {"write_timeout", "write_timeout",
     [](const Field& field, LeafKeys& keys) { take_write_timeout(field, keys.leaf); }},
    // Ours: nats-server has neither a bound for the queue of a link nor for its back-off.
    {"reconnect_max", "reconnect_max",
     [](const Field& field, LeafKeys& keys) { field.into(keys.leaf.reconnect_max); }},
    {"link_queue_size", "link_queue_bytes",
     [](const Field& field, LeafKeys& keys) {
       constexpr std::int64_t bytes_max = std::numeric_limits<std::ptrdiff_t>::max();
       if (const auto bytes = field.integer_between(1, bytes_max)) {
         keys.leaf.link_queue_bytes = static_cast<std::size_t>(*bytes);
       }
     }},
    {"link_queue_full", "link_queue_full",
     [](const Field& field, LeafKeys& keys) { take_queue_full(field, keys.leaf); }},
    {"remotes", "remotes",
     [](const Field& field, LeafKeys& keys) { take_remotes(field, keys.leaf.remotes); }},
};
constexpr Section<LeafKeys> leaf_section{"leafnodes", leaf_rules, {}};

}  // namespace

void take_leafnodes(const Field& field, LeafOptions& leaf) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  LeafKeys keys{leaf, {}};
  take_section(leaf_section, *map, field.option(), field.diagnostics(), keys);
  // A host without a port is no listener: nats-server's default for leafs is not to listen.
  leaf.listen = keys.listen.port == 0 ? std::string() : keys.listen.endpoint(0);
}

void list_leaf_keys(KeyList& list) {
  list_keys(leaf_section, list);
  list_keys(remote_section, list);
  list_keys(rename_section, list);
  list_compression_keys(list);
}

}  // namespace leafnats::config
