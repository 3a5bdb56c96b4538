// SPDX-License-Identifier: Apache-2.0
//
// The grammar of nats-server's configuration language, by recursive descent:
//   file   = { entry | "{" file "}" }                          bare braces mean nothing
//   entry  = key [ "=" | ":" ] value end | "include" path end
//   value  = scalar | "[" { value end } "]" | "{" { entry } "}"
//   end    = "," | ";" | line end | before the closing bracket  (arrays take no ";")
// A separator is optional, but blank space is not: `key{` is all key. Outside of maps a value
// starts on the line of its separator. Comments go where an entry or array value may start or end.
// Where nats-server accepts what it then drops or damages (a file that ends inside braces, a unit
// that does not exist), there is an error instead; the table of verdicts in the tests lists them.
#include "config/text_parser.hpp"

#include "config/limits.hpp"
#include "config/scalar.hpp"

#include <utility>

namespace leafnats::config {

TextParser::TextParser(Reading& reading, std::string_view text, std::string name,
                       std::string folder, std::size_t depth)
    : reading_(reading),
      scanner_(text, static_cast<std::uint32_t>(reading.document.files.size())),
      folder_(std::move(folder)),
      depth_(depth) {
  reading.document.files.push_back(std::move(name));
}

bool TextParser::parse_file(Map& map) {
  return hand_over_problem(check_text() && parse_entries(map, Scope::file));
}

bool TextParser::parse_single_value(Value& value) {
  return hand_over_problem(check_text() && single_value(value));
}

/// nats-server takes a zero byte for the end of the file, wherever it stands.
bool TextParser::check_text() {
  if (reading_.document.files.size() > limits::config_files_max) {
    return scanner_.reject(scanner_.position(),
                           "too many files and environment variables are read");
  }
  const std::string_view text = scanner_.rest();
  if (!spend(scanner_.position(), 0, text.size())) {
    return false;
  }
  if (const std::size_t nul = text.find('\0'); nul != text.npos) {
    scanner_.advance(nul);
    return scanner_.fail("the text contains a zero byte");
  }
  if (text.starts_with("\xef\xbb\xbf")) {
    scanner_.advance(3);  // the mark that some editors put in front of UTF-8
  }
  return true;
}

bool TextParser::single_value(Value& value) {
  scanner_.skip_blanks();
  if (!parse_value(value) || !reach_entry_end(Scope::file)) {
    return false;
  }
  scanner_.skip_spaces();
  return scanner_.at_end() || scanner_.fail("there is more than one value");
}

/// The innermost text comes first here, and its problem is the one that is kept.
bool TextParser::hand_over_problem(bool is_good) {
  if (!is_good && !reading_.problem) {
    reading_.problem = scanner_.problem();
  }
  return is_good;
}

bool TextParser::parse_entries(Map& map, Scope scope) {
  const Position start = scanner_.position();
  scopes_.push_back(&map);
  while (true) {
    scanner_.skip_spaces();
    if (scanner_.skip_comment()) {
      continue;
    }
    if (scanner_.at_end()) {
      if (scope != Scope::file) {
        return scanner_.fail(start, "Unexpected EOF processing map.",
                             "the '{' before this place is never closed");
      }
      break;
    }
    if (scanner_.peek() == '}') {
      scanner_.advance();
      if (scope == Scope::file && !reach_file_end()) {
        return false;
      }
      break;
    }
    if (!(scanner_.peek() == '{' ? parse_braces(map, scope) : parse_entry(map, scope))) {
      return false;
    }
  }
  scopes_.pop_back();
  return true;
}

/// Behind a '}' that closes nothing. nats-server allows one as the last thing in a file.
bool TextParser::reach_file_end() {
  const Position position = scanner_.position();
  do {
    scanner_.skip_spaces();
  } while (scanner_.skip_comment());
  return scanner_.at_end() || scanner_.fail(position, "the '}' before this closes nothing");
}

/// Braces without a key, which JSON has around the whole file.
bool TextParser::parse_braces(Map& map, Scope scope) {
  const Position position = scanner_.position();
  if (scope == Scope::map) {
    return scanner_.fail(position, "a key is missing before '{'");
  }
  if (!enter(position)) {
    return false;
  }
  scanner_.advance();
  if (!parse_entries(map, Scope::block)) {
    return false;
  }
  --depth_;
  return true;
}

bool TextParser::parse_entry(Map& map, Scope scope) {
  Entry entry{{}, scanner_.position(), {}};
  bool is_include = false;
  if (!parse_key(entry.key, is_include)) {
    return false;
  }
  if (is_include) {
    return parse_include(map) && reach_entry_end(scope);
  }
  if (!reach_value(entry, scope) || !parse_value(entry.value)) {
    return false;
  }
  if (!spend(entry.key_position, 0, entry.key.size())) {
    return false;
  }
  map.set(std::move(entry));
  return reach_entry_end(scope);
}

/// Bare keys end at white space or a separator and at nothing else, so that most punctuation ends
/// up in them. Quoted keys have no escapes, and are never the word include.
bool TextParser::parse_key(std::string& key, bool& is_include) {
  const Position start = scanner_.position();
  const char first = scanner_.peek();
  if (first == '=' || first == ':' || first == ']') {
    return scanner_.fail(std::string("a key was expected, but got '") + first + "'");
  }
  const std::size_t begin = scanner_.offset();
  scanner_.advance();
  if (first == '"' || first == '\'') {
    const std::size_t length = scanner_.rest().find(first);
    if (length == std::string_view::npos) {
      return scanner_.fail(start, "Unexpected EOF.", "this quoted key has no end");
    }
    key = scanner_.rest().substr(0, length);
    scanner_.advance(length + 1);
    return true;
  }
  while (!scanner_.at_end() && scanner_.space_bytes() == 0 && scanner_.peek() != '=' &&
         scanner_.peek() != ':') {
    scanner_.advance();
  }
  key = scanner_.since(begin);
  if (key.ends_with('{') || key.ends_with('[')) {
    return scanner_.fail(start,
                         "a blank is missing before the '" + key.substr(key.size() - 1) + "'");
  }
  is_include = scanner_.space_bytes() != 0 && lower(key) == "include";
  return true;
}

/// From behind the key to the first byte of its value.
bool TextParser::reach_value(const Entry& entry, Scope scope) {
  scanner_.skip_spaces();
  if (scanner_.peek() == '=' || scanner_.peek() == ':') {
    scanner_.advance();
    scope == Scope::map ? scanner_.skip_spaces() : scanner_.skip_blanks();
  }
  const std::string no_value = "\"" + entry.key + "\" has no value";
  if (scanner_.at_end()) {
    std::string place = reading_.document.place(entry.key_position);
    place.resize(place.rfind(':'));
    return scanner_.reject(entry.key_position, "config is invalid (" + place + "): " + no_value);
  }
  const char c = scanner_.peek();
  return !(is_line_end(c) || c == ',' || c == ';' || c == '}') ||
         scanner_.fail(entry.key_position, no_value);
}

/// A '}' is left for whoever opened the map or block; in a file nobody did, and nats-server takes
/// one at the end of a value for nothing.
bool TextParser::reach_entry_end(Scope scope) {
  do {
    scanner_.skip_blanks();
  } while (scanner_.skip_comment());
  const char c = scanner_.peek();
  if (is_line_end(c) || c == ',' || c == ';' || (c == '}' && scope == Scope::file)) {
    scanner_.advance();
    return true;
  }
  if (scanner_.at_end() || c == '}') {
    return true;
  }
  return scanner_.fail("a value must be followed by the end of the line, ',' or ';', but got " +
                       describe(scanner_));
}

bool TextParser::parse_value(Value& value) {
  value.position = scanner_.position();
  const char c = scanner_.peek();
  if (c == '[' || c == '{') {
    scanner_.advance();
    if (!spend(value.position, 1, 0) || !enter(value.position)) {
      return false;
    }
    const bool is_good = c == '[' ? parse_array(value.data.emplace<Array>())
                                  : parse_entries(value.data.emplace<Map>(), Scope::map);
    --depth_;
    return is_good;
  }
  Scalar scalar;
  if (!scan_scalar(scanner_, scalar) || !spend(value.position, 1, 0)) {
    return false;
  }
  if (scalar.is_reference) {
    return resolve(*scalar.value.as<std::string>(), value);
  }
  value = std::move(scalar.value);
  return true;
}

bool TextParser::parse_array(Array& array) {
  const Position start = scanner_.position();
  while (true) {
    scanner_.skip_spaces();
    if (scanner_.skip_comment()) {
      continue;
    }
    if (scanner_.at_end()) {
      return scanner_.fail(start, "Unexpected EOF processing array.",
                           "the '[' before this place is never closed");
    }
    if (scanner_.peek() == ']') {
      scanner_.advance();
      return true;
    }
    if (scanner_.peek() == ',') {
      return scanner_.fail("a value is missing before ','");
    }
    if (!parse_value(array.emplace_back()) || !reach_array_value_end()) {
      return false;
    }
  }
}

bool TextParser::reach_array_value_end() {
  do {
    scanner_.skip_blanks();
  } while (scanner_.skip_comment());
  if (scanner_.peek() == ',' || is_line_end(scanner_.peek())) {
    scanner_.advance();
    return true;
  }
  return scanner_.peek() == ']' || scanner_.at_end() ||
         scanner_.fail(
             "an array value must be followed by ',', ']' or the end of the line, but got " +
             describe(scanner_));
}

/// Everything that ends up in the tree is paid for here before it is built.
bool TextParser::spend(Position position, std::size_t values, std::size_t bytes) {
  reading_.values += values;
  reading_.bytes += bytes;
  return (reading_.values <= limits::config_values_max &&
          reading_.bytes <= limits::config_bytes_max) ||
         scanner_.reject(position, "the configuration is too large here");
}

bool TextParser::enter(Position position, std::size_t levels) {
  depth_ += levels;
  return depth_ <= limits::config_depth_max ||
         scanner_.reject(position, "maps and arrays are nested too deeply");
}

}  // namespace leafnats::config
