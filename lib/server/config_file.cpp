// SPDX-License-Identifier: Apache-2.0
//
// The bodies of the public load_config() and parse_config(): the one place that reads
// configuration files. The language and its meaning are in lib/config.
#include "config/limits.hpp"
#include "config/mapping.hpp"
#include "config/parser.hpp"

#include <leafnats/config.hpp>

#include <cctype>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace leafnats {

namespace {

/// The system's words for errno, without the path and as they stand inside a sentence.
Error cannot_read() {
  const int code = errno;
  std::string words = std::generic_category().message(code != 0 ? code : EIO);
  words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  return Error{Errc::io_error, std::move(words)};
}

/// Limit: a file is read up to one byte more than a configuration may have, so that the parser
/// sees that it is too large, and a device file cannot fill the memory.
Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return cannot_read();
  }
  std::string text;
  char chunk[4096];
  while (text.size() <= limits::config_bytes_max && file.read(chunk, sizeof chunk).gcount() > 0) {
    text.append(chunk, static_cast<std::size_t>(file.gcount()));
  }
  return file.bad() ? Result<std::string>(cannot_read()) : Result<std::string>(text);
}

Result<Config> read_config(const config::Source& source, const Environment& environment) {
  const Result<config::Document> document = config::parse(source, {read_file, environment});
  return document ? config::to_config(*document) : Result<Config>(document.error());
}

}  // namespace

Result<Config> load_config(const std::string& path, const Environment& environment) {
  const Result<std::string> text = read_file(path);
  if (!text) {
    return Error{text.error().code, path + ": " + text.error().context};
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  return read_config({*text, path, folder}, environment);
}

Result<Config> parse_config(std::string_view text, const std::string& name,
                            const Environment& environment) {
  return read_config({text, name, ""}, environment);
}

}  // namespace leafnats
