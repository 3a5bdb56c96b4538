// SPDX-License-Identifier: Apache-2.0
//
// Escaping of untrusted bytes.

#include "base/printable.hpp"

#include <fmt/format.h>

namespace leafnats::base {

std::string printable(std::string_view bytes, std::size_t size_max) {
  std::string text;
  for (const char c : bytes.substr(0, size_max)) {
    if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  if (bytes.size() > size_max) text += "...";
  return text;
}

}  // namespace leafnats::base
