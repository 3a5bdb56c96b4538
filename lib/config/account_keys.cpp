// SPDX-License-Identifier: Apache-2.0
//
// The keys of accounts { }: accounts by name, or just the list of their names. What accounts may
// not have together, and whether imports find their exports, is left to account_validation.hpp.
#include "config/section.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <limits>

namespace leafnats::config {

namespace {

constexpr std::string_view no_tracing = "message tracing is not part of this version";
constexpr std::string_view reserved_name = "$G";

// ---- limits { }

template <std::int64_t AccountLimits::*member>
void take_limit(const Field& field, AccountLimits& limits) {
  constexpr std::int64_t max = std::numeric_limits<std::int32_t>::max();
  if (const auto found = field.integer_between(-max, max)) {
    limits.*member = std::max<std::int64_t>(*found, -1);
  }
}

constexpr Rule<AccountLimits> limit_rules[] = {
    {"max_connections max_conn", "connections", take_limit<&AccountLimits::connections>},
    {"max_subscriptions max_subs", "subscriptions", take_limit<&AccountLimits::subscriptions>},
    {"max_payload max_pay", "payload", take_limit<&AccountLimits::payload>},
    {"max_leafnodes max_leafs", "leafnodes", take_limit<&AccountLimits::leafnodes>},
};
constexpr Section<AccountLimits> limit_section{"accounts.limits", limit_rules, {}};

// ---- one account

/// Off is what happens anyway.
void take_jetstream(const Field& field, AccountOptions&) {
  const bool* is_on = field.value().as<bool>();
  const auto* text = field.value().as<std::string>();
  const std::string word = text != nullptr ? lower(*text) : std::string();
  if ((is_on != nullptr && !*is_on) || word == "disabled" || word == "disable") {
    return;
  }
  if (is_on == nullptr && field.value().as<Map>() == nullptr && word != "enabled" &&
      word != "enable") {
    field.must_be("true, false, 'enabled', 'disabled' or a map");
    return;
  }
  field.not_supported("JetStream is not part of this version");
}

constexpr Rule<AccountOptions> account_rules[] = {
    {"nkey", "nkey",
     [](const Field& field, AccountOptions& account) { field.into(account.nkey); }},
    {"users", "users",
     [](const Field& field, AccountOptions& account) { take_users(field, account.users); }},
    {"exports", "exports",
     [](const Field& field, AccountOptions& account) { take_exports(field, account.exports); }},
    {"imports", "imports",
     [](const Field& field, AccountOptions& account) { take_imports(field, account.imports); }},
    {"mappings maps", "mappings",
     [](const Field& field, AccountOptions& account) { take_mappings(field, account.mappings); }},
    {"default_permissions", "default_permissions",
     [](const Field& field, AccountOptions& account) {
       take_permissions(field, account.default_permissions);
     }},
    {"limits", "limits",
     [](const Field& field, AccountOptions& account) {
       if (const Map* map = field.map()) {
         take_section(limit_section, *map, field.option(), field.diagnostics(), account.limits);
       }
     }},
    {"jetstream", "", take_jetstream},
};
constexpr Notice account_notices[] = {
    {"msg_trace trace_dest", Policy::ignore, no_tracing},
};
constexpr Section<AccountOptions> account_section{"accounts", account_rules, account_notices};

std::string path_of(const Field& field, std::size_t index) {
  return field.option() + "[" + std::to_string(index) + "]";
}

void take_account_map(const Field& field, const Map& map, std::vector<AccountOptions>& accounts) {
  for (const Entry& entry : map.entries()) {
    if (entry.used_as_variable) {
      continue;
    }
    const Field place(field.diagnostics(), entry, path_of(field, accounts.size()));
    const Map* keys = entry.value.as<Map>();
    if (keys == nullptr) {
      place.invalid("Expected map entries for accounts");
      continue;
    }
    if (entry.key == reserved_name) {
      place.invalid("\"" + entry.key + "\" is a Reserved Account");
      continue;
    }
    AccountOptions account;
    account.name = entry.key;
    take_section(account_section, *keys, place.option(), field.diagnostics(), account);
    accounts.push_back(std::move(account));
  }
}

void take_account_names(const Field& field, const Array& names,
                        std::vector<AccountOptions>& accounts) {
  for (const Value& element : names) {
    const Field place = field.part(element, path_of(field, accounts.size()));
    const auto* name = element.as<std::string>();
    if (name == nullptr) {
      place.must_be("an array of names");
      continue;
    }
    const bool is_known = std::any_of(accounts.begin(), accounts.end(),
                                      [&](const auto& account) { return account.name == *name; });
    if (*name == reserved_name) {
      place.invalid("\"" + *name + "\" is a Reserved Account");
    } else if (is_known) {
      place.invalid("Duplicate Account Entry: " + *name);
    } else {
      accounts.emplace_back().name = *name;
    }
  }
}

}  // namespace

void take_accounts(const Field& field, std::vector<AccountOptions>& accounts) {
  accounts.clear();
  if (const auto* names = field.value().as<Array>()) {
    take_account_names(field, *names, accounts);
  } else if (const Map* map = field.value().as<Map>()) {
    take_account_map(field, *map, accounts);
  } else {
    field.must_be("a map of accounts or an array of names");
  }
}

void list_account_keys(KeyList& list) {
  list_keys(account_section, list);
  list_keys(limit_section, list);
}

}  // namespace leafnats::config
