// SPDX-License-Identifier: Apache-2.0
//
// How a text draws on what lies outside of it. `$name` is the last value of that key in the maps
// around it, from the innermost outwards; else an environment variable, whose content is read as
// if it stood there. An include is read as a file of its own, and its keys land where it stands.
#include "config/limits.hpp"
#include "config/text_parser.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::config {

namespace {

/// nats-server's words for a variable that is the problem.
std::string refer_to(const std::string& name, Position position) {
  return "variable reference for '" + name + "' on line " + std::to_string(position.line);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

/// nats-server joins always, so that even "/x" is a path inside of the folder.
std::string join(const std::string& folder, std::string path) {
  while (path.starts_with("./")) {
    path.erase(0, 2);
  }
  const bool needs_slash = !folder.empty() && !folder.ends_with('/') && !path.starts_with('/');
  const bool has_two = folder.ends_with('/') && path.starts_with('/');
  return folder + (needs_slash ? "/" : "") + (has_two ? path.substr(1) : path);
}

}  // namespace

/// The copy counts against the budget like text that was written out, because a file may ask for
/// copies of copies.
bool TextParser::resolve(const std::string& name, Value& value) {
  const Position position = value.position;
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (const Value* found = (*scope)->find_as_variable(name)) {
      const Weight weight = weigh(*found);
      if (!spend(position, weight.values, weight.bytes) || !enter(position, weight.depth)) {
        return false;
      }
      depth_ -= weight.depth;
      value = *found;
      value.position = position;
      return true;
    }
  }
  const auto& environment = reading_.surroundings.environment;
  if (const std::optional<std::string> text = environment ? environment(name) : std::nullopt) {
    return expand_environment(name, *text, value);
  }
  return scanner_.reject(position, refer_to(name, position) + " can not be found");
}

/// The text is read as a value, so that a variable may hold a number, a list or another reference.
bool TextParser::expand_environment(const std::string& name, const std::string& text,
                                    Value& value) {
  const Position position = value.position;
  auto& expanding = reading_.expanding;
  if (std::find(expanding.begin(), expanding.end(), name) != expanding.end()) {
    return scanner_.reject(position, refer_to(name, position) + " is a cycle");
  }
  if (expanding.size() >= limits::config_environment_depth_max) {
    return scanner_.reject(position, refer_to(name, position) + " is nested too deeply");
  }
  expanding.push_back(name);
  const bool is_good = TextParser(reading_, text, "$" + name, "", depth_).parse_single_value(value);
  expanding.pop_back();
  value.position = position;
  return is_good;
}

bool TextParser::parse_include(Map& map) {
  scanner_.skip_blanks();
  const Position position = scanner_.position();
  std::string path;
  return parse_include_path(path) && read_include(position, path, map);
}

/// What would be no string as a value is no path either; the error tells to quote it.
bool TextParser::parse_include_path(std::string& path) {
  const char quote = scanner_.peek();
  if (quote == '\'' || quote == '"') {
    scanner_.advance();
    const std::size_t length = scanner_.rest().find(quote);
    if (length == std::string_view::npos) {
      return scanner_.fail(scanner_.position(), "Unexpected EOF.", "this include path has no end");
    }
    path = scanner_.rest().substr(0, length);
    scanner_.advance(length + 1);
    return true;
  }
  if (std::string_view("[{(-\\").find(quote) != std::string_view::npos || is_digit(quote)) {
    return scanner_.fail("include needs the path of a file; quotes may help");
  }
  const std::size_t begin = scanner_.offset();
  while (!scanner_.at_end() && !is_blank(scanner_.peek()) && !is_line_end(scanner_.peek()) &&
         scanner_.peek() != ';' && scanner_.peek() != '}') {
    scanner_.advance();
  }
  path = scanner_.since(begin);
  return !path.empty() || scanner_.fail("include needs the path of a file");
}

/// A cycle is seen by the path's spelling, or at the latest by the depth.
bool TextParser::read_include(Position position, const std::string& path, Map& map) {
  const std::string full_path = join(folder_, path);
  const std::string cannot_include = "error parsing include file '" + path + "', ";
  auto& including = reading_.including;
  if (std::find(including.begin(), including.end(), full_path) != including.end()) {
    return scanner_.reject(position, cannot_include + "it includes itself");
  }
  if (including.size() >= limits::config_include_depth_max) {
    return scanner_.reject(position, cannot_include + "files include each other too deeply");
  }
  if (!reading_.surroundings.read) {
    return scanner_.reject(position, cannot_include + "includes are not possible here");
  }
  const Result<std::string> text = reading_.surroundings.read(full_path);
  if (!text) {
    return scanner_.reject(position, cannot_include + full_path + ": " + text.error().context);
  }
  Map included;
  including.push_back(full_path);
  const bool is_good =
      TextParser(reading_, *text, full_path, folder_of(full_path), depth_).parse_file(included);
  including.pop_back();
  if (is_good) {
    for (const Entry& entry : included.entries()) {
      map.set(entry);
    }
  }
  return is_good;
}

}  // namespace leafnats::config
