// SPDX-License-Identifier: Apache-2.0
//
// A text that must not be seen: it cannot be printed, formatted, compared or copied by accident,
// and its memory is wiped. Whoever needs the text says so with reveal().
#pragma once

#include "auth/crypto.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::auth {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text.begin(), text.end()) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  // A vector, unlike a string, moves without leaving its content behind.
  Secret(Secret&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  ~Secret() { wipe(text_); }

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  /// Lifetime: the secret's.
  [[nodiscard]] std::string_view reveal() const noexcept { return {text_.data(), text_.size()}; }

 private:
  std::vector<char> text_;
};

}  // namespace leafnats::auth
