// SPDX-License-Identifier: Apache-2.0
//
// Three guesses, best first: a hint for keys that are known to be copied around although no
// server has ever had them there; a section where the key would be right; a key that is spelt
// almost like it.
#include "config/unknown_key.hpp"

#include "config/scanner.hpp"
#include "config/sections.hpp"

#include <algorithm>

namespace leafnats::config {

namespace {

struct Hint {
  std::string_view section;
  std::string_view key;
  std::string_view text;
};

constexpr std::string_view userinfo_hint =
    "credentials stand in the url: nats-leaf://user:password@host or nats-leaf://token@host";

/// The first lines are from guides that circulate on the web.
constexpr Hint hints[] = {
    {"leafnodes.remotes", "reconnect_buffer_size",
     "nothing is buffered while a link is down; it is an option of client libraries"},
    {"leafnodes.remotes", "user", userinfo_hint},
    {"leafnodes.remotes", "username", userinfo_hint},
    {"leafnodes.remotes", "pass", userinfo_hint},
    {"leafnodes.remotes", "password", userinfo_hint},
    {"leafnodes.remotes", "token", userinfo_hint},
    {"leafnodes.remotes", "authorization", userinfo_hint},
    {"leafnodes.remotes", "permissions", "use deny_imports and deny_exports"},
    {"leafnodes.remotes", "port", "the port stands in the url: nats-leaf://host:7422"},
    {"leafnodes.remotes", "host", "the host stands in the url: nats-leaf://host:7422"},
    {"leafnodes", "reconnect_buffer_size",
     "nothing is buffered while a link is down; it is an option of client libraries"},
    {"leafnodes", "connect_timeout", "use dial_timeout"},
    {"leafnodes", "url", "hubs to dial stand in remotes: leafnodes { remotes: [{ url: ... }] }"},
    {"leafnodes", "urls", "hubs to dial stand in remotes: leafnodes { remotes: [{ urls: ... }] }"},
    {"leafnodes.authorization", "token",
     "leafs take user and password here, or the token of the top-level authorization"},
    {"leafnodes.authorization", "permissions",
     "permissions belong to the users of the top-level authorization"},
    {"leafnodes.authorization.users", "permissions",
     "permissions belong to the users of the top-level authorization"},
    {"authorization", "account", "it belongs to leafnodes.authorization"},
    {"authorization.users", "account",
     "a user's account is the one it is listed in: accounts { NAME { users: [...] } }"},
    {"accounts", "user", "users are a list: users: [{ user: name, password: word }]"},
    {"accounts", "account", "accounts do not nest"},
    {"accounts", "permissions", "use default_permissions"},
    {"authorization.users", "token", "a token stands directly in authorization, without users"},
    {"the top level", "name", "use server_name"},
    {"the top level", "disable_short_first_ping", "it is an option of embedding programs only"},
};

std::string_view hint_for(std::string_view section, std::string_view key) {
  const auto found = std::find_if(std::begin(hints), std::end(hints), [&](const Hint& hint) {
    return hint.section == section && hint.key == key;
  });
  return found == std::end(hints) ? std::string_view() : found->text;
}

/// Labels of the sections that know the key: "leafnodes or leafnodes.remotes".
std::string homes_of(std::string_view key, const KeyList& list) {
  std::string homes;
  for (const KeyList::Item& item : list.items()) {
    if (item.key == key) {
      homes += (homes.empty() ? "" : " or ") + std::string(item.section);
    }
  }
  return homes;
}

/// The key of the section that is spelt most like `key`; empty if none is near.
/// Short words are near to everything, so they get less room.
std::string_view neighbour_of(std::string_view section, std::string_view key, const KeyList& list) {
  std::string_view nearest;
  std::size_t least = key.size() < 4 ? 1 : key.size() < 8 ? 2 : 3;
  for (const KeyList::Item& item : list.items()) {
    const std::size_t distance =
        item.section == section ? edit_distance(key, item.key) : key.size() + 1;
    if (distance < least || (distance == least && nearest.empty())) {
      nearest = item.key;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace

void KeyList::add(std::string_view section, std::string_view keys) {
  while (!keys.empty()) {
    const std::size_t length = std::min(keys.find(' '), keys.size());
    items_.push_back({section, keys.substr(0, length)});
    keys.remove_prefix(std::min(length + 1, keys.size()));
  }
}

std::string explain_unknown_key(std::string_view section, std::string_view written) {
  /// Longer ones are not near anything, and comparing them would be work that a file chooses.
  constexpr std::size_t key_bytes_max = 64;
  const std::string shown(written.substr(0, key_bytes_max));
  const std::string key = lower(written);
  std::string line = "unknown field \"" + shown + "\" in " + std::string(section);
  if (key.size() > key_bytes_max) {
    return line;
  }
  if (const std::string_view hint = hint_for(section, key); !hint.empty()) {
    return line + ": " + std::string(hint);
  }
  KeyList list;
  list_all_keys(list);
  if (const std::string_view near = neighbour_of(section, key, list); !near.empty()) {
    return line + ": did you mean \"" + std::string(near) + "\"?";
  }
  if (const std::string homes = homes_of(key, list); !homes.empty()) {
    return line + ": it belongs to " + homes;
  }
  return line;
}

/// The usual table of distances between prefixes, of which three rows are enough: `before` and
/// `last` are those of the two shorter prefixes of `from`.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) {
    last[j] = j;
  }
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replace = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[to.size()];
}

}  // namespace leafnats::config
