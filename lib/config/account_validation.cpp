// SPDX-License-Identifier: Apache-2.0
//
// The rules are nats-server's; some of them it looks at only when it starts. What crosses between
// accounts is tried out with the very code that will link them.
#include "config/account_validation.hpp"

#include "auth/nkey.hpp"
#include "base/limits.hpp"
#include "broker/account_directory.hpp"
#include "subject/grammar.hpp"
#include "subject/mapping_table.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string_view>

namespace leafnats::config {

namespace {

constexpr std::string_view default_account = "$G";
constexpr std::string_view default_system_account = "$SYS";

/// Wildcards and white space would make events about an account say something else.
bool is_account_name(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](unsigned char c) {
    return c <= ' ' || c == '*' || c == '>' || c == 0x7f;
  });
}

class AccountRules {
 public:
  AccountRules(const Options& options, Checker& checker) : options_(options), checker_(checker) {
    known_ = {"", default_account};
    if (options.system_account.empty()) {
      known_.insert(default_system_account);
    }
  }

  void check() {
    check_names();
    for (std::size_t i = 0; i < options_.accounts.size(); ++i) {
      const AccountOptions& account = options_.accounts[i];
      for (std::size_t j = 0; j < account.exports.size(); ++j) {
        check_export(element(element("accounts", i) + ".exports", j), account.exports[j]);
      }
      check_imports(element("accounts", i) + ".imports", account.imports);
      check_mappings(element("accounts", i) + ".mappings", account.mappings);
    }
    check_mappings("mappings", options_.mappings);
    if (options_.operator_mode.operators.empty() && options_.operator_mode.trusted_keys.empty()) {
      check_mentions();
    }
  }

 private:
  void check_names() {
    for (std::size_t i = 0; i < options_.accounts.size(); ++i) {
      const AccountOptions& account = options_.accounts[i];
      const std::string here = element("accounts", i);
      checker_.require(is_account_name(account.name), here,
                       "an account needs a name without wildcards or white space");
      checker_.require(account.name != default_account, here,
                       "\"" + account.name + "\" is a Reserved Account");
      checker_.require(known_.insert(account.name).second || account.name == default_account ||
                           account.name == default_system_account,
                       here, "Duplicate Account Entry: " + account.name);
      checker_.require(account.nkey.empty() ||
                           auth::is_public_key(account.nkey, auth::NkeyKind::account_key),
                       here + ".nkey",
                       "Not a valid public nkey for an account: \"" + account.nkey + "\"");
    }
  }

  [[nodiscard]] bool knows(const std::string& account) const { return known_.contains(account); }

  void check_mention(const std::string& field, const std::string& account, std::string_view where) {
    checker_.require(knows(account), field,
                     "cannot find local account \"" + account + "\" specified in " +
                         std::string(where));
  }

  /// Wherever else an account is named.
  void check_mentions() {
    const std::string& system = options_.system_account;
    checker_.require(system.empty() || system == default_system_account || knows(system),
                     "system_account",
                     "error resolving system account: there is no account \"" + system + "\"");
    checker_.require(system != default_account, "system_account",
                     "the default account cannot be the system account");
    const auto& users = options_.authorization.users;
    for (std::size_t i = 0; i < users.size(); ++i) {
      check_mention(element("authorization.users", i) + ".account", users[i].account,
                    "authorization");
    }
    const Authorization& leaf = options_.leaf.authorization;
    check_mention("leaf.authorization.account", leaf.account, "leafnode authorization");
    for (std::size_t i = 0; i < leaf.users.size(); ++i) {
      check_mention(element("leaf.authorization.users", i) + ".account", leaf.users[i].account,
                    "leafnode authorization");
    }
    for (std::size_t i = 0; i < options_.leaf.remotes.size(); ++i) {
      check_mention(element("leaf.remotes", i) + ".account", options_.leaf.remotes[i].account,
                    "leafnode remote");
    }
    check_callout_mentions();
  }

  void check_callout_mentions() {
    const auto& callout = options_.authorization.auth_callout;
    if (!callout) {
      return;
    }
    const std::string field = "authorization.auth_callout";
    checker_.require(knows(callout->account), field + ".account",
                     "Authorization callout account \"" + callout->account + "\" not valid");
    for (std::size_t i = 0; i < callout->allowed_accounts.size(); ++i) {
      const std::string& allowed = callout->allowed_accounts[i];
      checker_.require(knows(allowed), element(field + ".allowed_accounts", i),
                       "auth_callout allowed account \"" + allowed +
                           "\" not found in configured accounts");
    }
  }

