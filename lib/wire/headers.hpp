// SPDX-License-Identifier: Apache-2.0
//
// The header block of a message:
//
//   block  = "NATS/1.0" [ SP status [ SP description ] ] CRLF *( name ":" value CRLF ) CRLF
//
// A broker passes blocks on unread, malformed ones included, as nats-server does. Reading one is
// for who handles a message itself: the in-process client, services, the leaf link that has to
// change one header. Names are case-sensitive; blanks around a value do not belong to it.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::wire {

inline constexpr std::string_view header_version = "NATS/1.0";

struct Header {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Header&, const Header&) = default;
};

/// A well-formed header block, to be used in a range-based for.
/// Lifetime: a view of the bytes given to parse().
class HeaderBlock {
 public:
  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Header;
    using difference_type = std::ptrdiff_t;
    using pointer = const Header*;
    using reference = const Header&;

    iterator() noexcept = default;
    reference operator*() const noexcept { return header_; }
    pointer operator->() const noexcept { return &header_; }
    iterator& operator++() noexcept {
      advance();
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      advance();
      return before;
    }
    bool operator==(const iterator& other) const noexcept {
      return header_.name.data() == other.header_.name.data();
    }

   private:
    friend class HeaderBlock;
    explicit iterator(std::string_view lines) noexcept : lines_(lines) { advance(); }
    void advance() noexcept;

    std::string_view lines_;  // what is left, the empty line included
    Header header_;
  };

  /// The block, or nothing if the bytes are not exactly one header block of that grammar.
  [[nodiscard]] static std::optional<HeaderBlock> parse(std::string_view bytes) noexcept;

  [[nodiscard]] iterator begin() const noexcept { return iterator(lines_); }
  [[nodiscard]] iterator end() const noexcept { return {}; }

  /// The value of the first header of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

  /// "503" of "NATS/1.0 503 No Responders", and the text behind it. Empty: none.
  [[nodiscard]] std::string_view status() const noexcept { return status_; }
  [[nodiscard]] std::string_view description() const noexcept { return description_; }

 private:
  HeaderBlock() noexcept = default;

  std::string_view lines_;
  std::string_view status_;
  std::string_view description_;
};

/// Makes a header block.
class HeaderBuilder {
 public:
  /// A block with a status line, as servers and services answer. No line ends in either.
  explicit HeaderBuilder(std::string_view status = {}, std::string_view description = {});

  /// Appends a header. False, and nothing appended, if the name is empty or holds a blank, a
  /// colon or a control character, or if the value holds a line end.
  [[nodiscard]] bool add(std::string_view name, std::string_view value);

  /// The block, complete with its empty line.
  [[nodiscard]] std::string finish() &&;

 private:
  std::string lines_;
};

/// `block` with exactly one header `name`, the last one, of this value; every other line stays as
/// it is, malformed ones included. An empty block becomes one of that header alone. Names that
/// differ in case alone go as well: some readers take them for the same. Neither holds a line end.
[[nodiscard]] std::string replace_header(std::string_view block, std::string_view name,
                                         std::string_view value);

/// What 2.9 and 2.10 answer to a request that nobody is subscribed to; write_no_responders() in
/// encoder.hpp makes the newer answer.
inline constexpr std::string_view no_responders_block = "NATS/1.0 503\r\n\r\n";

}  // namespace leafnats::wire
