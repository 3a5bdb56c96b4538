// SPDX-License-Identifier: Apache-2.0
//
// The incremental parser of both protocols that a peer can speak to us: clients and leaf links.
// It works on one contiguous view and keeps no bytes: whatever is not yet complete stays with the
// caller, who appends to it and asks again. Between two calls the parser only remembers how far
// it had looked, so that a peer that sends byte by byte costs linear time.
//
// A shard feeds it whole read batches, and sixteen-byte PUBs are the common case: next() takes
// one pass over the control line with vector compares, then cuts the arguments out of bit masks.
// No allocation, no virtual call, no callback.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "wire/op.hpp"

namespace leafnats::wire {

/// Why a peer's bytes cannot be parsed. The stream is lost after any of them: send error_text()
/// as -ERR if there is one, then close.
enum class Fault : std::uint8_t {
  none,
  unknown_operation,       ///< no verb of this dialect starts like that
  bad_arguments,           ///< wrong number of arguments, a bad size, or headers above the total
  control_line_too_long,   ///< more than ParserLimits::max_control_line bytes without a line end
  payload_too_large,       ///< the announced size is above ParserLimits::max_payload
  payload_not_terminated,  ///< the payload is not followed by CR LF where its size says
};

/// The text nats-server sends as -ERR before it closes; empty where it closes without a word.
[[nodiscard]] std::string_view error_text(Fault fault) noexcept;

/// Limit: both bound what a caller has to keep for an incomplete operation.
struct ParserLimits {
  /// Bytes of a control line after its verb. nats-server: 4096, on leaf links 16 times as many;
  /// CONNECT is no exception.
  std::size_t max_control_line = 4096;
  /// Header block plus payload. Sizes above 999999999 are no numbers to nats-server, so a larger
  /// limit is the same as none.
  std::size_t max_payload = 1024 * 1024;
};

enum class Step : std::uint8_t { op, need_more, fault };

class Parser {
 public:
  Parser(Dialect dialect, ParserLimits limits) noexcept : dialect_(dialect), limits_(limits) {}

  /// May be called between two operations or in the middle of one; it holds from the next call
  /// of next() on.
  void set_limits(ParserLimits limits) noexcept { limits_ = limits; }
  [[nodiscard]] ParserLimits limits() const noexcept { return limits_; }

  /// Parses one operation from [cursor, end).
  ///   op         cursor is moved behind the operation, whose views point into the given bytes.
  ///   need_more  cursor is left at the operation's first byte. The next call must show the same
  ///              bytes again, wherever they have moved to, with more behind them.
  ///   fault      cursor is left at the operation's first byte; fault() and fault_text() say why.
  /// Empty input is need_more.
  Step next(const char*& cursor, const char* end, Op& op) noexcept;

  /// After need_more: at least this many bytes, counted from cursor, before the operation can be
  /// complete. Exact once the control line is there (the whole operation with its payload), else
  /// one more than there are. Calling next() earlier is harmless and costs a compare.
  [[nodiscard]] std::size_t needed() const noexcept { return needed_; }

  [[nodiscard]] Fault fault() const noexcept { return fault_; }

  /// The beginning of the operation at fault, for a log. It is the peer's raw bytes, so escape
  /// it. Lifetime: that of the bytes given to the next() that failed.
  [[nodiscard]] std::string_view fault_text() const noexcept { return fault_text_; }

  /// Forgets a half-seen operation: for a caller that switches the stream below the parser (to
  /// S2, say) and starts with fresh bytes.
  void reset() noexcept { needed_ = 0, scanned_ = 0; }

 private:
  struct Input;

  Step fresh(const char*& cursor, const char* end, Op& op) noexcept;
  Step resume(const char*& cursor, const char* end, Op& op) noexcept;
  Step incomplete_line(const Input& input) noexcept;
  bool is_plain_message(Input& input, Op& op) const noexcept;
  Step read_any_line(Input& input, Op& op) noexcept;
  Step read_message(Input& input, Op& op) noexcept;
  Step read_grouped_message(Input& input, Op& op) noexcept;
  Step read_body(Input& input, Op& op) noexcept;
  Step read_sub(Input& input, Op& op) noexcept;
  Step read_unsub(Input& input, Op& op) noexcept;
  Step read_leaf_sub(Input& input, Op& op) noexcept;
  Step read_leaf_unsub(Input& input, Op& op) noexcept;
  Step fail(Fault fault, const Input& input) noexcept;

  Dialect dialect_;
  Fault fault_ = Fault::none;
  ParserLimits limits_;
  std::size_t needed_ = 0;   // 0 between operations, so that the common case is one compare
  std::size_t scanned_ = 0;  // bytes of an incomplete line that are known to hold no LF
  std::string_view fault_text_;
};

/// True if the operation that starts with this byte may be CONNECT (or INFO). Before a peer has
/// authenticated nats-server answers anything else with 'Authorization Violation' at its first
/// byte, which also keeps strangers from making us buffer payloads.
[[nodiscard]] constexpr bool starts_connect(char first) noexcept {
  return first == 'C' || first == 'c';
}
[[nodiscard]] constexpr bool starts_info(char first) noexcept {
  return first == 'I' || first == 'i';
}

/// The names in Op::queues, to be used in a range-based for.
class QueueNames {
 public:
  explicit constexpr QueueNames(std::string_view list) noexcept : list_(list) {}

  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = const std::string_view&;

    constexpr iterator() noexcept = default;
    explicit constexpr iterator(std::string_view rest) noexcept : rest_(rest) { advance(); }
    constexpr reference operator*() const noexcept { return name_; }
    constexpr pointer operator->() const noexcept { return &name_; }
    constexpr iterator& operator++() noexcept {
      advance();
      return *this;
    }
    constexpr iterator operator++(int) noexcept {
      iterator before = *this;
      advance();
      return before;
    }
    // An empty name is the end; two iterators of one list are equal at the same name.
    constexpr bool operator==(const iterator& other) const noexcept {
      return name_.size() == other.name_.size() &&
             (name_.empty() || name_.data() == other.name_.data());
    }

   private:
    constexpr void advance() noexcept {
      const std::size_t start = rest_.find_first_not_of(blanks);
      rest_.remove_prefix(start == rest_.npos ? rest_.size() : start);
      const std::size_t stop = rest_.find_first_of(blanks);
      name_ = rest_.substr(0, stop);
      rest_.remove_prefix(name_.size());
    }
    static constexpr std::string_view blanks = " \t\r";
    std::string_view name_;
    std::string_view rest_;
  };

  [[nodiscard]] constexpr iterator begin() const noexcept { return iterator(list_); }
  [[nodiscard]] constexpr iterator end() const noexcept { return iterator(); }

 private:
  std::string_view list_;
};

}  // namespace leafnats::wire
