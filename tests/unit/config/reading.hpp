// SPDX-License-Identifier: Apache-2.0
//
// Reading configurations from memory: texts stand in for files, a map for the environment.
#pragma once

#include "config/mapping.hpp"
#include "config/parser.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::config::test {

/// What the text under test may ask for.
struct World {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string, std::less<>> environment;

  [[nodiscard]] Surroundings surroundings() const {
    return {[this](const std::string& path) -> Result<std::string> {
              const auto found = files.find(path);
              return found != files.end() ? Result<std::string>(found->second)
                                          : Error{Errc::io_error, "no such file"};
            },
            [this](std::string_view name) -> std::optional<std::string> {
              const auto found = environment.find(name);
              return found != environment.end() ? std::optional(found->second) : std::nullopt;
            }};
  }
};

/// The text as "t.conf".
inline Result<Document> read(std::string_view text, const World& world = {}) {
  return parse({text, "t.conf", ""}, world.surroundings());
}

inline Result<Config> load(std::string_view text, const World& world = {}) {
  const Result<Document> document = read(text, world);
  return document ? to_config(*document) : Result<Config>(document.error());
}

/// The message of the error; "it loads" if there is none.
template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "it loads" : result.error().context;
}

}  // namespace leafnats::config::test
