// SPDX-License-Identifier: Apache-2.0
//
// What a subject is, and how two of them relate. A subject is tokens joined by dots; in a pattern
// the token `*` stands for exactly one token and `>`, as the last one, for one or more. These
// functions look at the text alone: they are right for rare questions, and they are the oracle
// against which the index is tested. The rules are those of nats-server 2.15, but for one point:
// NUL is refused as well as white space, because it would end the subject in a C program.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

namespace leafnats::subject {

/// The tokens of a subject in order, as a range of views into it. "a..b" has an empty token in
/// the middle, and the empty subject is one empty token.
class Tokens {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;

    constexpr explicit Iterator(std::string_view rest) noexcept : rest_(rest) { cut(); }
    constexpr std::string_view operator*() const noexcept { return rest_.substr(0, length_); }
    constexpr Iterator& operator++() noexcept {
      if (length_ == rest_.size()) {
        done_ = true;
      } else {
        rest_.remove_prefix(length_ + 1);
        cut();
      }
      return *this;
    }
    constexpr bool operator==(std::default_sentinel_t) const noexcept { return done_; }

    /// True at the last token.
    [[nodiscard]] constexpr bool last() const noexcept { return length_ == rest_.size(); }

   private:
    constexpr void cut() noexcept {
      const std::size_t dot = rest_.find('.');
      length_ = dot == std::string_view::npos ? rest_.size() : dot;
    }

    std::string_view rest_;
    std::size_t length_ = 0;
    bool done_ = false;
  };

  constexpr explicit Tokens(std::string_view subject) noexcept : subject_(subject) {}
  [[nodiscard]] constexpr Iterator begin() const noexcept { return Iterator(subject_); }
  [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::string_view subject_;
};

/// True if a client may subscribe to it: no empty token, nothing after `>`, no white space, and
/// no more tokens than limits::subject_tokens_max.
[[nodiscard]] bool is_valid_subject(std::string_view subject) noexcept;

/// True if a message may carry it: valid, and without wildcard tokens.
[[nodiscard]] bool is_valid_literal_subject(std::string_view subject) noexcept;

/// True if no token is a wildcard. A `*` or `>` inside a longer token is an ordinary character.
[[nodiscard]] bool is_literal(std::string_view subject) noexcept;

/// True if the pattern covers the literal subject, whose tokens are taken as they are: a `*` or
/// `>` in it is an ordinary token, as in a message that a client published to such a subject.
[[nodiscard]] bool matches(std::string_view literal, std::string_view pattern) noexcept;

/// True if every literal that `subject` covers is covered by `of` too. Both may have wildcards.
[[nodiscard]] bool is_subset(std::string_view subject, std::string_view of) noexcept;

/// True if some literal is covered by both. Exact for patterns that merely cross, such as `a.*`
/// and `*.b`.
[[nodiscard]] bool overlaps(std::string_view a, std::string_view b) noexcept;

}  // namespace leafnats::subject
