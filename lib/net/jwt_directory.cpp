// SPDX-License-Identifier: Apache-2.0
//
// Written beside, then renamed. What is deleted keeps its content under another name, as in
// nats-server without hard_delete.

#include "net/jwt_directory.hpp"

#include "auth/nkey.hpp"
#include "base/limits.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <system_error>
#include <utility>

namespace leafnats::net {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view extension = ".jwt";

Error failed(std::string_view what, const std::error_code& error) {
  return {Errc::io_error, "JWT directory: " + std::string(what) + ": " + error.message()};
}

Error no_key() { return {Errc::invalid_argument, "JWT directory: no account key"}; }

bool is_account(const std::string& name) {
  return auth::is_public_key(name, auth::NkeyKind::account_key);
}

class JwtDirectory final : public auth::AccountResolver {
 public:
  JwtDirectory(fs::path directory, std::int64_t limit, bool may_delete)
      : directory_(std::move(directory)), limit_(limit), may_delete_(may_delete) {}

  void fetch(const std::string& account, Found found) override { found(read(account)); }

  Result<void> store(const std::string& account, const std::string& token) override {
    if (!is_account(account)) return no_key();
    if (token.size() > limits::jwt_bytes_max) {
      return Error{Errc::limit_exceeded, "JWT directory: the token is too long"};
    }
    const std::lock_guard lock(mutex_);
    std::error_code error;
    const fs::path path = path_of(account);
    const bool is_new = !fs::exists(path, error);
    if (is_new && limit_ > 0 && static_cast<std::int64_t>(list().size()) >= limit_) {
      return Error{Errc::limit_exceeded, "JWT directory: it holds as many as it may"};
    }
    fs::path draft = path;
    draft += ".new";
    {
      std::ofstream file(draft, std::ios::binary | std::ios::trunc);
      file << token;
      if (!file.flush()) return failed("write", std::make_error_code(std::errc::io_error));
    }
    fs::rename(draft, path, error);
    return error ? Result<void>(failed("rename", error)) : Result<void>();
  }

  Result<void> remove(const std::string& account) override {
    if (!is_account(account)) return no_key();
    if (!may_delete_) {
      return Error{Errc::not_supported, "JWT directory: delete is not enabled"};
    }
    const std::lock_guard lock(mutex_);
    fs::path deleted = path_of(account);
    deleted += ".deleted";
    std::error_code error;
    fs::rename(path_of(account), deleted, error);
    return error ? Result<void>(failed("delete", error)) : Result<void>();
  }

  [[nodiscard]] std::vector<std::string> list() const override {
    std::vector<std::string> accounts;
    std::error_code error;
    for (fs::directory_iterator at(directory_, error), end; !error && at != end;
         at.increment(error)) {
      std::string name = at->path().filename().string();
      if (!name.ends_with(extension)) continue;
      name.resize(name.size() - extension.size());
      if (is_account(name)) accounts.push_back(std::move(name));
    }
    return accounts;
  }

 private:
  [[nodiscard]] fs::path path_of(const std::string& account) const {
    return directory_ / (account + std::string(extension));
  }

  [[nodiscard]] Result<std::string> read(const std::string& account) const {
    if (!is_account(account)) return no_key();
    std::error_code error;
    const auto size = fs::file_size(path_of(account), error);
    if (error) return failed("no such account", error);
    if (size > limits::jwt_bytes_max) {
      return Error{Errc::limit_exceeded, "JWT directory: the file is too long"};
    }
    std::ifstream file(path_of(account), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  const fs::path directory_;
  const std::int64_t limit_;
  const bool may_delete_;
  std::mutex mutex_;  // of writers; readers see whole files
};

}  // namespace

Result<std::unique_ptr<auth::AccountResolver>> make_jwt_directory(const ResolverOptions& options) {
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (!fs::is_directory(options.directory, error)) return failed(options.directory, error);
  return std::unique_ptr<auth::AccountResolver>(std::make_unique<JwtDirectory>(
      options.directory, options.limit, options.allow_delete));
}

}  // namespace leafnats::net
