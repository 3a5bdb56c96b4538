// SPDX-License-Identifier: Apache-2.0
//
// bcrypt by way of the C library's crypt_r().

#include "auth/bcrypt.hpp"

#include "auth/crypto.hpp"

#include <crypt.h>

#include <memory>

namespace leafnats::auth {
namespace {

// bcrypt looks at no more; refusing longer ones keeps a shared prefix from being enough.
constexpr std::size_t password_bytes_max = 72;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

bool is_bcrypt(std::string_view configured) noexcept {
  return configured.size() > 7 && configured.substr(0, 2) == "$2" &&
         std::string_view("abxy").find(configured[2]) != std::string_view::npos &&
         configured[3] == '$' && is_digit(configured[4]) && is_digit(configured[5]) &&
         configured[6] == '$';
}

bool bcrypt_matches(const std::string& offered, const std::string& hash) {
  if (offered.size() > password_bytes_max || offered.find('\0') != std::string::npos) return false;
  const auto scratch = std::make_unique<crypt_data>();  // 32 KiB: not for the stack
  const char* computed = crypt_r(offered.c_str(), hash.c_str(), scratch.get());
  return computed != nullptr && computed[0] != '*' && secret_equal(computed, hash);
}

}  // namespace leafnats::auth
