// SPDX-License-Identifier: Apache-2.0
//
// The field lists of the two kinds of CONNECT.
#include "wire/connect.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "wire/json.hpp"

namespace leafnats::wire {

namespace {

auto fields_of(ClientConnect& connect) {
  return std::to_array<JsonField<JsonTarget>>({
      {"verbose", &connect.verbose},
      {"pedantic", &connect.pedantic},
      {"echo", &connect.echo},
      {"tls_required", &connect.tls_required},
      {"headers", &connect.headers},
      {"no_responders", &connect.no_responders},
      {"protocol", &connect.protocol},
      {"user", &connect.user},
      {"pass", &connect.pass},
      {"auth_token", &connect.auth_token},
      {"jwt", &connect.jwt},
      {"nkey", &connect.nkey},
      {"sig", &connect.sig},
      {"name", &connect.name},
      {"lang", &connect.lang},
      {"version", &connect.version},
      {"account", &connect.account},
      {"new_account", &connect.new_account},
  });
}

/// `Place` is JsonTarget for a LeafConnect and JsonSource for a const one.
template <class Place, class Connect>
auto fields_of_leaf(Connect& connect) {
  return std::to_array<JsonField<Place>>({
      {"version", &connect.version},
      {"nkey", &connect.nkey},
      {"jwt", &connect.jwt},
      {"sig", &connect.sig},
      {"user", &connect.user},
      {"pass", &connect.pass},
      {"auth_token", &connect.auth_token},
      {"server_id", &connect.server_id},
      {"domain", &connect.domain},
      {"name", &connect.name},
      {"is_hub", &connect.is_hub},
      {"cluster", &connect.cluster},
      {"headers", &connect.headers},
      {"jetstream", &connect.jetstream},
      {"deny_pub", &connect.deny_pub},
      {"isolate", &connect.isolate},
      {"compress_mode", &connect.compress_mode},
      {"gateway", &connect.gateway},
      {"remote_account", &connect.remote_account},
      {"protocol", &connect.protocol},
      {"lang", &connect.lang},
      {"account", &connect.account},
      {"new_account", &connect.new_account},
  });
}

using Version = std::array<std::uint32_t, 3>;

std::optional<Version> parse_version(std::string_view text) noexcept {
  Version version{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint32_t& number : version) {
    if (&number != version.data() && (at == end || *at++ != '.')) return std::nullopt;
    const auto [behind, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return std::nullopt;
    at = behind;
  }
  if (at != end && *at != '-' && *at != '+') return std::nullopt;
  return version;
}

}  // namespace

Result<ClientConnect> parse_client_connect(JsonReader& reader, std::string_view json,
                                           ClientConnect previous) {
  if (auto read = reader.read(json, fields_of(previous)); !read) return std::move(read).error();
  return previous;
}

Result<LeafConnect> parse_leaf_connect(JsonReader& reader, std::string_view json) {
  LeafConnect connect;
  if (auto read = reader.read(json, fields_of_leaf<JsonTarget>(connect)); !read) {
    return std::move(read).error();
  }
  return connect;
}

std::string format_connect(const LeafConnect& connect) {
  return format_json(fields_of_leaf<JsonSource>(connect));
}

bool version_at_least(std::string_view version, std::string_view minimum) noexcept {
  const std::optional<Version> have = parse_version(version);
  const std::optional<Version> need = parse_version(minimum);
  return have && need && *have >= *need;
}

}  // namespace leafnats::wire
