// SPDX-License-Identifier: Apache-2.0
//
// simdjson reads, its result is copied into the tree; both are bounded in depth, so recursion is.
#include "wire/json_value.hpp"

#include "wire/json.hpp"
#include "wire/json_dom.hpp"

#include "base/limits.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace leafnats::wire {

namespace dom = simdjson::dom;

namespace {

JsonValue copy(dom::element element) {
  switch (element.type()) {
    case dom::element_type::NULL_VALUE: return {};
    case dom::element_type::BOOL: return bool(element);
    case dom::element_type::INT64: return std::int64_t(element);
    case dom::element_type::UINT64: return std::uint64_t(element);
    case dom::element_type::DOUBLE: return double(element);
    case dom::element_type::STRING: return std::string_view(element);
    case dom::element_type::ARRAY: {
      JsonValue::Array array;
      for (const dom::element item : dom::array(element)) array.push_back(copy(item));
      return array;
    }
    case dom::element_type::OBJECT: {
      JsonValue::Object object;
      for (const dom::key_value_pair member : dom::object(element)) {
        object.push_back({std::string(member.key), copy(member.value)});
      }
      return object;
    }
  }
  return {};
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

}  // namespace

JsonValue::JsonValue(std::uint64_t value) {
  // One number has one kind: what fits is signed.
  constexpr auto signed_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value <= signed_max) {
    value_ = static_cast<std::int64_t>(value);
  } else {
    value_ = value;
  }
}

JsonValue::JsonValue(const std::vector<std::string>& texts) {
  Array array;
  array.reserve(texts.size());
  for (const std::string& text : texts) array.emplace_back(text);
  value_ = std::move(array);
}

Result<JsonValue> JsonValue::parse(std::string_view text) {
  if (text.size() > limits::json_document_bytes_max) {
    return Error{Errc::invalid_argument, "JSON: too long"};
  }
  dom::parser parser(limits::json_document_bytes_max);
  dom::element document;
  if (const auto error = parse_json(parser, text).get(document)) {
    return Error{Errc::invalid_argument,
                 std::string("JSON: ") + simdjson::error_message(error)};
  }
  return copy(document);
}

std::optional<std::int64_t> JsonValue::integer() const noexcept {
  if (const auto* number = std::get_if<std::int64_t>(&value_)) return *number;
  return std::nullopt;
}

std::optional<std::uint64_t> JsonValue::unsigned_integer() const noexcept {
  if (const auto* number = std::get_if<std::uint64_t>(&value_)) return *number;
  const auto* number = std::get_if<std::int64_t>(&value_);
  if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
  return std::nullopt;
}

std::optional<double> JsonValue::number() const noexcept {
  if (const auto* number = std::get_if<double>(&value_)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value_)) {
    return static_cast<double>(*number);
  }
  return std::nullopt;
}

const JsonValue* JsonValue::find(std::string_view key) const noexcept {
  const Object* const members = object();
  if (!members) return nullptr;
  for (auto member = members->rbegin(); member != members->rend(); ++member) {
    if (!member->value.is_null() && same_json_key(member->key, key)) return &member->value;
  }
  return nullptr;
}

JsonValue& JsonValue::add(std::string_view key, JsonValue value) {
  if (!object()) value_ = Object();
  std::get_if<Object>(&value_)->push_back({std::string(key), std::move(value)});
  return *this;
}

JsonValue& JsonValue::add_if(std::string_view key, JsonValue value) {
  return value.is_empty() ? *this : add(key, std::move(value));
}

JsonValue& JsonValue::push(JsonValue value) {
  if (!array()) value_ = Array();
  std::get_if<Array>(&value_)->push_back(std::move(value));
  return *this;
}

bool JsonValue::is_empty() const noexcept {
  if (const bool* const value = boolean()) return !*value;
  if (const std::string* const value = text()) return value->empty();
  if (const Array* const value = array()) return value->empty();
  if (const Object* const value = object()) return value->empty();
  return is_null() || number() == 0.0;
}

void JsonValue::append_to(std::string& out) const {
  if (const bool* const value = boolean()) {
    out += *value ? "true" : "false";
  } else if (const std::string* const value = text()) {
    append_json_string(out, *value);
  } else if (const auto* const value = std::get_if<std::int64_t>(&value_)) {
    append_number(out, *value);
  } else if (const auto* const value = std::get_if<std::uint64_t>(&value_)) {
    append_number(out, *value);
  } else if (const auto* const value = std::get_if<double>(&value_);
             value && std::isfinite(*value)) {
    append_number(out, *value);
  } else if (const Array* const value = array()) {
    char separator = '[';
    for (const JsonValue& item : *value) {
      out += std::exchange(separator, ',');
      item.append_to(out);
    }
    out += value->empty() ? "[]" : "]";
  } else if (const Object* const value = object()) {
    char separator = '{';
    for (const Member& member : *value) {
      out += std::exchange(separator, ',');
      append_json_string(out, member.key);
      out += ':';
      member.value.append_to(out);
    }
    out += value->empty() ? "{}" : "}";
  } else {
    out += "null";
  }
}

std::string JsonValue::format() const {
  std::string out;
  append_to(out);
  return out;
}

}  // namespace leafnats::wire
