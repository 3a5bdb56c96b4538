// SPDX-License-Identifier: Apache-2.0
//
// What a configuration text means before anybody asks what its keys are for: a tree of typed
// values, each with the place where it stands. The tree owns everything in it; only file names are
// kept apart, in the Document, and places refer to them by number.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace leafnats::config {

/// A place in a Document: file number, line and byte column. Lines and columns count from 1.
struct Position {
  std::uint32_t file = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  auto operator<=>(const Position&) const = default;
};

/// A date in "2006-01-02T15:04:05Z" form. No option takes one; the language knows it all the same.
struct DateTime {
  std::int64_t unix_seconds = 0;

  bool operator==(const DateTime&) const = default;
};

struct Entry;
struct Value;
using Array = std::vector<Value>;

/// Keys and their values in file order. Setting a key again replaces its value in place.
class Map {
 public:
  void set(Entry entry);

  /// The value of exactly this key (keys are case-sensitive here), or null.
  [[nodiscard]] const Value* find(std::string_view key) const;

  /// The same on behalf of a `$key` reference: from now on nobody may call the key unknown.
  [[nodiscard]] const Value* find_as_variable(std::string_view key);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;  // key -> its place in entries_
};

/// One value. The alternatives are the types of nats-server's configuration language; sizes with
/// a unit ("64MB") are integers already, durations are still strings or integers.
struct Value {
  std::variant<bool, std::int64_t, double, std::string, DateTime, Array, Map> data;
  Position position;

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data);
  }
};

/// One key of a Map. A key that was only ever read as `$key` may be any name at all.
struct Entry {
  std::string key;
  Position key_position;
  Value value;
  bool used_as_variable = false;
};

/// How a value weighs: what a variable copies into the tree is bounded by these.
struct Weight {
  std::size_t values = 0;
  std::size_t bytes = 0;
  std::size_t depth = 0;
};
[[nodiscard]] Weight weigh(const Value& value);

/// "an integer", "a map": for messages about a value of the wrong type.
[[nodiscard]] std::string_view kind_of(const Value& value);

/// A configuration that was read: the root map, and the names its positions refer to.
struct Document {
  std::vector<std::string> files;
  Map root;

  /// "file:line:column: ", the beginning of every message.
  [[nodiscard]] std::string place(Position position) const;
};

}  // namespace leafnats::config
