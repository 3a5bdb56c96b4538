// SPDX-License-Identifier: Apache-2.0
//
// Where account tokens are kept: a configuration, a web server, a directory. A resolver keeps
// texts by public account key; whether one is to be trusted is for OperatorMode to say, before it
// is stored and after it was fetched.
#pragma once

#include <leafnats/result.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace leafnats::auth {

/// Thread: any, several at once.
class AccountResolver {
 public:
  using Found = std::function<void(Result<std::string> token)>;

  virtual ~AccountResolver() = default;

  /// Calls `found` once: before it returns, or later from any thread. May wait for a disk or a
  /// network, so it is called on a worker.
  virtual void fetch(const std::string& account, Found found) = 0;

  /// Keeps a token, in the place of an older one. Error: not_supported by this resolver,
  /// limit_exceeded, io_error.
  virtual Result<void> store(const std::string& account, const std::string& token) = 0;
  /// Error: not_supported, or invalid_argument if there is none.
  virtual Result<void> remove(const std::string& account) = 0;
  /// The accounts that are kept; empty if this resolver cannot tell.
  [[nodiscard]] virtual std::vector<std::string> list() const = 0;
};

/// Tokens in memory.
class MemoryResolver final : public AccountResolver {
 public:
  void fetch(const std::string& account, Found found) override;
  Result<void> store(const std::string& account, const std::string& token) override;
  Result<void> remove(const std::string& account) override;
  [[nodiscard]] std::vector<std::string> list() const override;

 private:
  mutable std::mutex mutex_;  // asked on workers, changed from the system account
  std::map<std::string, std::string> tokens_;
};

}  // namespace leafnats::auth
