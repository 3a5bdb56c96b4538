// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON documents of any shape, one key after the other; commas and quotes are its matter.
// Strings are escaped as everywhere here, see append_json_string().
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::wire {

class JsonWriter {
 public:
  // Objects and lists: the document itself or an element of a list has no key.
  void open();
  void open(std::string_view key);
  void open_list(std::string_view key);
  void close();

  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
  void add(std::string_view key, const std::string& value) { add(key, std::string_view(value)); }
  void add(std::string_view key, std::same_as<bool> auto value) {
    put_key(key);
    out_ += value ? "true" : "false";
  }
  void add(std::string_view key, double value);
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  void add(std::string_view key, Number value) {
    put_key(key);
    out_ += std::to_string(value);
  }
  /// A list of strings, `[]` if there are none.
  void add(std::string_view key, const std::vector<std::string>& values);
  void add_null(std::string_view key);
  /// A value that is JSON already.
  void add_json(std::string_view key, std::string_view json);

  /// The same, but left out if empty, zero or false.
  void add_if(std::string_view key, std::string_view value) {
    if (!value.empty()) add(key, value);
  }
  void add_if(std::string_view key, const char* value) { add_if(key, std::string_view(value)); }
  void add_if(std::string_view key, const std::string& value) {
    if (!value.empty()) add(key, value);
  }
  void add_if(std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) add(key, values);
  }
  template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
  void add_if(std::string_view key, Number value) {
    if (value != Number{}) add(key, value);
  }

  /// Elements of a list.
  void item(std::string_view value);

  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
  /// The document; everything that was opened is closed.
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  void separate();
  void put_key(std::string_view key);

  std::string out_;
  std::vector<char> closers_;
  bool first_ = true;
};

}  // namespace leafnats::wire
