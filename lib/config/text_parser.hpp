// SPDX-License-Identifier: Apache-2.0
//
// Reads one text of a configuration. An included file and an environment variable are texts too
// and get a parser each, because the variables of one are not those of another. What all texts of
// a configuration share is the Reading: the document, its budget, and the stacks of what is being
// read, by which cycles are seen.
#pragma once

#include "config/parser.hpp"
#include "config/scanner.hpp"
#include "config/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::config {

/// What the parsers of one configuration share.
struct Reading {
  const Surroundings& surroundings;
  Document document;
  std::size_t values = 0;              ///< spent of limits::config_values_max
  std::size_t bytes = 0;               ///< spent of limits::config_bytes_max
  std::vector<std::string> including;  ///< paths of the files we are in, outermost first
  std::vector<std::string> expanding;  ///< environment variables we are in, outermost first
  std::optional<Problem> problem;      ///< the first, from whichever text
};

/// Where entries stand: directly in a file, in braces that mean nothing, or in a map.
enum class Scope { file, block, map };

/// Functions that return bool say false when they have left the reason in Reading::problem or
/// Scanner::problem(); then the parser is of no use any more.
class TextParser {
 public:
  /// `depth` is how deep the place is where the text is going to be inserted.
  TextParser(Reading& reading, std::string_view text, std::string name, std::string folder,
             std::size_t depth);

  /// The text is a file: its entries go into `map`.
  bool parse_file(Map& map);

  /// The text is what an environment variable holds: one value.
  bool parse_single_value(Value& value);

 private:
  bool check_text();
  bool single_value(Value& value);
  bool hand_over_problem(bool is_good);

  bool parse_entries(Map& map, Scope scope);
  bool parse_entry(Map& map, Scope scope);
  bool parse_braces(Map& map, Scope scope);
  bool parse_key(std::string& key, bool& is_include);
  bool reach_value(const Entry& entry, Scope scope);
  bool reach_entry_end(Scope scope);
  bool reach_file_end();

  bool parse_value(Value& value);
  bool parse_array(Array& array);
  bool reach_array_value_end();

  // What brings other texts and values in; see expansion.cpp.
  bool resolve(const std::string& name, Value& value);
  bool expand_environment(const std::string& name, const std::string& text, Value& value);
  bool parse_include(Map& map);
  bool parse_include_path(std::string& path);
  bool read_include(Position position, const std::string& path, Map& map);

  bool spend(Position position, std::size_t values, std::size_t bytes);
  bool enter(Position position, std::size_t levels = 1);

  Reading& reading_;
  Scanner scanner_;
  std::string folder_;
  std::size_t depth_;
  std::vector<Map*> scopes_;  // maps around the cursor, innermost last: where variables are found
};

}  // namespace leafnats::config
