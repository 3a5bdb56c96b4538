// SPDX-License-Identifier: Apache-2.0
//
// From a text in nats-server's configuration language to a tree of values. What lies outside the
// text, included files and environment variables, is asked for through callbacks.
#pragma once

#include "config/value.hpp"

#include <leafnats/config.hpp>
#include <leafnats/result.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace leafnats::config {

/// A text to read.
struct Source {
  std::string_view text;
  std::string name;    ///< stands for the text in messages
  std::string folder;  ///< relative includes start here; empty: wherever the reader starts
};

/// Gives the content of an included file. The path is the including file's folder joined with
/// what the text says, even if that begins with a slash (nats-server behaviour).
using Reader = std::function<Result<std::string>(const std::string& path)>;

/// What a text may ask the world for. An absent callback knows nothing.
struct Surroundings {
  Reader read;
  Environment environment;
};

/// Reads the text and everything it includes. Variables are replaced: no reference is left in the
/// tree. Errors are invalid_config with "file:line:column: " in front. Does not care what keys
/// mean, see mapping.hpp.
[[nodiscard]] Result<Document> parse(const Source& source, const Surroundings& surroundings);

}  // namespace leafnats::config
