// SPDX-License-Identifier: Apache-2.0
//
// One pass over the text for validity, token by token for relations.

#include "subject/grammar.hpp"

#include "base/limits.hpp"

#include <array>
#include <cstdint>

namespace leafnats::subject {
namespace {

bool is_star(std::string_view token) noexcept { return token.size() == 1 && token[0] == '*'; }
bool is_full(std::string_view token) noexcept { return token.size() == 1 && token[0] == '>'; }

/// Bytes that may not be part of a token at all.
constexpr bool is_forbidden(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}

enum class Form { invalid, literal, pattern };

Form form_of(std::string_view subject) noexcept {
  std::size_t tokens = 0;
  std::size_t begin = 0;
  bool wildcard = false;
  for (std::size_t i = 0; i <= subject.size(); ++i) {
    if (i < subject.size() && subject[i] != '.') {
      if (is_forbidden(subject[i])) return Form::invalid;
      continue;
    }
    if (i == begin || ++tokens > limits::subject_tokens_max) return Form::invalid;
    if (i == begin + 1) {
      const bool full = subject[begin] == '>';
      if (full && i < subject.size()) return Form::invalid;
      wildcard = wildcard || full || subject[begin] == '*';
    }
    begin = i + 1;
  }
  return wildcard ? Form::pattern : Form::literal;
}

}  // namespace

bool is_valid_subject(std::string_view subject) noexcept {
  return form_of(subject) != Form::invalid;
}

bool is_valid_literal_subject(std::string_view subject) noexcept {
  return form_of(subject) == Form::literal;
}

bool is_literal(std::string_view subject) noexcept {
  const auto dot_or_end = [subject](std::size_t i) {
    return i >= subject.size() || subject[i] == '.';
  };
  for (std::size_t i = 0; i < subject.size(); ++i) {
    const bool wild = subject[i] == '*' || subject[i] == '>';
    if (wild && dot_or_end(i + 1) && (i == 0 || subject[i - 1] == '.')) return false;
  }
  return true;
}

bool matches(std::string_view literal, std::string_view pattern) noexcept {
  auto token = Tokens(literal).begin();
  for (const std::string_view wanted : Tokens(pattern)) {
    if (token == std::default_sentinel || (*token).empty()) return false;
    if (is_full(wanted)) {
      for (; token != std::default_sentinel; ++token) {
        if ((*token).empty()) return false;
      }
      return true;
    }
    if (!is_star(wanted) && *token != wanted) return false;
    ++token;
  }
  return token == std::default_sentinel;
}

bool is_subset(std::string_view subject, std::string_view of) noexcept {
  auto token = Tokens(subject).begin();
  for (const std::string_view wanted : Tokens(of)) {
    if (token == std::default_sentinel || (*token).empty()) return false;
    if (is_full(wanted)) return true;
    // Here `of` fixes the number of tokens at this place to one, which `>` does not.
    if (is_full(*token)) return false;
    if (!is_star(wanted) && *token != wanted) return false;
    ++token;
  }
  return token == std::default_sentinel;
}

bool overlaps(std::string_view a, std::string_view b) noexcept {
  auto left = Tokens(a).begin();
  auto right = Tokens(b).begin();
  while (left != std::default_sentinel && right != std::default_sentinel) {
    if (is_full(*left) || is_full(*right)) return true;
    if (!is_star(*left) && !is_star(*right) && *left != *right) return false;
    ++left;
    ++right;
  }
  return left == std::default_sentinel && right == std::default_sentinel;
}

}  // namespace leafnats::subject
