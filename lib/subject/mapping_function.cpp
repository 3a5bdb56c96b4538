// SPDX-License-Identifier: Apache-2.0
//
// nats-server finds functions with regular expressions that are tied to neither end of the token;
// `call_of` finds the same ones without.

#include "subject/mapping_function.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace leafnats::subject {
namespace {

constexpr std::string_view bad_argument = "function argument is invalid or in the wrong format";
constexpr std::string_view few_arguments = "not enough arguments passed to the function";
constexpr std::string_view many_arguments = "too many arguments passed to the function";

using Arguments = std::vector<std::string_view>;

struct Spelling {
  std::string_view name;  // a capital stands for the letter in either case
  MappingFunction function;
};

// In the order in which nats-server looks for them.
constexpr std::array spellings = {
    Spelling{"Wildcard", MappingFunction::wildcard},
    Spelling{"Partition", MappingFunction::partition},
    Spelling{"SplitFromLeft", MappingFunction::split_from_left},
    Spelling{"SplitFromRight", MappingFunction::split_from_right},
    Spelling{"SliceFromLeft", MappingFunction::slice_from_left},
    Spelling{"SliceFromRight", MappingFunction::slice_from_right},
    Spelling{"Right", MappingFunction::right},
    Spelling{"Left", MappingFunction::left},
    Spelling{"Split", MappingFunction::split},
    Spelling{"Random", MappingFunction::random},
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

void skip_spaces(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

bool skip_name(std::string_view& text, std::string_view name) {
  if (text.size() < name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool same = text[i] == name[i];
    if (!same && !(is_capital(name[i]) && text[i] == name[i] - 'A' + 'a')) return false;
  }
  text.remove_prefix(name.size());
  return true;
}

/// Up to the last `)` that only spaces part from `}}`.
std::optional<std::string_view> up_to_end_of_call(std::string_view text) {
  for (std::size_t close = text.rfind(')'); close != std::string_view::npos;
       close = close == 0 ? std::string_view::npos : text.rfind(')', close - 1)) {
    std::string_view after = text.substr(close + 1);
    skip_spaces(after);
    if (after.starts_with("}}")) return text.substr(0, close);
  }
  return std::nullopt;
}

/// The text between the parentheses of `{{name(...)}}`.
std::optional<std::string_view> call_of(std::string_view name, std::string_view token) {
  for (std::size_t at = token.find("{{"); at != std::string_view::npos;
       at = token.find("{{", at + 1)) {
    std::string_view text = token.substr(at + 2);
    skip_spaces(text);
    if (!skip_name(text, name)) continue;
    skip_spaces(text);
    if (!text.starts_with('(')) continue;
    if (const auto inside = up_to_end_of_call(text.substr(1))) return inside;
  }
  return std::nullopt;
}

/// Cut at each comma, with the spaces behind it.
Arguments arguments_of(std::string_view text) {
  Arguments arguments;
  for (;;) {
    const std::size_t comma = text.find(',');
    arguments.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return arguments;
    text.remove_prefix(comma + 1);
    skip_spaces(text);
  }
}

std::optional<std::int64_t> number_of(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const bool plus = text.starts_with('+');
  if (plus) text.remove_prefix(1);
  if (plus && text.starts_with('-')) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A number of buckets or a ceiling: nats-server bounds it above and cuts it off below.
bool take_count(std::string_view text, DestinationToken& parsed) {
  const auto number = number_of(text);
  if (!number || *number > std::numeric_limits<std::int32_t>::max()) return false;
  parsed.number = static_cast<std::int32_t>(*number);
  return true;
}

bool take_characters(std::string_view text, DestinationToken& parsed) {
  const auto number = number_of(text);
  if (!number || *number < std::numeric_limits<std::int32_t>::min()) return false;
  return take_count(text, parsed);
}

bool take_wildcard(std::string_view text, DestinationToken& parsed) {
  const auto number = number_of(text);
  if (number) parsed.wildcards.push_back(*number);
  return number.has_value();
}

bool take_delimiter(std::string_view text, DestinationToken& parsed) {
  if (text.find_first_of(" .") != std::string_view::npos) return false;
  parsed.delimiter = text;
  return true;
}

bool take_partition(const Arguments& arguments, DestinationToken& parsed) {
  if (!take_count(arguments[0], parsed)) return false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (!take_wildcard(arguments[i], parsed)) return false;
  }
  return true;
}

bool take(const Arguments& arguments, DestinationToken& parsed) {
  switch (parsed.function) {
    case MappingFunction::wildcard:
      return take_wildcard(arguments[0], parsed);
    case MappingFunction::partition:
      return take_partition(arguments, parsed);
    case MappingFunction::random:
      return take_count(arguments[0], parsed);
    case MappingFunction::split:
      return take_wildcard(arguments[0], parsed) && take_delimiter(arguments[1], parsed);
    default:
      return take_wildcard(arguments[0], parsed) && take_characters(arguments[1], parsed);
  }
}

/// What is wrong with their number, or nothing.
std::string_view count_fault(MappingFunction function, const Arguments& arguments) {
  switch (function) {
    case MappingFunction::partition:
      return {};
    case MappingFunction::wildcard:
      if (arguments.size() > 1) return many_arguments;
      return arguments[0].empty() ? few_arguments : std::string_view();
    case MappingFunction::random:
      return arguments.size() > 1 ? few_arguments : std::string_view();  // nats-server's word
    default:
      if (arguments.size() < 2) return few_arguments;
      return arguments.size() > 2 ? many_arguments : std::string_view();
  }
}

Result<DestinationToken> parse_call(std::string_view token) {
  for (const auto& [name, function] : spellings) {
    const auto inside = call_of(name, token);
    if (!inside) continue;
    const Arguments arguments = arguments_of(*inside);
    if (const auto fault = count_fault(function, arguments); !fault.empty()) {
      return destination_error(fault, token);
    }
    DestinationToken parsed{.function = function, .wildcards = {}, .delimiter = {}};
    if (!take(arguments, parsed)) return destination_error(bad_argument, token);
    return parsed;
  }
  return destination_error("unknown function", token);
}

}  // namespace

Error destination_error(std::string_view what, std::string_view token) {
  std::string words = "invalid mapping destination: ";
  words += what;
  if (!token.empty()) words.append(" in ").append(token);
  return {Errc::invalid_argument, std::move(words)};
}

Result<DestinationToken> parse_destination_token(std::string_view token) {
  DestinationToken parsed;
  if (token.size() > 1 && token[0] == '$') {
    // `$SYS` and its like are plain text.
    if (token[1] != ' ' && !token.ends_with(' ') && take_wildcard(token.substr(1), parsed)) {
      parsed.function = MappingFunction::wildcard;
    }
    return parsed;
  }
  const bool call = token.size() > 4 && token.starts_with("{{") && token.ends_with("}}");
  if (call) return parse_call(token);
  return parsed;
}

}  // namespace leafnats::subject
