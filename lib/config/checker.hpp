// SPDX-License-Identifier: Apache-2.0
//
// Collects the findings of the validation, whose parts are spread over several files.
#pragma once

#include "config/validation.hpp"

#include <string>
#include <utility>
#include <vector>

namespace leafnats::config {

/// Lifetime: refers to the findings.
class Checker {
 public:
  explicit Checker(std::vector<Finding>& findings) : findings_(findings) {}

  void report(std::string field, std::string text) {
    findings_.push_back({std::move(field), Errc::invalid_config, std::move(text)});
  }
  /// What this version has not.
  void refuse(std::string field, std::string text) {
    findings_.push_back({std::move(field), Errc::not_supported, std::move(text)});
  }
  void require(bool holds, std::string field, std::string text) {
    if (!holds) {
      report(std::move(field), std::move(text));
    }
  }
  void add(Finding finding) { findings_.push_back(std::move(finding)); }

  [[nodiscard]] std::vector<Finding>& findings() { return findings_; }

 private:
  std::vector<Finding>& findings_;
};

/// "users" and 2 make "users[2]".
[[nodiscard]] inline std::string element(const std::string& field, std::size_t index) {
  return field + "[" + std::to_string(index) + "]";
}

}  // namespace leafnats::config
