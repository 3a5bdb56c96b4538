// SPDX-License-Identifier: Apache-2.0
//
// What the system account's services of account tokens do in operator mode: the operators' rules
// say what a token is worth, the resolver keeps it.
//
// Thread: any.
#pragma once

#include "auth/operator_mode.hpp"
#include "monitor/claims_services.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::server {

class OperatorClaims final : public monitor::ClaimsKeeper {
 public:
  /// `mode` must outlive it.
  OperatorClaims(auth::OperatorMode& mode, bool may_delete)
      : mode_(mode), may_delete_(may_delete) {}

  Result<void> update(std::string_view token) override { return mode_.update(token); }
  Result<void> remove(const std::string& account) override { return mode_.remove(account); }
  void fetch(const std::string& account, Found found) override {
    mode_.resolver().fetch(account, std::move(found));
  }
  [[nodiscard]] std::vector<std::string> list() const override { return mode_.resolver().list(); }
  [[nodiscard]] bool may_delete() const override { return may_delete_; }
  [[nodiscard]] bool is_operator_key(std::string_view public_key) const override {
    return mode_.trusts(public_key);
  }

 private:
  auth::OperatorMode& mode_;
  const bool may_delete_;
};

}  // namespace leafnats::server
