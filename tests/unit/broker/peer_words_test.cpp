// SPDX-License-Identifier: Apache-2.0
//
// What a peer called itself survives its CONNECT, and a token never becomes a name.

#include "broker/peer_words.hpp"
#include "support/catch.hpp"

#include <string>
#include <utility>

using namespace leafnats::broker;

TEST_CASE("words come back as they went in, also moved", "[broker]") {
  const std::string long_name(70'000, 'n');
  PeerWords words({long_name, "go", "", "user"});
  const PeerWords moved = std::move(words);
  CHECK(moved.get().name.size() == 65'535);
  CHECK(moved.get().lang == "go");
  CHECK(moved.get().version.empty());
  CHECK(moved.get().user == "user");
  CHECK(PeerWords().get().name.empty());
  CHECK(PeerWords(PeerWords::Words{}).get().user.empty());
}

TEST_CASE("a token is never shown", "[broker]") {
  CHECK(shown_user("", {"", "", true}) == "[REDACTED]");
  CHECK(shown_user("", {"", "joe", true}) == "joe");
  CHECK(shown_user("", {"UKEY", "joe", false}) == "UKEY");
  CHECK(shown_user("named", {"UKEY", "joe", true}) == "named");
  CHECK(shown_user("", {}).empty());
}
