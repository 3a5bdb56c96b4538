// SPDX-License-Identifier: Apache-2.0
//
// A JSON document as a tree of values, for documents whose shape is not known beforehand or that
// nest: the claims of tokens, requests and answers of services. INFO and CONNECT have json.hpp,
// which allocates less. Reading takes what json.hpp takes; objects keep the order of their members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <leafnats/result.hpp>

namespace leafnats::wire {

class JsonValue {
 public:
  struct Member;
  using Array = std::vector<JsonValue>;
  using Object = std::vector<Member>;

  JsonValue() = default;  ///< null
  JsonValue(bool value) : value_(value) {}
  JsonValue(int value) : value_(std::int64_t{value}) {}
  JsonValue(std::int64_t value) : value_(value) {}
  JsonValue(std::uint64_t value);
  JsonValue(double value) : value_(value) {}
  JsonValue(std::string value) : value_(std::move(value)) {}
  JsonValue(std::string_view value) : value_(std::string(value)) {}
  JsonValue(const char* value) : value_(std::string(value)) {}
  JsonValue(Array value) : value_(std::move(value)) {}
  JsonValue(Object value) : value_(std::move(value)) {}
  /// A list of texts.
  JsonValue(const std::vector<std::string>& texts);
  JsonValue(const void*) = delete;  // a pointer is no bool

  /// Reads a document. Errors: invalid_argument: no JSON, deeper than json_depth_max, longer than
  /// limits::json_document_bytes_max, or a number that fits into neither 64 bits nor a double.
  static Result<JsonValue> parse(std::string_view text);

  [[nodiscard]] bool is_null() const noexcept { return value_.index() == 0; }
  // Each is null if the value is of another kind.
  [[nodiscard]] const bool* boolean() const noexcept { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::string* text() const noexcept {
    return std::get_if<std::string>(&value_);
  }
  [[nodiscard]] const Array* array() const noexcept { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* object() const noexcept { return std::get_if<Object>(&value_); }
  /// A whole number that fits; nothing for any other, one with a fraction or exponent included.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const noexcept;
  /// Any number.
  [[nodiscard]] std::optional<double> number() const noexcept;

  /// The member of an object with this key, whatever its case; of several the last that is not
  /// null. Null pointer: none, null, or this is no object.
  [[nodiscard]] const JsonValue* find(std::string_view key) const noexcept;

  /// Adds a member to an object; null becomes one. Does not look for an equal key.
  JsonValue& add(std::string_view key, JsonValue value);
  /// The same, unless the value is null, false, zero, or empty.
  JsonValue& add_if(std::string_view key, JsonValue value);
  /// Adds an element to an array; null becomes one.
  JsonValue& push(JsonValue value);

  /// One line without blanks, escaped as Go escapes (see json.hpp).
  void append_to(std::string& out) const;
  [[nodiscard]] std::string format() const;

 private:
  [[nodiscard]] bool is_empty() const noexcept;

  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_;
};

struct JsonValue::Member {
  std::string key;
  JsonValue value;
};

}  // namespace leafnats::wire
