// SPDX-License-Identifier: Apache-2.0
//
// The sections of a configuration: what each takes, and into what.
#pragma once

#include "config/field.hpp"
#include "config/unknown_key.hpp"

#include <leafnats/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace leafnats::config {

/// Host and port of a listener, which may come in one key or in two, in any order. As in
/// nats-server port 0 is none given, -1 any free one.
struct ListenKeys {
  std::string host;
  std::int64_t port = 0;

  void take_listen(const Field& field);  ///< a port, or "host:port" with the host left out or not
  void take_port(const Field& field);

  /// What Options want; `port` is the one to use if none was given.
  [[nodiscard]] std::string endpoint(std::uint16_t default_port) const;
};

/// The top level.
struct General {
  Config config;
  ListenKeys listen;
};
void take_general(const Map& map, Diagnostics& diagnostics, General& general);

/// authorization { }
void take_authorization(const Field& field, Authorization& authorization);
void take_users(const Field& field, std::vector<User>& users);
void take_permissions(const Field& field, std::optional<Permissions>& target);

/// accounts { } and the list of names that it may be.
void take_accounts(const Field& field, std::vector<AccountOptions>& accounts);
/// exports [ ] and imports [ ] of an account.
void take_exports(const Field& field, std::vector<AccountExport>& exports);
void take_imports(const Field& field, std::vector<AccountImport>& imports);
/// mappings { } of an account.
void take_mappings(const Field& field, std::vector<SubjectMapping>& mappings);

/// The parts of operator mode.
void take_operators(const Field& field, std::vector<std::string>& operators);
void take_resolver(const Field& field, ResolverOptions& resolver);
void take_preload(const Field& field, std::vector<ResolverOptions::Preloaded>& preload);

/// leafnodes { } with its authorization and remotes.
void take_leafnodes(const Field& field, LeafOptions& leaf);
void take_compression(const Field& field, CompressionOptions& target);
void take_leaf_authorization(const Field& field, Authorization& authorization);

/// tls { } of a listener or a remote.
void take_tls(const Field& field, std::optional<TlsOptions>& target);
/// websocket { }; without a port the options stay empty.
void take_websocket(const Field& field, std::optional<WebSocketOptions>& websocket);

/// proxy { } of a remote.
void take_proxy(const Field& field, ProxyOptions& proxy);

/// Every key of every section.
void list_all_keys(KeyList& list);
void list_general_keys(KeyList& list);
void list_authorization_keys(KeyList& list);
void list_account_keys(KeyList& list);
void list_sharing_keys(KeyList& list);
void list_mapping_keys(KeyList& list);
void list_leaf_keys(KeyList& list);
void list_operator_keys(KeyList& list);
void list_tls_keys(KeyList& list);
void list_compression_keys(KeyList& list);
void list_websocket_keys(KeyList& list);

}  // namespace leafnats::config
