// SPDX-License-Identifier: Apache-2.0
//
// The parts of the encoder that are not written once a delivery.
#include "wire/encoder.hpp"

#include <array>

namespace leafnats::wire {

namespace {

/// "00" to "99", so that a division yields two digits.
constexpr auto digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

}  // namespace

char* write_decimal(char* out, std::uint64_t number) noexcept {
  char digits[decimal_digits_max];
  char* const end = digits + decimal_digits_max;
  char* at = end;
  while (number >= 100) {
    at -= 2;
    std::memcpy(at, &digit_pairs[2 * (number % 100)], 2);
    number /= 100;
  }
  if (number >= 10) {
    at -= 2;
    std::memcpy(at, &digit_pairs[2 * number], 2);
  } else {
    *--at = static_cast<char>('0' + number);
  }
  return write_piece(out, {at, static_cast<std::size_t>(end - at)});
}

char* write_leaf_sub(char* out, std::string_view subject, std::string_view queue,
                     std::uint32_t weight) noexcept {
  out = write_piece(write_piece(out, "LS+ "), subject);
  if (!queue.empty()) {
    *out++ = ' ';
    out = write_decimal(detail::write_word(out, queue), weight);
  }
  return detail::write_line_end(out);
}

char* write_leaf_unsub(char* out, std::string_view subject, std::string_view queue) noexcept {
  out = write_piece(write_piece(out, "LS- "), subject);
  if (!queue.empty()) {
    *out++ = ' ';
    out = write_piece(out, queue);
  }
  return detail::write_line_end(out);
}

char* write_error(char* out, std::string_view text) noexcept {
  out = write_piece(write_piece(out, "-ERR '"), text);
  return write_piece(out, "'\r\n");
}

char* write_no_responders(char* out, std::string_view reply, std::string_view sid,
                          std::string_view subject) noexcept {
  constexpr std::string_view before = "NATS/1.0 503\r\nNats-Subject: ";
  constexpr std::string_view behind = "\r\n\r\n";
  const Decimal size(before.size() + subject.size() + behind.size());
  out = write_hmsg(out, reply, sid, {}, size.view(), size.view());
  out = write_piece(write_piece(write_piece(out, before), subject), behind);
  return detail::write_line_end(out);
}

char* write_info(char* out, std::string_view json) noexcept {
  return write_piece(write_piece(write_piece(out, "INFO "), json), " \r\n");
}

char* write_connect(char* out, std::string_view json) noexcept {
  return write_piece(write_piece(write_piece(out, "CONNECT "), json), crlf);
}

}  // namespace leafnats::wire
