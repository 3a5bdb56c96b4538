// SPDX-License-Identifier: Apache-2.0
//
// Does a file that nats-server takes load, and is one that it refuses refused? By table.

#include "support/catch.hpp"
#include "unit/config/account_verdicts.hpp"
#include "unit/config/reading.hpp"
#include "unit/config/verdict_table.hpp"

#include <string>

using namespace leafnats;
using namespace leafnats::config;
using namespace leafnats::config::test;

namespace {

Verdict verdict_on(const Result<Config>& config) {
  if (config) return Verdict::loads;
  return config.error().code == Errc::not_supported ? Verdict::unsupported : Verdict::refused;
}

template <class Table>
void check_table(const Table& table) {
  for (const Case& entry : table) {
    INFO(entry.text);
    const Result<Config> config = load(entry.text);
    INFO(error_of(config));
    CHECK(static_cast<int>(verdict_on(config)) == static_cast<int>(entry.ours));
    const bool differs = (entry.ours == Verdict::loads) != entry.real_loads;
    if (differs && entry.ours != Verdict::unsupported) {
      CHECK_FALSE(entry.note.empty());
    } else if (entry.ours != Verdict::loads) {
      CHECK(error_of(config).find(entry.note) != std::string::npos);
      CHECK(error_of(config).starts_with("t.conf:"));
    }
  }
}

}  // namespace

// The language: what is one value, where it ends, what needs quotes.
TEST_CASE("config: verdicts on the language", "[config]") { check_table(language_cases); }

// Ports, sizes and times; keys we take without effect, refuse, or do not know.
TEST_CASE("config: verdicts on general keys", "[config]") { check_table(general_cases); }

// Users, tokens and permissions.
TEST_CASE("config: verdicts on authorization", "[config]") { check_table(authorization_cases); }

// The leaf listener and remotes.
TEST_CASE("config: verdicts on leafnodes", "[config]") { check_table(leaf_cases); }

// Accounts with their users, exports, imports, mappings and limits.
TEST_CASE("config: verdicts on accounts", "[config]") { check_table(account_cases); }

// A service that decides about logins.
TEST_CASE("config: verdicts on auth callouts", "[config]") { check_table(callout_cases); }

// Operators and resolvers.
TEST_CASE("config: verdicts on operators", "[config]") { check_table(operator_cases); }
