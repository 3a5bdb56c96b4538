// SPDX-License-Identifier: Apache-2.0
//
// simdjson's DOM reads (its on-demand parser lets some malformed documents pass); writing is our
// own.
#include "wire/json.hpp"

#include "wire/json_dom.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/limits.hpp"

namespace leafnats::wire {

namespace dom = simdjson::dom;

namespace {

/// simdjson's buffers take about 14 times the size of a document. Those for an ordinary CONNECT are
/// kept; a document of more than kept_document_bytes gets its own, which go with it.
constexpr std::size_t kept_document_bytes = 8 * 1024;

// store() puts a value where it belongs, or returns false if its type is wrong.

bool store(dom::element value, bool* target) { return value.get(*target) == simdjson::SUCCESS; }

bool store(dom::element value, std::int64_t* target) {
  return value.get(*target) == simdjson::SUCCESS;
}

bool store(dom::element value, std::uint64_t* target) {
  return value.get(*target) == simdjson::SUCCESS;
}

bool store(dom::element value, std::string* target) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return false;
  target->assign(text);
  return true;
}

bool store(dom::element value, std::vector<std::string>* target) {
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) return false;
  target->clear();
  for (const dom::element item : array) {
    target->emplace_back();
    if (!item.is_null() && !store(item, &target->back())) return false;
  }
  return true;
}

bool store_fields(dom::object object, std::span<const JsonField<JsonTarget>> fields,
                  std::string_view& wrong_key);

bool store(dom::element value, std::optional<SubjectPermissions>* target) {
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return false;
  if (!target->has_value()) target->emplace();
  const std::array<JsonField<JsonTarget>, 2> fields{
      {{"allow", &(*target)->allow}, {"deny", &(*target)->deny}}};
  std::string_view wrong_key;
  return store_fields(object, fields, wrong_key);
}

bool store_fields(dom::object object, std::span<const JsonField<JsonTarget>> fields,
                  std::string_view& wrong_key) {
  for (const dom::key_value_pair entry : object) {
    if (entry.value.is_null()) continue;
    for (const JsonField<JsonTarget>& field : fields) {
      if (!same_json_key(field.key, entry.key)) continue;
      const auto put = [&entry](auto* target) { return store(entry.value, target); };
      if (!std::visit(put, field.place)) {
        wrong_key = field.key;
        return false;
      }
      break;
    }
  }
  return true;
}

Error invalid(std::string context) { return {Errc::invalid_argument, std::move(context)}; }

}  // namespace

struct JsonReader::Parser {
  dom::parser dom{limits::json_document_bytes_max};
};

JsonReader::JsonReader() : parser_(std::make_unique<Parser>()) {}
JsonReader::~JsonReader() = default;

Result<void> JsonReader::read(std::string_view text,
                              std::span<const JsonField<JsonTarget>> fields) {
  if (text.size() > limits::json_document_bytes_max) return invalid("JSON: too long");
  Parser single_use;
  Parser& parser = text.size() > kept_document_bytes ? single_use : *parser_;
  dom::element document;
  const simdjson::error_code error = parse_json(parser.dom, text).get(document);
  if (error != simdjson::SUCCESS) {
    return invalid(std::string("JSON: ") + simdjson::error_message(error));
  }
  if (document.is_null()) return {};
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return invalid("JSON: not an object");
  std::string_view wrong_key;
  if (!store_fields(object, fields, wrong_key)) {
    return invalid("JSON: wrong type of value for '" + std::string(wrong_key) + "'");
  }
  return {};
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    const char byte = text[at];
    if (length == 0) {
      out += "\\ufffd";
      ++at;
      continue;
    }
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += byte;
    } else if (length == 1 && (static_cast<unsigned char>(byte) < 0x20 || byte == '<' ||
                               byte == '>' || byte == '&')) {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(byte) >> 4];
      out += hex[static_cast<unsigned char>(byte) & 15];
    } else {
      out.append(text, at, length);
    }
    at += length;
  }
  out += '"';
}

namespace {

bool is_empty(const bool* value) { return !*value; }
bool is_empty(const std::int64_t* value) { return *value == 0; }
bool is_empty(const std::uint64_t* value) { return *value == 0; }
bool is_empty(const std::string* value) { return value->empty(); }
bool is_empty(const std::vector<std::string>* value) { return value->empty(); }
bool is_empty(const std::optional<SubjectPermissions>* value) { return !value->has_value(); }

void append(std::string& out, const bool* value) { out += *value ? "true" : "false"; }
void append(std::string& out, const std::int64_t* value) { out += std::to_string(*value); }
void append(std::string& out, const std::uint64_t* value) { out += std::to_string(*value); }
void append(std::string& out, const std::string* value) { append_json_string(out, *value); }

void append(std::string& out, const std::vector<std::string>* value) {
  out += '[';
  for (std::size_t i = 0; i < value->size(); ++i) {
    if (i != 0) out += ',';
    append_json_string(out, (*value)[i]);
  }
  out += ']';
}

void append(std::string& out, const std::optional<SubjectPermissions>* value) {
  if (!value->has_value()) {
    out += "null";
    return;
  }
  const std::array<JsonField<JsonSource>, 2> fields{
      {{"allow", &(*value)->allow}, {"deny", &(*value)->deny}}};
  out += format_json(fields);
}

}  // namespace

std::string format_json(std::span<const JsonField<JsonSource>> fields) {
  std::string out = "{";
  for (const JsonField<JsonSource>& field : fields) {
    const bool empty = std::visit([](auto* value) { return is_empty(value); }, field.place);
    if (empty && field.presence == JsonPresence::if_not_empty) continue;
    if (out.size() > 1) out += ',';
    append_json_string(out, field.key);
    out += ':';
    std::visit([&out](auto* value) { append(out, value); }, field.place);
  }
  out += '}';
  return out;
}

}  // namespace leafnats::wire
