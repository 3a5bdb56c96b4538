// SPDX-License-Identifier: Apache-2.0
//
// Dictionaries that options name by their files: read once, or refused with option and file.

#include "base/limits.hpp"
#include "server/dictionary_files.hpp"
#include "wire/zstd_filter.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

using namespace leafnats;

namespace {

/// A folder of its own, gone when the test is over.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "leafnats-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const char* name, std::string_view bytes) const {
    const std::filesystem::path path = path_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  [[nodiscard]] std::string missing() const { return (path_ / "none").string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("server: dictionaries are read into their options", "[server][compression]") {
  const Folder folder;
  Options options;
  options.leaf.remotes.resize(2);
  options.leaf.compression.zstd_dictionary_file = folder.file("hub", "typical words");
  options.leaf.remotes[1].compression.zstd_dictionary_file = folder.file("edge", "others");
  REQUIRE(read_dictionaries(options));
  CHECK(options.leaf.compression.zstd_dictionary == "typical words");
  CHECK(options.leaf.remotes[0].compression.zstd_dictionary.empty());
  CHECK(options.leaf.remotes[1].compression.zstd_dictionary == "others");
}

TEST_CASE("server: a dictionary that cannot be used stops the start", "[server][compression]") {
  const Folder folder;
  const auto error_with = [](const std::string& path) {
    Options options;
    options.leaf.remotes.resize(1);
    options.leaf.remotes[0].compression.zstd_dictionary_file = path;
    const Result<void> read = read_dictionaries(options);
    REQUIRE_FALSE(read);
    CHECK(read.error().context.starts_with("leaf.remotes[0].compression.zstd_dictionary_file: " +
                                           path));
    return read.error();
  };
  CHECK(error_with(folder.missing()).code == Errc::io_error);
  CHECK(error_with(folder.file("empty", "")).code == Errc::io_error);
  const std::string large(limits::zstd_dictionary_bytes_max + 1, 'x');
  CHECK(error_with(folder.file("large", large)).code == Errc::invalid_config);
  if (wire::has_zstd) {
    const std::string broken = "\x37\xa4\x30\xec rubbish that claims to be a dictionary";
    CHECK(error_with(folder.file("broken", broken)).code == Errc::invalid_config);
  }
}
