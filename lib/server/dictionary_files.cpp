// SPDX-License-Identifier: Apache-2.0

#include "server/dictionary_files.hpp"

#include "base/limits.hpp"
#include "wire/zstd_filter.hpp"

#include <fmt/format.h>

#include <fstream>

namespace leafnats {

namespace {

/// At most one byte more than is allowed, so that too much is seen and no more is read.
Result<std::string> read_dictionary(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(limits::zstd_dictionary_bytes_max + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || bytes.empty()) {
    return Error{Errc::io_error, path + " cannot be read, or is empty"};
  }
  if (bytes.size() > limits::zstd_dictionary_bytes_max) {
    return Error{Errc::invalid_config, fmt::format("{} is larger than {} bytes", path,
                                                   limits::zstd_dictionary_bytes_max)};
  }
  if (!wire::is_zstd_dictionary(bytes)) {
    return Error{Errc::invalid_config, path + " is a broken zstd dictionary"};
  }
  return bytes;
}

Result<void> read_into(CompressionOptions& compression, const std::string& field) {
  if (compression.zstd_dictionary_file.empty()) return {};
  Result<std::string> bytes = read_dictionary(compression.zstd_dictionary_file);
  if (!bytes) {
    return Error{bytes.error().code,
                 field + ".compression.zstd_dictionary_file: " + bytes.error().context};
  }
  compression.zstd_dictionary = std::move(*bytes);
  return {};
}

}  // namespace

Result<void> read_dictionaries(Options& options) {
  if (auto read = read_into(options.leaf.compression, "leaf"); !read) return read;
  for (std::size_t i = 0; i < options.leaf.remotes.size(); ++i) {
    const std::string field = fmt::format("leaf.remotes[{}]", i);
    if (auto read = read_into(options.leaf.remotes[i].compression, field); !read) return read;
  }
  return {};
}

}  // namespace leafnats
