// SPDX-License-Identifier: Apache-2.0
//
// The directory of account tokens. CVE-2022-28357: nothing but a public account key becomes a name.

#include "net/jwt_directory.hpp"

#include "auth/nkey.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace leafnats;

namespace fs = std::filesystem;

namespace {

std::string key(unsigned char number, auth::NkeyKind kind = auth::NkeyKind::account_key) {
  return auth::PublicKey(kind, auth::KeyBytes{number}).text();
}

/// A folder with the directory in it, so that what leaves the directory shows.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "leafnats-jwt-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }

  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) found.insert(fs::relative(entry.path(), path).string());
    }
    return found;
  }

  std::unique_ptr<auth::AccountResolver> open(bool may_delete = false, std::int64_t limit = 0) {
    ResolverOptions options;
    options.directory = (path / "store").string();
    options.allow_delete = may_delete;
    options.limit = limit;
    auto made = net::make_jwt_directory(options);
    REQUIRE(made);
    return std::move(*made);
  }

  fs::path path;
};

std::string fetched(auth::AccountResolver& resolver, const std::string& account) {
  std::string text = "refused";
  resolver.fetch(account, [&](const Result<std::string>& token) {
    if (token) text = *token;
  });
  return text;
}

}  // namespace

TEST_CASE("JWT directory: what is stored is found again, by the next server too", "[net]") {
  Folder folder;
  const auto store = folder.open();
  REQUIRE(store->store(key(1), "one"));
  REQUIRE(store->store(key(1), "two"));
  CHECK(fetched(*store, key(1)) == "two");
  CHECK(fetched(*store, key(2)) == "refused");
  CHECK(folder.files() == std::set<std::string>{"store/" + key(1) + ".jwt"});
  CHECK(fetched(*folder.open(), key(1)) == "two");
  CHECK(store->list() == std::vector<std::string>{key(1)});
  CHECK_FALSE(store->remove(key(1)));  // not allowed
}

TEST_CASE("JWT directory: deleting and limits", "[net]") {
  Folder folder;
  const auto store = folder.open(true, 1);
  REQUIRE(store->store(key(1), "one"));
  CHECK_FALSE(store->store(key(2), "two"));
  CHECK(store->store(key(1), "again"));
  CHECK(store->remove(key(1)));
  CHECK(fetched(*store, key(1)) == "refused");
  CHECK(store->list().empty());
  CHECK_FALSE(store->remove(key(1)));
  CHECK(store->store(key(2), "two"));
}

TEST_CASE("CVE-2022-28357: names that are no account keys touch nothing", "[net][advisory]") {
  Folder folder;
  const auto store = folder.open(true);
  std::ofstream(folder.path / "x.jwt") << "outside";
  const auto before = folder.files();
  const std::string zero("../x\0", 5);
  for (const std::string& name :
       {std::string("../x"), std::string("/tmp/x"), std::string("a/b"), std::string("..\\x"), zero,
        std::string(300, 'A'), key(1, auth::NkeyKind::user_key), std::string(),
        key(1) + "/../../x", "../store/" + key(1), key(1) + ".jwt"}) {
    CAPTURE(name);
    CHECK_FALSE(store->store(name, "inside"));
    CHECK_FALSE(store->remove(name));
    CHECK(fetched(*store, name) == "refused");
  }
  CHECK(folder.files() == before);
}
