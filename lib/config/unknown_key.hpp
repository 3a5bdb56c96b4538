// SPDX-License-Identifier: Apache-2.0
//
// What to tell somebody whose key does not exist where it stands: what the key was in the text
// they copied from, where it belongs, or which key they meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leafnats::config {

/// All keys of all sections.
class KeyList {
 public:
  struct Item {
    std::string_view section;
    std::string_view key;
  };

  /// `keys` are blank-separated and outlive the list.
  void add(std::string_view section, std::string_view keys);

  [[nodiscard]] const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<Item> items_;
};

/// One line about a key that the section of that label does not know.
[[nodiscard]] std::string explain_unknown_key(std::string_view section, std::string_view written);

/// Edits (insert, delete, replace, swap neighbours) from one word to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace leafnats::config
