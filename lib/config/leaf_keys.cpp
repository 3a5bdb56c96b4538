// SPDX-License-Identifier: Apache-2.0
//
// The keys of leafnodes { }, of its remotes, and the forms that compression can take.
#include "config/section.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <set>

namespace leafnats::config {

namespace {

constexpr std::string_view no_tls = "TLS is not part of this version";
constexpr std::string_view no_websocket = "WebSocket is not part of this version";
constexpr std::string_view no_jetstream = "JetStream is not part of this version";
constexpr std::string_view no_nkeys = "this version has logins by password and token only";
constexpr std::string_view no_isolation = "leafs hear of each other's interest";

// ---- compression

struct CompressionKeys {
  Compression mode = Compression::s2_auto;
  std::vector<std::chrono::milliseconds> rtt_thresholds;
};

struct ModeName {
  std::string_view names;
  Compression mode;
};
constexpr ModeName mode_names[] = {
    {"on enabled true auto s2_auto", Compression::s2_auto},
    {"off disabled false", Compression::off},
    {"accept", Compression::accept},
    {"fast s2_fast", Compression::s2_fast},
    {"better s2_better", Compression::s2_better},
    {"best s2_best", Compression::s2_best},
    {"not_supported", Compression::not_supported},
};

/// Names are compared in lower case, and one of them has a blank in it.
void take_mode(const Field& field, CompressionKeys& keys) {
  const std::optional<std::string> text = field.text();
  if (!text) {
    return;
  }
  const std::string name = lower(*text) == "not supported" ? "not_supported" : lower(*text);
  for (const ModeName& known : mode_names) {
    if (is_spelling(known.names, name)) {
      keys.mode = known.mode;
      return;
    }
  }
  field.invalid(
      "unsupported compression mode: it must be off, accept, s2_auto, s2_fast, s2_better or "
      "s2_best");
}

/// Their order and number are checked with the other rules about Options.
void take_rtt_thresholds(const Field& field, CompressionKeys& keys) {
  const Array* array = field.array();
  if (array == nullptr) {
    return;
  }
  for (const Value& element : *array) {
    const auto found = field.part(element, field.option()).signed_duration();
    if (!found) {
      return;
    }
    keys.rtt_thresholds.push_back(std::max(*found, std::chrono::milliseconds(0)));
  }
}

constexpr Rule<CompressionKeys> compression_rules[] = {
    {"mode", "compression", take_mode},
    {"rtt_thresholds thresholds rtts rtt", "compression_rtt_thresholds", take_rtt_thresholds},
};
constexpr Section<CompressionKeys> compression_section{"compression", compression_rules, {}};

/// `owner` is the path of the options that hold both fields.
void take_compression(const Field& field, const std::string& owner, CompressionKeys keys,
                      Compression& mode, std::vector<std::chrono::milliseconds>& rtt_thresholds) {
  if (const bool* is_on = field.value().as<bool>()) {
    keys.mode = *is_on ? Compression::s2_auto : Compression::off;
  } else if (field.value().as<std::string>()) {
    take_mode(field, keys);
  } else if (const Map* map = field.value().as<Map>()) {
    take_section(compression_section, *map, owner, field.diagnostics(), keys);
  } else {
    field.must_be("true, false, a mode or a map");
  }
  mode = keys.mode;
  rtt_thresholds = std::move(keys.rtt_thresholds);
}

std::string owner_of(const Field& field) {
  return field.option().substr(0, field.option().rfind('.'));
}

// ---- remotes

/// `disabled` has no field in RemoteLeafOpts: such a remote simply is not there.
struct RemoteKeys {
  RemoteLeafOpts remote;
  bool is_disabled = false;
};

/// nats-server warns of an URL that stands twice, and drops it.
void take_urls(const Field& field, RemoteKeys& keys) {
  auto found = field.texts();
  if (!found) {
    return;
  }
  std::set<std::string_view> seen;
  keys.remote.urls.clear();
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (!seen.insert((*found)[i]).second) {
      field.warn("Duplicate leafnode entry detected");
      continue;
    }
    const auto place = [&field](std::size_t index) {
      return field.option() + "[" + std::to_string(index) + "]";
    };
    field.diagnostics().note_origin(place(keys.remote.urls.size()),
                                    field.diagnostics().origin(place(i)));
    keys.remote.urls.push_back((*found)[i]);
  }
}

void take_deny(const Field& field, std::vector<std::string>& target) {
  if (auto found = field.texts()) {
    target = std::move(*found);
  }
}

constexpr Rule<RemoteKeys> remote_rules[] = {
    {"urls url", "urls", take_urls},
    {"account local", "account",
     [](const Field& field, RemoteKeys& keys) {
       keys.remote.account = take_account(field).value_or(keys.remote.account);
     }},
    {"no_randomize dont_randomize", "no_randomize",
     [](const Field& field, RemoteKeys& keys) { field.into(keys.remote.no_randomize); }},
    {"hub", "hub", [](const Field& field, RemoteKeys& keys) { field.into(keys.remote.hub); }},
    {"deny_imports deny_import", "deny_imports",
     [](const Field& field, RemoteKeys& keys) { take_deny(field, keys.remote.deny_imports); }},
    {"deny_exports deny_export", "deny_exports",
     [](const Field& field, RemoteKeys& keys) { take_deny(field, keys.remote.deny_exports); }},
    {"first_info_timeout", "first_info_timeout",
     [](const Field& field, RemoteKeys& keys) { field.into(keys.remote.first_info_timeout); }},
    {"dial_timeout", "dial_timeout",
     [](const Field& field, RemoteKeys& keys) { field.into(keys.remote.dial_timeout); }},
    {"ignore_discovered_servers", "ignore_discovered_servers",
     [](const Field& field, RemoteKeys& keys) {
       field.into(keys.remote.ignore_discovered_servers);
     }},
    {"compression", "compression",
     [](const Field& field, RemoteKeys& keys) {
       take_compression(field, owner_of(field), {}, keys.remote.compression,
                        keys.remote.compression_rtt_thresholds);
     }},
    {"disabled", "", [](const Field& field, RemoteKeys& keys) { field.into(keys.is_disabled); }},
};
constexpr Notice remote_notices[] = {
    {"tls", Policy::refuse, no_tls},
    {"credentials creds", Policy::refuse, no_nkeys},
    {"nkey seed", Policy::refuse, no_nkeys},
    {"isolate_leafnode_interest isolate", Policy::refuse_if_on, no_isolation},
    {"request_isolation", Policy::refuse_if_on, no_isolation},
    {"proxy", Policy::refuse, no_websocket},
    {"ws_compression ws_compress websocket_compress websocket_compression", Policy::ignore,
     no_websocket, Kind::boolean},
    {"ws_no_masking websocket_no_masking", Policy::ignore, no_websocket, Kind::boolean},
    {"jetstream_cluster_migrate js_cluster_migrate", Policy::ignore, no_jetstream},
};
constexpr Section<RemoteKeys> remote_section{"leafnodes.remotes", remote_rules, remote_notices};

/// The index in the path of `entry` is that of the remote's place among those that are not
/// disabled.
void take_remote(const Field& entry, std::vector<RemoteLeafOpts>& remotes) {
  const Map* map = entry.value().as<Map>();
  if (map == nullptr) {
    entry.must_be("an array of maps such as { url: \"nats-leaf://hub.example.com\" }");
    return;
  }
  RemoteKeys keys;
  take_section(remote_section, *map, entry.option(), entry.diagnostics(), keys);
  if (keys.is_disabled) {
    entry.remark("this remote is disabled and left out");
    return;
  }
  remotes.push_back(std::move(keys.remote));
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

struct LeafKeys {
  LeafOptions& leaf;
  ListenKeys listen;
};

constexpr Rule<LeafKeys> leaf_rules[] = {
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
       take_compression(field, owner_of(field), {}, keys.leaf.compression,
                        keys.leaf.compression_rtt_thresholds);
     }},
    {"remotes", "remotes",
     [](const Field& field, LeafKeys& keys) { take_remotes(field, keys.leaf.remotes); }},
};
constexpr Notice leaf_notices[] = {
    {"tls", Policy::refuse, no_tls},
    {"isolate_leafnode_interest isolate", Policy::refuse_if_on, no_isolation},
    {"write_timeout", Policy::ignore, "write_deadline cuts a link only if nothing is written",
     Kind::text},
};
constexpr Section<LeafKeys> leaf_section{"leafnodes", leaf_rules, leaf_notices};

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
  list_keys(compression_section, list);
}

}  // namespace leafnats::config
