// SPDX-License-Identifier: Apache-2.0
//
// The keys of the top level that make up operator mode: operators, trusted keys, and where account
// JWTs come from. A resolver is a word, a URL in `URL(...)`, or a map.
#include "config/section.hpp"
#include "config/sections.hpp"

namespace leafnats::config {

namespace {

using Kind = ResolverOptions::Kind;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// What stands in `URL(...)`, with its quotes or without.
std::optional<std::string> parse_url_form(std::string_view text) {
  constexpr std::string_view head = "url(";
  if (lower(text.substr(0, head.size())) != head || !text.ends_with(')')) {
    return std::nullopt;
  }
  std::string_view url = trim(text.substr(head.size(), text.size() - head.size() - 1));
  if (url.size() >= 2 && url.front() == '"' && url.back() == '"') {
    url = url.substr(1, url.size() - 2);
  }
  return std::string(url);
}

constexpr std::string_view expected_forms =
    "error parsing account resolver, should be MEM or URL(\"url\") or a map containing dir and "
    "type state=[FULL|CACHE])";

void take_resolver_word(const Field& field, std::string_view text, ResolverOptions& resolver) {
  const std::string word = lower(trim(text));
  if (word == "mem" || word == "memory") {
    resolver.kind = Kind::memory;
  } else if (auto url = parse_url_form(trim(text))) {
    resolver.kind = Kind::url;
    resolver.url = std::move(*url);
  } else {
    field.invalid(std::string(expected_forms));
  }
}

// ---- resolver { }

struct ResolverKeys {
  ResolverOptions& resolver;
  bool has_interval = false;
  bool has_ttl = false;
};

void take_kind(const Field& field, ResolverKeys& keys) {
  const std::string word = lower(field.text().value_or(""));
  if (word == "full") {
    keys.resolver.kind = Kind::full;
  } else if (word == "cache") {
    keys.resolver.kind = Kind::cache;
  } else if (word == "mem" || word == "memory") {
    keys.resolver.kind = Kind::memory;
  } else {
    field.invalid(std::string(expected_forms));
  }
}

/// 0 leaves the default, as everywhere.
void take_time(const Field& field, std::chrono::milliseconds& target) {
  const auto found = field.duration();
  if (found && found->count() > 0) {
    target = *found;
  }
}

constexpr Rule<ResolverKeys> resolver_rules[] = {
    {"type", "kind", take_kind},
    {"dir", "directory",
     [](const Field& field, ResolverKeys& keys) { field.into(keys.resolver.directory); }},
    {"allow_delete", "allow_delete",
     [](const Field& field, ResolverKeys& keys) { field.into(keys.resolver.allow_delete); }},
    {"limit", "limit",
     [](const Field& field, ResolverKeys& keys) {
       keys.resolver.limit = field.integer().value_or(keys.resolver.limit);
     }},
    {"interval", "interval",
     [](const Field& field, ResolverKeys& keys) {
       keys.has_interval = true;
       take_time(field, keys.resolver.interval);
     }},
    {"ttl", "ttl",
     [](const Field& field, ResolverKeys& keys) {
       keys.has_ttl = true;
       take_time(field, keys.resolver.ttl);
     }},
    {"timeout", "timeout",
     [](const Field& field, ResolverKeys& keys) { take_time(field, keys.resolver.timeout); }},
};
constexpr Notice resolver_notices[] = {
    {"hard_delete", Policy::refuse_if_on, "deleted accounts are kept under another name"},
};
constexpr Section<ResolverKeys> resolver_section{"resolver", resolver_rules, resolver_notices};

void take_resolver_map(const Field& field, const Map& map, ResolverOptions& resolver) {
  ResolverKeys keys{resolver};
  take_section(resolver_section, map, field.option(), field.diagnostics(), keys);
  if (resolver.kind == Kind::none && !field.diagnostics().has_errors()) {
    field.invalid(std::string(expected_forms));
  }
  if (resolver.kind == Kind::cache && keys.has_interval) {
    field.invalid("CACHE does not accept sync");
  }
  if (resolver.kind == Kind::full && keys.has_ttl) {
    field.invalid("FULL does not accept ttl");
  }
}

}  // namespace

void take_operators(const Field& field, std::vector<std::string>& operators) {
  if (auto found = field.texts()) {
    operators = std::move(*found);
  }
}

void take_resolver(const Field& field, ResolverOptions& resolver) {
  if (const auto* text = field.value().as<std::string>()) {
    take_resolver_word(field, *text, resolver);
  } else if (const Map* map = field.value().as<Map>()) {
    take_resolver_map(field, *map, resolver);
  } else {
    field.must_be("MEMORY, URL(...) or a map");
  }
}

/// Keys are public keys of accounts, so this is no section.
void take_preload(const Field& field, std::vector<ResolverOptions::Preloaded>& preload) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  preload.clear();
  for (const Entry& entry : map->entries()) {
    const Field account(field.diagnostics(), entry,
                        field.option() + "[" + std::to_string(preload.size()) + "]");
    if (auto jwt = account.text()) {
      preload.push_back({entry.key, std::move(*jwt)});
    }
  }
}

void list_operator_keys(KeyList& list) { list_keys(resolver_section, list); }

}  // namespace leafnats::config
