// SPDX-License-Identifier: Apache-2.0
//
// How nats-server tells its scalars apart, which decides what needs quotes:
//   'text'  "text with \n escapes"  and a bracketed block that ends with ")" alone on a line
//   -12  64MB  1.5                      numbers; a unit is k m g t p e, powers of 1000, or
//                                       with b, i or ib behind it, powers of 1024
//   2016-05-04T18:53:41Z                four digits and '-' must become a date
//   127.0.0.1:4222  5nodes  2m3x        a string, although it begins like a number
//   on  $name  $2a$11$...  plain        bare: boolean, reference, bcrypt hash, string
// A bare string ends at white space, a line end or one of ; , ] }.
// Messages do not repeat what stands there: it may be a password that lacks its quotes.
#include "config/scalar.hpp"

#include <charconv>
#include <chrono>
#include <limits>

namespace leafnats::config {

namespace {

/// nats-server takes a bare string of this form as a bcrypt hash, not as the variable `2a$...`.
constexpr std::string_view bcrypt_prefix = "$2a$";

/// In the order of their powers of a thousand.
constexpr std::string_view unit_letters = "kmgtpe";

/// 0 is the end of the text, as the parser lets no text with such a byte through.
bool ends_bare_string(char c) {
  return c == '\0' || is_blank(c) || is_line_end(c) || c == ';' || c == ',' || c == ']' || c == '}';
}

/// from_chars would take more digits, and a sign.
bool hex_value(char c, unsigned& value) {
  const auto [end, error] = std::from_chars(&c, &c + 1, value, 16);
  return error == std::errc{} && end == &c + 1;
}

/// The cursor stands on the backslash.
bool scan_escape(Scanner& scanner, std::string& text) {
  static constexpr std::string_view letters = "tnr\"\\";
  static constexpr std::string_view meanings = "\t\n\r\"\\";
  const char letter = scanner.peek(1);
  if (letter == 'x') {
    unsigned high = 0;
    unsigned low = 0;
    if (!hex_value(scanner.peek(2), high) || !hex_value(scanner.peek(3), low)) {
      return scanner.fail("\\x must be followed by two hexadecimal digits");
    }
    text += static_cast<char>(high * 16 + low);
    scanner.advance(4);
    return true;
  }
  const std::size_t which = letter == '\0' ? letters.npos : letters.find(letter);
  if (which == letters.npos) {
    return scanner.fail("unknown escape: only \\xXX, \\t, \\n, \\r, \\\" and \\\\ are known");
  }
  text += meanings[which];
  scanner.advance(2);
  return true;
}

bool scan_single_quoted(Scanner& scanner, Scalar& result) {
  const Position start = scanner.position();
  scanner.advance();
  const std::size_t length = scanner.rest().find('\'');
  if (length == std::string_view::npos) {
    return scanner.fail(start, "Unexpected EOF.", "this quoted string has no end");
  }
  result.value.data = std::string(scanner.rest().substr(0, length));
  scanner.advance(length + 1);
  return true;
}

bool scan_double_quoted(Scanner& scanner, Scalar& result) {
  const Position start = scanner.position();
  scanner.advance();
  std::string text;
  while (scanner.peek() != '"') {
    if (scanner.at_end()) {
      return scanner.fail(start, "Unexpected EOF.", "this quoted string has no end");
    }
    if (scanner.peek() == '\\') {
      if (!scan_escape(scanner, text)) {
        return false;
      }
      continue;
    }
    text += scanner.peek();
    scanner.advance();
  }
  scanner.advance();
  result.value.data = std::move(text);
  return true;
}

/// The text keeps the line end before the closing bracket, as nats-server's does.
bool scan_block(Scanner& scanner, Scalar& result) {
  const Position start = scanner.position();
  scanner.advance();
  const std::string_view text = scanner.rest();
  for (std::size_t at = text.find("\n)"); at != text.npos; at = text.find("\n)", at + 1)) {
    const std::string_view after = text.substr(at + 2);
    if (after.empty() || after.starts_with("\n") || after.starts_with("\r\n")) {
      result.value.data = std::string(text.substr(0, at + 1));
      scanner.advance(at + 2);
      return true;
    }
  }
  return scanner.fail(start, "Unexpected EOF processing block.", "there is no ')' alone on a line");
}

/// A word with an escape in it is always a string: that is how to write one that reads "true".
void settle_bare_string(std::string text, bool has_escapes, Scalar& result) {
  const std::string word = has_escapes ? std::string() : lower(text);
  if (word == "true" || word == "on" || word == "yes") {
    result.value.data = true;
  } else if (word == "false" || word == "off" || word == "no") {
    result.value.data = false;
  } else if (word.starts_with('$') && !text.starts_with(bcrypt_prefix)) {
    result.value.data = text.substr(1);
    result.is_reference = true;
  } else {
    result.value.data = std::move(text);
  }
}

/// `begun` has been read already. A single quote ends the string too and is swallowed.
bool scan_bare(Scanner& scanner, std::string begun, Scalar& result) {
  std::string text = std::move(begun);
  bool has_escapes = false;
  while (!ends_bare_string(scanner.peek())) {
    if (scanner.peek() == '\\') {
      has_escapes = true;
      if (!scan_escape(scanner, text)) {
        return false;
      }
      continue;
    }
    const char c = scanner.peek();
    scanner.advance();
    if (c == '\'') {
      result.value.data = std::move(text);
      return true;
    }
    text += c;
  }
  settle_bare_string(std::move(text), has_escapes, result);
  return true;
}

/// The factor of a unit in lower case; 0 if there is no such unit.
std::int64_t unit_factor(std::string_view unit) {
  if (unit.empty()) {
    return 1;
  }
  const std::size_t power = unit_letters.find(unit.front());
  if (power == unit_letters.npos) {
    return 0;
  }
  const std::string_view rest = unit.substr(1);
  if (!rest.empty() && rest != "b" && rest != "i" && rest != "ib") {
    return 0;
  }
  std::int64_t factor = 1;
  for (std::size_t i = 0; i <= power; ++i) {
    factor *= rest.empty() ? 1000 : 1024;
  }
  return factor;
}

/// nats-server lets the product overflow and uses what comes out; we do not.
bool settle_integer(Scanner& scanner, Position start, std::string_view text, Scalar& result) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::int64_t factor =
      unit_factor(lower(text.substr(static_cast<std::size_t>(end - text.data()))));
  if (factor == 0) {
    return scanner.reject(start, "this number has an unknown unit; quote it if it is a text");
  }
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  if (error != std::errc{} || number > max / factor || number < -(max / factor)) {
    return scanner.reject(start, "this integer is out of range");
  }
  result.value.data = number * factor;
  return true;
}

/// The cursor stands behind "YYYY", on a '-'.
bool scan_date(Scanner& scanner, Position start, Scalar& result) {
  static constexpr std::string_view shape = "-00-00T00:00:00Z";
  const std::string_view text = scanner.rest().substr(0, shape.size());
  bool fits = text.size() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    fits = shape[i] == '0' ? is_digit(text[i]) : text[i] == shape[i];
  }
  if (!fits) {
    return scanner.fail(start, "a date must look like 2006-01-02T15:04:05Z; quote other texts");
  }
  scanner.advance(shape.size());
  const std::string_view whole = scanner.since(scanner.offset() - shape.size() - 4);
  const auto number = [whole](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    std::from_chars(whole.data() + at, whole.data() + at + digits, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(5, 2)),
                                        std::chrono::day(number(8, 2))};
  if (!day.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) {
    return scanner.reject(start, "there is no such date");
  }
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  const std::int64_t hours = days * 24 + number(11, 2);
  result.value.data = DateTime{(hours * 60 + number(14, 2)) * 60 + number(17, 2)};
  return true;
}

