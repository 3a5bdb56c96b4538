// SPDX-License-Identifier: Apache-2.0
//
// Tokens in memory.

#include "auth/account_resolver.hpp"

#include <utility>

namespace leafnats::auth {
namespace {

Error unknown() { return {Errc::invalid_argument, "the resolver knows no such account"}; }

}  // namespace

void MemoryResolver::fetch(const std::string& account, Found found) {
  Result<std::string> token = unknown();
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = tokens_.find(account); known != tokens_.end()) token = known->second;
  }
  found(std::move(token));
}

Result<void> MemoryResolver::store(const std::string& account, const std::string& token) {
  const std::lock_guard lock(mutex_);
  tokens_.insert_or_assign(account, token);
  return {};
}

Result<void> MemoryResolver::remove(const std::string& account) {
  const std::lock_guard lock(mutex_);
  return tokens_.erase(account) != 0 ? Result<void>() : unknown();
}

std::vector<std::string> MemoryResolver::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> accounts;
  for (const auto& [account, token] : tokens_) accounts.push_back(account);
  return accounts;
}

}  // namespace leafnats::auth
