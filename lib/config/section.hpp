// SPDX-License-Identifier: Apache-2.0
//
// A section is a table: which keys may stand in one kind of map, and what each of them does to
// the options behind it. Keys are case-insensitive and most have several spellings. The whole
// mapping of nats-server's configuration consists of such tables and take_section().
#pragma once

#include "config/field.hpp"
#include "config/scanner.hpp"
#include "config/unknown_key.hpp"
#include "config/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace leafnats::config {

/// A key that sets something.
template <class Target>
struct Rule {
  std::string_view keys;    ///< all spellings with blanks between, the best one first
  std::string_view option;  ///< the field of Options, below the section's own; may be empty
  void (*take)(const Field& field, Target& target);
};

/// What becomes of a key that nats-server knows and this library does not.
enum class Policy {
  ignore,        ///< nothing that clients can see depends on it: a warning
  pass,          ///< its meaning is what happens anyway
  refuse,        ///< not_supported
  refuse_if_on,  ///< a boolean; false is what happens anyway
};

/// The type that nats-server wants, as far as somebody may get it wrong by accident.
enum class Kind { any, boolean, integer, text };

struct Notice {
  std::string_view keys;
  Policy policy;
  std::string_view reason;  ///< why it is refused or ignored: "TLS is not part of this version"
  Kind kind = Kind::any;    ///< looked at if the key is taken
};

template <class Target>
struct Section {
  std::string_view label;  ///< for messages: "leafnodes.remotes"
  std::span<const Rule<Target>> rules;
  std::span<const Notice> notices;
};

/// True if `key`, in lower case, is one of the blank-separated spellings.
[[nodiscard]] bool is_spelling(std::string_view keys, std::string_view key);

void take_notice(const Field& field, const Notice& notice);

/// "leaf" and "listen" make "leaf.listen"; a key that sets no option has an empty path.
[[nodiscard]] std::string option_path(const std::string& section, std::string_view option);

/// Applies a map to a target. `option` is the path of the target in Options, empty for Options
/// itself. Findings go to the diagnostics; the rest of the map is applied all the same.
template <class Target>
void take_section(const Section<Target>& section, const Map& map, const std::string& option,
                  Diagnostics& diagnostics, Target& target) {
  const auto find = [](const auto& table, const std::string& key) {
    auto entry = table.begin();
    while (entry != table.end() && !is_spelling(entry->keys, key)) {
      ++entry;
    }
    return entry;
  };
  for (const Entry& entry : map.entries()) {
    const std::string key = lower(entry.key);
    if (const auto rule = find(section.rules, key); rule != section.rules.end()) {
      rule->take(Field(diagnostics, entry, option_path(option, rule->option)), target);
    } else if (const auto notice = find(section.notices, key); notice != section.notices.end()) {
      take_notice(Field(diagnostics, entry, ""), *notice);
    } else if (!entry.used_as_variable) {
      diagnostics.invalid(entry.key_position, diagnostics.has_enough_errors()
                                                  ? "unknown field"
                                                  : explain_unknown_key(section.label, entry.key));
    }
  }
}

/// Applies an array of maps, each with `take(const Field& element, const Map& map)`, which appends
/// to what it likes. The element's option has its index, counted from `first`. An element that is
/// no map is an error; `example` says what one looks like.
template <class Take>
void take_maps(const Field& field, std::string_view example, std::size_t first, Take take) {
  const Array* array = field.array();
  if (array == nullptr) {
    return;
  }
  for (const Value& element : *array) {
    const Field entry = field.part(element, field.option() + "[" + std::to_string(first) + "]");
    ++first;
    if (const Map* map = element.as<Map>()) {
      take(entry, *map);
    } else {
      entry.must_be("an array of maps such as " + std::string(example));
    }
  }
}

/// Tells the spellings of a section's keys, for the sake of explain_unknown_key().
template <class Target>
void list_keys(const Section<Target>& section, KeyList& list) {
  for (const auto& rule : section.rules) {
    list.add(section.label, rule.keys);
  }
  for (const auto& notice : section.notices) {
    list.add(section.label, notice.keys);
  }
}

}  // namespace leafnats::config
