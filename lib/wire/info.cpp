// SPDX-License-Identifier: Apache-2.0
//
// The field list of INFO. Order and presence are those of nats-server 2.15.1: nine fields are
// always there, the rest only if set.
#include "wire/info.hpp"

#include <array>
#include <utility>

#include "wire/encoder.hpp"
#include "wire/json.hpp"

namespace leafnats::wire {

namespace {

/// `Place` is JsonTarget for a ServerInfo and JsonSource for a const one.
template <class Place, class Info>
auto fields_of(Info& info) {
  using enum JsonPresence;
  return std::to_array<JsonField<Place>>({
      {"server_id", &info.server_id, always},
      {"server_name", &info.server_name, always},
      {"version", &info.version, always},
      {"proto", &info.proto, always},
      {"git_commit", &info.git_commit},
      {"go", &info.go, always},
      {"host", &info.host, always},
      {"port", &info.port, always},
      {"headers", &info.headers, always},
      {"auth_required", &info.auth_required},
      {"tls_required", &info.tls_required},
      {"tls_verify", &info.tls_verify},
      {"tls_available", &info.tls_available},
      {"max_payload", &info.max_payload, always},
      {"jetstream", &info.jetstream},
      {"ip", &info.ip},
      {"client_id", &info.client_id},
      {"client_ip", &info.client_ip},
      {"nonce", &info.nonce},
      {"cluster", &info.cluster},
      {"cluster_dynamic", &info.cluster_dynamic},
      {"domain", &info.domain},
      {"connect_urls", &info.connect_urls},
      {"ws_connect_urls", &info.ws_connect_urls},
      {"ldm", &info.lame_duck_mode},
      {"compression", &info.compression},
      {"zstd_window", &info.zstd_window},
      {"zstd_dictionary", &info.zstd_dictionary},
      {"connect_info", &info.connect_info},
      {"remote_account", &info.remote_account},
      {"acc_is_sys", &info.account_is_system},
      {"api_lvl", &info.api_level},
      {"import", &info.import_permissions},
      {"export", &info.export_permissions},
      {"info_on_connect", &info.info_on_connect},
      {"leafnode_urls", &info.leafnode_urls},
  });
}

}  // namespace

std::string format_info(const ServerInfo& info) {
  return format_json(fields_of<JsonSource>(info));
}

std::string info_line(const ServerInfo& info) {
  const std::string json = format_info(info);
  std::string line(info_size(json), '\0');
  line.resize(static_cast<std::size_t>(write_info(line.data(), json) - line.data()));
  return line;
}

Result<ServerInfo> parse_info(JsonReader& reader, std::string_view json) {
  ServerInfo info;
  if (auto read = reader.read(json, fields_of<JsonTarget>(info)); !read) {
    return std::move(read).error();
  }
  return info;
}

}  // namespace leafnats::wire
