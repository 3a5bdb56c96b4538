// SPDX-License-Identifier: Apache-2.0
//
// Moving through a text. Columns count bytes, as nats-server's do.
#include "config/scanner.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace leafnats::config {

namespace {

/// White space outside ASCII, as Unicode's White_Space property has it, in UTF-8. nats-server
/// takes it between a key and its value, where it arrives by copying from web pages.
constexpr std::string_view wide_spaces[] = {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2001",
                                            "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
                                            "\u2007", "\u2008", "\u2009", "\u200a", "\u2028",
                                            "\u2029", "\u202f", "\u205f", "\u3000"};

}  // namespace

void Scanner::advance(std::size_t bytes) {
  LEAFNATS_ASSERT(bytes <= text_.size() - offset_);
  for (; bytes > 0; --bytes, ++offset_) {
    if (text_[offset_] == '\n') {
      ++position_.line;
      position_.column = 1;
    } else {
      ++position_.column;
    }
  }
}

std::size_t Scanner::space_bytes() const {
  const char c = peek();
  if (is_blank(c) || is_line_end(c) || c == '\v' || c == '\f') {
    return 1;
  }
  if (static_cast<unsigned char>(c) < 0x80) {
    return 0;
  }
  for (const std::string_view space : wide_spaces) {
    if (rest().starts_with(space)) {
      return space.size();
    }
  }
  return 0;
}

bool Scanner::skip_comment() {
  if (peek() != '#' && !(peek() == '/' && peek(1) == '/')) {
    return false;
  }
  while (!at_end() && !is_line_end(peek())) {
    advance();
  }
  return true;
}

void Scanner::skip_blanks() {
  while (is_blank(peek())) {
    advance();
  }
}

void Scanner::skip_spaces() {
  while (const std::size_t bytes = space_bytes()) {
    advance(bytes);
  }
}

bool Scanner::fail(Position position, std::string_view text, std::string_view explanation) {
  std::string line = "Parse error on line " + std::to_string(position.line) + ": '";
  line += std::string(text) + "'";
  line += explanation.empty() ? "" : ": " + std::string(explanation);
  return reject(position, std::move(line));
}

bool Scanner::reject(Position position, std::string text) {
  if (!problem_) {
    problem_ = Problem{position, std::move(text)};
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

std::string describe(const Scanner& scanner) {
  if (scanner.at_end()) {
    return "the end of the file";
  }
  if (is_line_end(scanner.peek())) {
    return "the end of the line";
  }
  return std::string("'") + scanner.peek() + "'";
}

}  // namespace leafnats::config
