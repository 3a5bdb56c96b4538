// SPDX-License-Identifier: Apache-2.0
//
// Credentials files in the shapes that they come in, and what is none.

#include "auth/credentials.hpp"

#include "auth/nkey.hpp"
#include "support/catch.hpp"

#include <string>

using namespace leafnats;
using namespace leafnats::auth;

namespace {

const std::string jwt = "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJVIn0.c2ln-_";
const std::string seed = "SUAECQSDIRCUMR2IJFFEWTCNJZHVAUKSKNKFKVSXLBMVUW24LVPF6YE5XM";
const std::string account_seed = "SAACCIRDEQSSMJZIFEVCWLBNFYXTAMJSGM2DKNRXHA4TUOZ4HU7D6QEKY4";

const std::string usual =
    "-----BEGIN NATS USER JWT-----\n" + jwt + "\n------END NATS USER JWT------\n\n"
    "************************* IMPORTANT *************************\n"
    "NKEY Seed printed below can be used to sign and prove identity.\n"
    "NKEYs are sensitive and should be treated as secrets.\n\n"
    "-----BEGIN USER NKEY SEED-----\n" + seed + "\n------END USER NKEY SEED------\n\n"
    "*************************************************************\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

TEST_CASE("credentials: the shapes of a file with both parts", "[auth]") {
  if (!has_key_operations()) return;
  const std::string shapes[] = {
      usual,
      replaced(usual, "\n", "\r\n"),
      "\xEF\xBB\xBF" + usual,
      replaced(usual, "\n", "  \t\n"),
      replaced(usual, "-----BEGIN", "   -----BEGIN"),
      usual.substr(0, usual.find("\n\n*****************************")) ,  // no end of line
      usual.substr(0, usual.find("------END USER")),                      // no last marker
      replaced(replaced(usual, "-----BEGIN USER NKEY SEED-----\n", ""),
               "------END USER NKEY SEED------\n", ""),
      replaced(usual, "-----BEGIN NATS USER JWT-----", "# mine: ---JWT---"),
      "first words\n" + usual + "last words\n",
      "---\n------\n" + jwt + "\n------\n------\n" + seed + "\n------",
  };
  for (const std::string& text : shapes) {
    CAPTURE(text);
    const auto credentials = parse_credentials(text);
    REQUIRE(credentials);
    CHECK(credentials->jwt == jwt);
    CHECK(credentials->seed.reveal() == seed);
    CHECK(find_token(text) == jwt);
  }
}

TEST_CASE("credentials: a bare seed, a bare token", "[auth]") {
  if (!has_key_operations()) return;
  const std::string framed = "-----BEGIN USER NKEY SEED-----\n" + seed + "\n-----END-----\n";
  for (const std::string& text :
       {seed, seed + "\n", "# an nkey\n  " + seed + " \r\n", framed}) {
    CAPTURE(text);
    const auto credentials = parse_credentials(text);
    REQUIRE(credentials);
    CHECK(credentials->jwt.empty());
    CHECK(credentials->seed.reveal() == seed);
  }
  CHECK(find_token("\n" + jwt + "\n") == jwt);
  CHECK(find_token("two words.and.dots").empty());
  CHECK(find_token("").empty());
}

TEST_CASE("credentials: what is none is refused, and not told", "[auth]") {
  const std::string broken_seed = replaced(seed, "SUAECQ", "SUAECA");
  const std::string texts[] = {
      "", "\n", "------", jwt, replaced(usual, seed, broken_seed), replaced(usual, seed, ""),
      replaced(usual, seed, account_seed), replaced(usual, seed, seed.substr(0, 40)),
      std::string(100'000, '-'), std::string(100'000, '\n'),
  };
  for (const std::string& text : texts) {
    const auto credentials = parse_credentials(text);
    REQUIRE_FALSE(credentials);
    CHECK(credentials.error().message().find("AECQSDIRC") == std::string::npos);
  }
}
