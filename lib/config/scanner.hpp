// SPDX-License-Identifier: Apache-2.0
//
// A text under a cursor that knows its line and column, and the first problem met on the way. The
// functions that read with it return false once there is a problem, so that callers just pass it
// on.
#pragma once

#include "config/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::config {

/// Why a text cannot be read, and where.
struct Problem {
  Position position;
  std::string text;
};

/// Lifetime: the text must outlive the scanner.
class Scanner {
 public:
  Scanner(std::string_view text, std::uint32_t file) : text_(text) { position_.file = file; }

  [[nodiscard]] bool at_end() const { return offset_ == text_.size(); }

  /// The byte at the cursor, or `ahead` bytes further; 0 behind the end.
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
  }

  void advance(std::size_t bytes = 1);

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] Position position() const { return position_; }

  /// What lies between an earlier offset() and the cursor.
  [[nodiscard]] std::string_view since(std::size_t offset) const {
    return text_.substr(offset, offset_ - offset);
  }
  [[nodiscard]] std::string_view rest() const { return text_.substr(offset_); }

  /// Bytes of the white space character at the cursor, in Unicode's sense; 0 if there is none.
  [[nodiscard]] std::size_t space_bytes() const;

  /// The comment at the cursor, up to its line end; false if there is none.
  bool skip_comment();

  void skip_blanks();  ///< tabs and spaces
  void skip_spaces();  ///< all white space, line ends too

  /// Record the first problem; always false. fail() is for texts that break the grammar and words
  /// them as nats-server does, with an explanation of our own behind; reject() is for the rest.
  bool fail(Position position, std::string_view text, std::string_view explanation = {});
  bool fail(std::string_view text) { return fail(position_, text); }
  bool reject(Position position, std::string text);

  [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  Position position_;
  std::optional<Problem> problem_;
};

[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr bool is_line_end(char c) { return c == '\n' || c == '\r'; }
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] std::string lower(std::string_view text);

/// The byte for a message: itself, or "the end of the line", "the end of the file".
[[nodiscard]] std::string describe(const Scanner& scanner);

}  // namespace leafnats::config
