// SPDX-License-Identifier: Apache-2.0
//
// CONNECT of clients and of leaf nodes, as real ones send it.
#include "wire/connect.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "wire/json.hpp"

using namespace leafnats;
using namespace leafnats::wire;

TEST_CASE("A client's CONNECT is read field by field") {
  JsonReader reader;
  const auto got = parse_client_connect(
      reader,
      R"({"verbose":false,"pedantic":false,"echo":false,"tls_required":true,"headers":true,)"
      R"("no_responders":true,"protocol":1,"user":"u","pass":"p","auth_token":"t","jwt":"j",)"
      R"("nkey":"k","sig":"s","name":"n","lang":"C","version":"3.8.2","account":"A",)"
      R"("new_account":true})");
  REQUIRE(got);
  CHECK(!got->verbose);
  CHECK(!got->pedantic);
  CHECK(!got->echo);
  CHECK(got->tls_required);
  CHECK(got->headers);
  CHECK(got->no_responders);
  CHECK(got->protocol == 1);
  CHECK(got->user == "u");
  CHECK(got->pass == "p");
  CHECK(got->auth_token == "t");
  CHECK(got->jwt == "j");
  CHECK(got->nkey == "k");
  CHECK(got->sig == "s");
  CHECK(got->name == "n");
  CHECK(got->lang == "C");
  CHECK(got->version == "3.8.2");
  CHECK(got->account == "A");
  CHECK(got->new_account);
}

TEST_CASE("A client that says nothing is verbose, pedantic and hears itself") {
  JsonReader reader;
  const auto got = parse_client_connect(reader, "{}");
  REQUIRE(got);
  CHECK(got->verbose);
  CHECK(got->pedantic);
  CHECK(got->echo);
  CHECK(!got->headers);
  CHECK(!got->no_responders);
}

TEST_CASE("A second CONNECT changes only what it mentions") {
  JsonReader reader;
  const auto first = parse_client_connect(reader, R"({"verbose":false,"user":"u"})");
  REQUIRE(first);
  const auto second = parse_client_connect(reader, R"({"name":"n"})", *first);
  REQUIRE(second);
  CHECK(!second->verbose);
  CHECK(second->user == "u");
  CHECK(second->name == "n");
}

TEST_CASE("A CONNECT that cannot be read says why") {
  JsonReader reader;
  CHECK(parse_client_connect(reader, R"({"verbose":"yes"})").error().context ==
        "JSON: wrong type of value for 'verbose'");
  CHECK(parse_leaf_connect(reader, R"({"deny_pub":"x"})").error().context ==
        "JSON: wrong type of value for 'deny_pub'");
  CHECK(!parse_leaf_connect(reader, ""));
}

TEST_CASE("A leaf's CONNECT is read field by field and written again in the same order") {
  constexpr std::string_view json =
      R"({"version":"2.15.1","nkey":"U1","jwt":"j","sig":"s","user":"u","pass":"p",)"
      R"("auth_token":"t","server_id":"N1","domain":"d","name":"leafB","is_hub":true,)"
      R"("cluster":"leafB","headers":true,"jetstream":true,"deny_pub":["x.\u003e","y"],)"
      R"("isolate":true,"compress_mode":"s2_uncompressed","gateway":"g","remote_account":"$G",)"
      R"("protocol":3,"lang":"go","account":"A","new_account":true})";
  JsonReader reader;
  const auto got = parse_leaf_connect(reader, json);
  REQUIRE(got);
  CHECK(got->name == "leafB");
  CHECK(got->is_hub);
  CHECK(got->deny_pub == std::vector<std::string>{"x.>", "y"});
  CHECK(got->protocol == 3);
  CHECK(format_connect(*got) == json);
}

TEST_CASE("A leaf's CONNECT holds only what was set") {
  LeafConnect connect;
  connect.version = "2.15.0";
  connect.name = "edge";
  connect.cluster = "edge";
  connect.headers = true;
  CHECK(format_connect(connect) ==
        R"({"version":"2.15.0","name":"edge","cluster":"edge","headers":true})");
}

TEST_CASE("2.9's CONNECT, with its vestigial fields, is read") {
  JsonReader reader;
  const auto got = parse_leaf_connect(
      reader,
      R"({"version":"2.9.10","user":"u","pass":"p","tls_required":false,"server_id":"N1",)"
      R"("name":"leafB","cluster":"leafB","headers":true,"deny_pub":["x.\u003e"],)"
      R"("compression":true})");
  REQUIRE(got);
  CHECK(got->version == "2.9.10");
  CHECK(got->compress_mode.empty());
}

TEST_CASE("Versions compare by number, and what is no version never passes") {
  struct Row {
    std::string_view version;
    std::string_view minimum;
    bool passes;
  };
  for (const Row& row : {
           Row{"2.8.0", "2.8.0", true},
           Row{"2.10.0", "2.9.9", true},
           Row{"2.9.9", "2.10.0", false},
           Row{"3.0.0", "2.99.99", true},
           Row{"2.15.0-dev", "2.15.0", true},
           Row{"2.15.0+meta", "2.15.0", true},
           Row{"", "2.8.0", false},
           Row{"2.15", "2.8.0", false},
           Row{"v2.15.0", "2.8.0", false},
           Row{"2.15.0.1", "2.8.0", false},
           Row{"2.-15.0", "2.8.0", false},
           Row{"99999999999.0.0", "2.8.0", false},
       }) {
    CAPTURE(row.version, row.minimum);
    CHECK(version_at_least(row.version, row.minimum) == row.passes);
  }
}
