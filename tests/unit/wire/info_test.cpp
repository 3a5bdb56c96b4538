// SPDX-License-Identifier: Apache-2.0
//
// INFO as real servers send it is read, and what we write has their fields in their order.
#include "wire/info.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "wire/json.hpp"

using namespace leafnats;
using namespace leafnats::wire;

namespace {

/// Captured from the leaf port of nats-server 2.15.1, after CONNECT; the permissions were added.
constexpr std::string_view leaf_info =
    R"({"server_id":"NCGGC6JDESWM","server_name":"hubA","version":"2.15.1","proto":3,)"
    R"("git_commit":"abc","go":"go1.27.2","host":"127.0.0.1","port":38087,"headers":true,)"
    R"("auth_required":true,"tls_required":true,"tls_verify":true,"tls_available":true,)"
    R"("max_payload":1048576,"jetstream":true,"ip":"127.0.0.1:38087","client_id":107,)"
    R"("client_ip":"127.0.0.1","nonce":"Y8y-PXI2LMZBda4","cluster":"c1","cluster_dynamic":true,)"
    R"("domain":"d","connect_urls":["127.0.0.1:4222"],"ws_connect_urls":["127.0.0.1:8080"],)"
    R"("ldm":true,"compression":"s2_auto","connect_info":true,"remote_account":"$G",)"
    R"("acc_is_sys":true,"api_lvl":5,"import":{"allow":["a.\u003e"],"deny":["a.b q"]},)"
    R"("export":{},"info_on_connect":true,"leafnode_urls":["127.0.0.1:38087","10.0.0.2:7422"]})";

}  // namespace

TEST_CASE("Every field of an INFO is read, and written again in the same place") {
  JsonReader reader;
  const Result<ServerInfo> info = parse_info(reader, leaf_info);
  REQUIRE(info);
  CHECK(info->server_id == "NCGGC6JDESWM");
  CHECK(info->proto == 3);
  CHECK(info->client_id == 107);
  CHECK(info->max_payload == 1048576);
  CHECK(info->nonce == "Y8y-PXI2LMZBda4");
  CHECK(info->account_is_system);
  CHECK(info->lame_duck_mode);
  CHECK(info->leafnode_urls.size() == 2);
  REQUIRE(info->import_permissions);
  CHECK(info->import_permissions->allow == std::vector<std::string>{"a.>"});
  CHECK(info->import_permissions->deny == std::vector<std::string>{"a.b q"});
  REQUIRE(info->export_permissions);
  CHECK(info->export_permissions->allow.empty());
  CHECK(format_info(*info) == leaf_info);
}

TEST_CASE("An INFO with nothing set has the nine fields that are always there") {
  CHECK(format_info({}) ==
        R"({"server_id":"","server_name":"","version":"","proto":0,"go":"","host":"","port":0,)"
        R"("headers":false,"max_payload":0})");
  CHECK(info_line({}) == "INFO " + format_info({}) + " \r\n");
}

TEST_CASE("The shortest INFO of a leaf that negotiates compression is enough") {
  JsonReader reader;
  const Result<ServerInfo> info = parse_info(reader, R"({"compression":"s2_fast"} )");
  REQUIRE(info);
  CHECK(info->compression == "s2_fast");
  CHECK(info->client_id == 0);
}

TEST_CASE("Fields of routes and gateways, and unknown ones, are passed over") {
  JsonReader reader;
  CHECK(parse_info(reader, R"({"xkey":"X","gateway_urls":["a"],"lnoc":true,"zz":{"y":[1]}})"));
  CHECK(!parse_info(reader, R"({"port":"4222"})"));
  CHECK(!parse_info(reader, "not json"));
}