void skip_digits(Scanner& scanner) {
  while (is_digit(scanner.peek())) {
    scanner.advance();
  }
}

/// The cursor stands on the '.' behind the first digits: a fraction, or the first part of an
/// address such as 127.0.0.1:4222, which is a string.
bool scan_fraction(Scanner& scanner, std::size_t begin, Scalar& result) {
  if (!is_digit(scanner.peek(1))) {
    return scanner.fail("a digit must follow the '.' of a number; quote other texts");
  }
  scanner.advance();
  skip_digits(scanner);
  if (scanner.peek() == '.') {
    while (is_digit(scanner.peek()) || scanner.peek() == '.' || scanner.peek() == ':' ||
           scanner.peek() == '-') {
      scanner.advance();
    }
    result.value.data = std::string(scanner.since(begin));
    return true;
  }
  const std::string_view text = scanner.since(begin);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return scanner.reject(scanner.position(), "this number is out of range");
  }
  result.value.data = number;
  return true;
}

bool is_at_unit(const Scanner& scanner) {
  return !scanner.at_end() && unit_letters.find(lower(scanner.peek())) != unit_letters.npos;
}

/// The cursor stands behind the first digits. True if a unit was taken and the value ends there;
/// "2m3x" is a string (in nats-server since 2.15; before it was refused).
bool skip_unit(Scanner& scanner) {
  if (!is_at_unit(scanner)) {
    return false;
  }
  std::size_t length = 1;
  while (lower(scanner.peek(length)) == 'b' || lower(scanner.peek(length)) == 'i') {
    ++length;
  }
  if (!ends_bare_string(scanner.peek(length))) {
    return false;
  }
  scanner.advance(length);
  return true;
}

