// SPDX-License-Identifier: Apache-2.0
//
// simdjson's DOM reads (its on-demand parser lets some malformed documents pass); writing is our
// own. simdjson refuses a document with malformed text, so such a document is repaired and read
// once more: a name cut in the middle of a character must not keep a client out.
#include "wire/json.hpp"

#include <simdjson.h>

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
constexpr std::size_t first_document_bytes = 1024;
constexpr std::size_t kept_document_bytes = 8 * 1024;

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Length of the valid UTF-8 sequence that starts at `at`, or 0. Overlong forms, surrogates and
/// anything above U+10FFFF are not valid (RFC 3629).
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) noexcept -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto continues = [&](std::size_t i) noexcept { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return continues(1) ? 2 : 0;
  // The second byte of these is narrower than a continuation byte in general.
  const unsigned second_min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned second_max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < second_min || byte(1) > second_max || !continues(2)) return 0;
  if (lead < 0xF0) return 3;
  return continues(3) ? 4 : 0;
}

/// The code unit of the escape "\uXXXX" at `at`, or -1 if there is none.
int escaped_unit(std::string_view text, std::size_t at) noexcept {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  const char* const first = text.data() + at + 2;
  const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
  // from_chars takes a sign, which is no hexadecimal digit here.
  return error == std::errc{} && end == first + 4 && *first != '-' ? unit : -1;
}

constexpr bool is_high_surrogate(int unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool is_low_surrogate(int unit) noexcept { return unit >= 0xDC00 && unit < 0xE000; }

/// A copy of a document with malformed text replaced by U+FFFD: bytes that are no UTF-8, and
/// escaped surrogates without their other half. All else stays, be it valid JSON or not.
std::string repair(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = sequence_length(text, at);
    bool valid = length != 0;
    if (text[at] == '\\') {
      const int unit = escaped_unit(text, at);
      const bool pair = is_high_surrogate(unit) && is_low_surrogate(escaped_unit(text, at + 6));
      valid = pair || (!is_high_surrogate(unit) && !is_low_surrogate(unit));
      // An escape is taken as a whole, so that the second \ of \\ does not start another one.
      length = pair ? 12 : unit >= 0 ? 6 : std::min<std::size_t>(2, text.size() - at);
      if (unit < 0 && length == 2 && sequence_length(text, at + 1) != 1) length = 1;
    }
    if (valid) {
      out.append(text, at, length);
      at += length;
    } else {
      out += replacement;
      at += length != 0 ? length : 1;
    }
  }
  return out;
}

constexpr char lower(char byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

bool same_key(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

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
      if (!same_key(field.key, entry.key)) continue;
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

/// Parses with bounded depth: simdjson takes the bound only together with a capacity.
simdjson::simdjson_result<dom::element> parse(dom::parser& parser, std::string_view text) {
  const std::size_t capacity = std::max(text.size(), first_document_bytes);
  if (parser.capacity() < capacity || parser.max_depth() != json_depth_max) {
    if (const auto error = parser.allocate(capacity, json_depth_max)) return error;
  }
  return parser.parse(text.data(), text.size());
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
  simdjson::error_code error = parse(parser.dom, text).get(document);
  if (error == simdjson::UTF8_ERROR || error == simdjson::STRING_ERROR) {
    error = parse(parser.dom, repair(text)).get(document);
  }
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
    const std::size_t length = sequence_length(text, at);
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
