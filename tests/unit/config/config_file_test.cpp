// SPDX-License-Identifier: Apache-2.0
//
// The public functions on real files: what the callbacks of the other tests stand for.

#include "support/catch.hpp"

#include <leafnats/config.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

using namespace leafnats;

namespace {

/// A folder that is gone at the end of the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "leafnats-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

// Includes are relative to the file they stand in, not to the current directory.
TEST_CASE("config file: includes", "[config]") {
  const Folder folder;
  folder.file("users/all.conf", "include passwords.conf\nusers: [ { user: a, password: $PASS } ]");
  folder.file("users/passwords.conf", "PASS: secret");
  const std::string path =
      folder.file("hub.conf", "port: -1\nauthorization {\n include \"users/all.conf\"\n}\n");
  const Result<Config> config = load_config(path);
  REQUIRE(config);
  REQUIRE(config->options.authorization.users.size() == 1);
  CHECK(config->options.authorization.users[0].password == "secret");

  const std::string broken = folder.file("broken.conf", "include users/nope.conf");
  const Result<Config> missing = load_config(broken);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::invalid_config);
  CHECK(missing.error().context == broken + ":1:9: error parsing include file 'users/nope.conf', " +
                                       folder.path() +
                                       "/users/nope.conf: no such file or directory");
}

// A file that cannot be read is an io_error with its name.
TEST_CASE("config file: no such file", "[config]") {
  const Folder folder;
  const Result<Config> missing = load_config(folder.path() + "/nope.conf");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::io_error);
  CHECK(missing.error().context == folder.path() + "/nope.conf: no such file or directory");
  const Result<Config> directory = load_config(folder.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().code == Errc::io_error);
}

// Nothing is read endlessly: a file may be a device.
TEST_CASE("config file: endless file", "[config]") {
  const Result<Config> config = load_config("/dev/zero");
  REQUIRE_FALSE(config);
  CHECK(config.error().code == Errc::invalid_config);
}

// The environment is the one that is handed in, never the process's own.
TEST_CASE("config file: environment", "[config]") {
  const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    return name == "NAME" ? std::optional<std::string>("leaf-7") : std::nullopt;
  };
  const Result<Config> config = parse_config("server_name: $NAME", "-", environment);
  REQUIRE(config);
  CHECK(config->options.server_name == "leaf-7");
  const Result<Config> without = parse_config("server_name: $PATH", "text");
  REQUIRE_FALSE(without);
  CHECK(without.error().context ==
        "text:1:14: variable reference for 'PATH' on line 1 can not be found");
}
