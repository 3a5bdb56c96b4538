// SPDX-License-Identifier: Apache-2.0
//
// INFO: what a server tells a client or a leaf node about itself, at first and whenever it
// changes; in the answer to a leaf's CONNECT also the account and permissions of the link.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <leafnats/options.hpp>
#include <leafnats/result.hpp>

namespace leafnats::wire {

class JsonReader;

/// The fields of INFO that clients and leaf nodes use, in nats-server's order. Those of routes and
/// gateways are not read.
struct ServerInfo {
  std::string server_id;
  std::string server_name;
  std::string version;
  std::int64_t proto = 0;
  std::string git_commit;
  std::string go;
  std::string host;
  std::int64_t port = 0;
  bool headers = false;
  bool auth_required = false;
  bool tls_required = false;
  bool tls_verify = false;
  bool tls_available = false;
  std::int64_t max_payload = 0;
  bool jetstream = false;
  std::string ip;                             ///< leaf listener: "host:port" to reach it
  std::uint64_t client_id = 0;
  std::string client_ip;
  std::string nonce;
  std::string cluster;
  bool cluster_dynamic = false;
  std::string domain;
  std::vector<std::string> connect_urls;
  std::vector<std::string> ws_connect_urls;
  bool lame_duck_mode = false;                ///< "ldm"
  std::string compression;
  std::int64_t zstd_window = 0;               ///< ours: log of the window; 0: no zstd
  std::uint64_t zstd_dictionary = 0;          ///< ours: which one; 0: none
  bool connect_info = false;                  ///< this INFO answers CONNECT
  std::string remote_account;
  bool account_is_system = false;             ///< "acc_is_sys"
  std::int64_t api_level = 0;                 ///< "api_lvl"
  std::optional<SubjectPermissions> import_permissions;  ///< "import": what the leaf may receive
  std::optional<SubjectPermissions> export_permissions;  ///< "export": what the leaf may send
  bool info_on_connect = false;               ///< CONNECT will be answered with an INFO
  std::vector<std::string> leafnode_urls;
};

/// The JSON of an INFO line, fields in nats-server's order.
[[nodiscard]] std::string format_info(const ServerInfo& info);

/// The whole INFO line.
[[nodiscard]] std::string info_line(const ServerInfo& info);

/// Reads the JSON of an INFO line; what it does not mention has its default.
Result<ServerInfo> parse_info(JsonReader& reader, std::string_view json);

}  // namespace leafnats::wire
