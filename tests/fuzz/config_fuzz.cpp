// SPDX-License-Identifier: Apache-2.0
//
// Any text as a configuration. Lines of "---" cut the input into the main text and up to seven
// more, which are the files f1..f7 and the environment variables E1..E7 at once, so that includes
// and references meet themselves. Beyond not crashing:
// - a tree that is printed and read again is the same tree;
// - options that were accepted pass validate(), as a host's own would have to;
// - what was refused says where.

#include "base/assert.hpp"
#include "config/mapping.hpp"
#include "config/parser.hpp"
#include "config/validation.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::config;

namespace {

constexpr std::size_t texts_max = 8;

std::vector<std::string> cut(std::string_view input) {
  constexpr std::string_view cut_line = "\n---\n";
  std::vector<std::string> texts;
  while (texts.size() + 1 < texts_max) {
    const std::size_t at = input.find(cut_line);
    if (at == input.npos) break;
    texts.emplace_back(input.substr(0, at));
    input.remove_prefix(at + cut_line.size());
  }
  texts.emplace_back(input);
  return texts;
}

/// The text behind "f3" or "E3".
std::optional<std::string> text_named(const std::vector<std::string>& texts, char letter,
                                      std::string_view name) {
  if (name.size() != 2 || name[0] != letter || name[1] < '1') return std::nullopt;
  const auto number = static_cast<std::size_t>(name[1] - '0');
  return number < texts.size() ? std::optional(texts[number]) : std::nullopt;
}

/// The tree as a configuration text; nothing if it holds what has no exact spelling.
bool print(const Value& value, std::string& text);

bool print(const Map& map, std::string& text) {
  for (const Entry& entry : map.entries()) {
    const char quote = entry.key.find('"') == std::string::npos ? '"' : '\'';
    if (entry.key.find(quote) != std::string::npos) return false;
    text += quote + entry.key + quote + ": ";
    if (!print(entry.value, text)) return false;
    text += "\n";
  }
  return true;
}

bool print(const Value& value, std::string& text) {
  if (const auto* boolean = value.as<bool>()) {
    text += *boolean ? "true" : "false";
  } else if (const auto* integer = value.as<std::int64_t>()) {
    text += std::to_string(*integer);
  } else if (const auto* string = value.as<std::string>()) {
    text += '"';
    for (const char c : *string) {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
    text += '"';
  } else if (const auto* array = value.as<Array>()) {
    text += "[";
    for (const Value& element : *array) {
      if (!print(element, text)) return false;
      text += ",";
    }
    text += "]";
  } else if (const auto* map = value.as<Map>()) {
    text += "{";
    if (!print(*map, text)) return false;
    text += "}";
  } else {
    return false;
  }
  return true;
}

void check_round_trip(const Document& document) {
  std::string once;
  if (!print(document.root, once) || once.size() > 1024 * 1024) return;
  const Result<Document> again = parse({once, "again", ""}, {});
  LEAFNATS_ASSERT(again.has_value());
  std::string twice;
  LEAFNATS_ASSERT(print(again->root, twice));
  LEAFNATS_ASSERT(once == twice);
}

void check_error(const Error& error) {
  LEAFNATS_ASSERT(error.code == Errc::invalid_config || error.code == Errc::not_supported);
  LEAFNATS_ASSERT(error.context.find(": ") != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto texts = cut({reinterpret_cast<const char*>(data), size});
  const Surroundings surroundings{
      [&texts](const std::string& path) -> Result<std::string> {
        auto text = text_named(texts, 'f', path);
        return text ? Result<std::string>(std::move(*text)) : Error{Errc::io_error, "no such file"};
      },
      [&texts](std::string_view name) { return text_named(texts, 'E', name); }};
  const Result<Document> document = parse({texts[0], "fuzz", ""}, surroundings);
  if (!document) {
    check_error(document.error());
    return 0;
  }
  check_round_trip(*document);
  const Result<Config> config = to_config(*document);
  if (!config) {
    check_error(config.error());
    return 0;
  }
  LEAFNATS_ASSERT(validate(config->options).has_value());
  return 0;
}