  void check_export(const std::string& field, const AccountExport& offer) {
    const bool is_stream = offer.kind == ShareKind::stream;
    const std::string kind = is_stream ? "stream" : "service";
    checker_.require(subject::is_valid_subject(offer.subject), field,
                     "subject \"" + offer.subject + "\" is not a valid subject");
    for (std::size_t i = 0; i < offer.accounts.size(); ++i) {
      checker_.require(knows_by_name_or_key(offer.accounts[i]), element(field + ".accounts", i),
                       "\"" + offer.accounts[i] + "\" account not defined for " + kind + " export");
    }
    checker_.require(offer.account_token_position == 0 || has_star_at(offer), field,
                     "Error adding " + kind + " export \"" + offer.subject +
                         "\": account_token_position must be the place of a * in the subject");
    if (offer.latency) {
      checker_.require(offer.latency->sampling >= 0 && offer.latency->sampling <= 100,
                       field + ".latency", "bad sampling percentage, should be 1-100, or headers");
      checker_.require(subject::is_valid_literal_subject(offer.latency->subject),
                       field + ".latency",
                       "subject \"" + offer.latency->subject + "\" is not a valid subject");
    }
  }

  [[nodiscard]] bool knows_by_name_or_key(const std::string& account) const {
    return knows(account) ||
           std::any_of(options_.accounts.begin(), options_.accounts.end(),
                       [&](const AccountOptions& each) { return each.nkey == account; });
  }

  static bool has_star_at(const AccountExport& offer) {
    int at = 0;
    for (const std::string_view token : subject::Tokens(offer.subject)) {
      if (++at == offer.account_token_position) {
        return token == "*";
      }
    }
    return false;
  }

  void check_imports(const std::string& field, const std::vector<AccountImport>& imports) {
    std::set<std::string> services;
    for (std::size_t i = 0; i < imports.size(); ++i) {
      const AccountImport& import = imports[i];
      const std::string here = element(field, i);
      const bool is_stream = import.kind == ShareKind::stream;
      checker_.require(knows(import.account) && !import.account.empty(), here,
                       "\"" + import.account + "\" account not defined for " +
                           (is_stream ? "stream" : "service") + " import");
      checker_.require(subject::is_valid_subject(import.subject), here,
                       "subject \"" + import.subject + "\" is not a valid subject");
      checker_.require(!is_stream || import.prefix.empty() || import.to.empty(), here,
                       "Stream import can not have a 'prefix' and a 'to' property");
      const std::string& local = import.to.empty() ? import.subject : import.to;
      checker_.require(is_stream || services.insert(import.account + " " + local).second, here,
                       "Duplicate service import subject \"" + local +
                           "\", previously used in import for account \"" + import.account + "\"");
    }
  }

  void check_mappings(const std::string& field, const std::vector<SubjectMapping>& mappings) {
    for (std::size_t i = 0; i < mappings.size(); ++i) {
      const auto made = subject::MappingTable::make(std::span(mappings).subspan(i, 1), {});
      checker_.require(made.has_value(), element(field, i),
                       made ? "" : "Error adding mapping: " + made.error().context);
    }
  }

  const Options& options_;
  Checker& checker_;
  std::set<std::string_view> known_;
};

/// Whether every import finds its export; a complaint begins with the account that it is about.
void check_links(const Options& options, Checker& checker) {
  broker::AccountDirectory directory;
  const Result<void> linked = directory.configure(options);
  if (linked) {
    return;
  }
  const std::string& complaint = linked.error().context;
  std::string field = "accounts";
  for (std::size_t i = 0; i < options.accounts.size(); ++i) {
    if (complaint.starts_with("account \"" + options.accounts[i].name + "\":")) {
      field = element("accounts", i) + ".imports";
    }
  }
  checker.report(std::move(field), complaint);
}

}  // namespace

void check_accounts(const Options& options, Checker& checker) {
  const std::size_t before = checker.findings().size();
  AccountRules(options, checker).check();
  checker.require(options.accounts.size() <= limits::configured_accounts_max, "accounts",
                  "there are too many accounts");
  // What is wrong by itself would be wrong there again, in other words.
  if (checker.findings().size() == before) {
    check_links(options, checker);
  }
}

}  // namespace leafnats::config
