// SPDX-License-Identifier: Apache-2.0
//
// What somebody with a wrong key is told.

#include "config/unknown_key.hpp"

#include "support/catch.hpp"

#include <string>

using namespace leafnats::config;

// Insertions, deletions, replacements and swaps count one each.
TEST_CASE("config: edit distance", "[config]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("port", "port") == 0);
  CHECK(edit_distance("prot", "port") == 1);
  CHECK(edit_distance("por", "port") == 1);
  CHECK(edit_distance("ports", "port") == 1);
  CHECK(edit_distance("pirt", "port") == 1);
  CHECK(edit_distance("", "port") == 4);
  CHECK(edit_distance("ping", "port") == 3);
}

// A hint for what is often copied, else the nearest key here, else the section it belongs to.
TEST_CASE("config: explanations of unknown keys", "[config]") {
  CHECK(explain_unknown_key("leafnodes", "connect_timeout") ==
        "unknown field \"connect_timeout\" in leafnodes: use dial_timeout");
  CHECK(explain_unknown_key("the top level", "server_nme") ==
        "unknown field \"server_nme\" in the top level: did you mean \"server_name\"?");
  CHECK(explain_unknown_key("the top level", "no_randomize") ==
        "unknown field \"no_randomize\" in the top level: it belongs to leafnodes.remotes");
  CHECK(explain_unknown_key("leafnodes", "http_port") ==
        "unknown field \"http_port\" in leafnodes: it belongs to the top level");
  CHECK(explain_unknown_key("the top level", "frobnicate") ==
        "unknown field \"frobnicate\" in the top level");
  CHECK(explain_unknown_key("the top level", "Server_Nme") ==
        "unknown field \"Server_Nme\" in the top level: did you mean \"server_name\"?");
  CHECK(explain_unknown_key("the top level", "x") == "unknown field \"x\" in the top level");
  CHECK(explain_unknown_key("the top level", std::string(5000, 'x')).size() < 150);
}
