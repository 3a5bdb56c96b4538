// SPDX-License-Identifier: Apache-2.0
//
// Marks in the alphabet of NUIDs.

#include "broker/loop_mark.hpp"

namespace leafnats::broker {

std::string loop_mark_code(std::uint64_t connection) {
  constexpr std::string_view digits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string code(loop_mark_code_size, '0');
  for (std::size_t i = code.size(); i > 0; --i) {
    code[i - 1] = digits[connection % digits.size()];
    connection /= digits.size();
  }
  return code;
}

std::string loop_mark(std::string_view server_mark, base::ConnectionId link) {
  std::string mark(server_mark.substr(0, server_mark.size() - loop_mark_code_size));
  return mark + loop_mark_code(link.number);
}

bool is_loop_mark_of(std::string_view server_mark, std::string_view subject) noexcept {
  return subject.size() == server_mark.size() &&
         subject.starts_with(
             server_mark.substr(0, server_mark.size() - loop_mark_code_size));
}

}  // namespace leafnats::broker