/// A '-' begins a number, or a string that goes on like a number with a unit.
bool scan_negative_number(Scanner& scanner, Scalar& result) {
  const Position start = scanner.position();
  const std::size_t begin = scanner.offset();
  if (!is_digit(scanner.peek(1))) {
    return scanner.fail("a digit must follow the '-' of a number; quote other texts");
  }
  scanner.advance();
  skip_digits(scanner);
  if (scanner.peek() == '.') {
    return scan_fraction(scanner, begin, result);
  }
  if (is_at_unit(scanner) && !skip_unit(scanner)) {
    return scan_bare(scanner, std::string(scanner.since(begin)), result);
  }
  return settle_integer(scanner, start, scanner.since(begin), result);
}

/// Where a string begins with digits, the first other byte belongs to it whatever it is, so that
/// "5'6" has its quote. nats-server swallows even a ']' that way and refuses `[1]`; here that ends
/// the number.
bool scan_from_digit(Scanner& scanner, Scalar& result) {
  const Position start = scanner.position();
  const std::size_t begin = scanner.offset();
  skip_digits(scanner);
  if (scanner.peek() == '-') {
    return scanner.offset() - begin == 4
               ? scan_date(scanner, start, result)
               : scanner.fail(start, "a text that begins with digits and '-' needs quotes");
  }
  if (scanner.peek() == '.') {
    return scan_fraction(scanner, begin, result);
  }
  if (ends_bare_string(scanner.peek()) || skip_unit(scanner)) {
    return settle_integer(scanner, start, scanner.since(begin), result);
  }
  if (!is_at_unit(scanner)) {
    scanner.advance();
  }
  return scan_bare(scanner, std::string(scanner.since(begin)), result);
}

}  // namespace

bool scan_scalar(Scanner& scanner, Scalar& result) {
  result.value.position = scanner.position();
  switch (scanner.peek()) {
    case '\'':
      return scan_single_quoted(scanner, result);
    case '"':
      return scan_double_quoted(scanner, result);
    case '(':
      return scan_block(scanner, result);
    case '-':
      return scan_negative_number(scanner, result);
    case '.':
      return scanner.fail("a number must begin with a digit; quote other texts");
    default:
      return is_digit(scanner.peek()) ? scan_from_digit(scanner, result)
                                      : scan_bare(scanner, {}, result);
  }
}

}  // namespace leafnats::config
