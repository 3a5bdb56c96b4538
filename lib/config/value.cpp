// SPDX-License-Identifier: Apache-2.0
//
// The value tree's few operations. Recursion is as deep as the tree, which the parser keeps within
// config_depth_max.
#include "config/value.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace leafnats::config {

void Map::set(Entry entry) {
  const auto [place, is_new] = index_.emplace(entry.key, entries_.size());
  if (is_new) {
    entries_.push_back(std::move(entry));
  } else {
    entries_[place->second] = std::move(entry);
  }
}

const Value* Map::find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second].value;
}

const Value* Map::find_as_variable(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) {
    return nullptr;
  }
  entries_[found->second].used_as_variable = true;
  return &entries_[found->second].value;
}

Weight weigh(const Value& value) {
  Weight total{.values = 1, .bytes = 0, .depth = 0};
  const auto add = [&total](const Value& child) {
    const Weight weight = weigh(child);
    total.values += weight.values;
    total.bytes += weight.bytes;
    total.depth = std::max(total.depth, weight.depth + 1);
  };
  if (const auto* text = value.as<std::string>()) {
    total.bytes = text->size();
  } else if (const auto* array = value.as<Array>()) {
    std::for_each(array->begin(), array->end(), add);
  } else if (const auto* map = value.as<Map>()) {
    for (const Entry& entry : map->entries()) {
      total.bytes += entry.key.size();
      add(entry.value);
    }
  }
  return total;
}

std::string_view kind_of(const Value& value) {
  static constexpr std::string_view kinds[] = {"a boolean", "an integer", "a number", "a string",
                                               "a date",    "an array",   "a map"};
  return kinds[value.data.index()];
}

std::string Document::place(Position position) const {
  LEAFNATS_ASSERT(position.file < files.size());
  return files[position.file] + ":" + std::to_string(position.line) + ":" +
         std::to_string(position.column) + ": ";
}

}  // namespace leafnats::config
