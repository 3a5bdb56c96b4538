// SPDX-License-Identifier: Apache-2.0
//
// Writes operations into memory that the caller has reserved. Every write_x(out, ...) returns the
// end of what it wrote and stays within the bytes that x_size(...) names for the same arguments.
// Messages are written up to the CRLF of their control line: the body follows, copied or by
// reference, and then crlf. Sizes come as digits because the publisher's own digits are reused;
// Decimal makes them where there are none.
//
// Everything is inline memcpy of pieces: formatting with printf costs more than all the rest of
// a delivery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace leafnats::wire {

inline constexpr std::string_view crlf = "\r\n";
inline constexpr std::string_view ping_line = "PING\r\n";
inline constexpr std::string_view pong_line = "PONG\r\n";
inline constexpr std::string_view ok_line = "+OK\r\n";

/// Digits of the largest number that write_decimal() writes.
inline constexpr std::size_t decimal_digits_max = 20;

/// Writes a number without leading zeros, at most decimal_digits_max characters.
char* write_decimal(char* out, std::uint64_t number) noexcept;

/// A number as text, without allocation: `Decimal(payload.size()).view()`.
class Decimal {
 public:
  explicit Decimal(std::uint64_t number) noexcept
      : size_(static_cast<unsigned>(write_decimal(digits_, number) - digits_) & 31) {}
  [[nodiscard]] std::string_view view() const noexcept { return {digits_, size_}; }

 private:
  static_assert(decimal_digits_max < 32);
  char digits_[decimal_digits_max];
  unsigned size_ : 5;  // so that the compiler knows that it is small
};

namespace detail {

struct SixteenBytes {
  std::uint64_t words[2];
};

/// Copies sizeof(Word) to 2 * sizeof(Word) bytes: both ends, which may overlap.
template <class Word>
[[gnu::always_inline]] inline void copy_ends(char* out, const char* from,
                                             std::size_t size) noexcept {
  Word head;
  Word tail;
  std::memcpy(&head, from, sizeof(Word));
  std::memcpy(&tail, from + size - sizeof(Word), sizeof(Word));
  std::memcpy(out, &head, sizeof(Word));
  std::memcpy(out + size - sizeof(Word), &tail, sizeof(Word));
}

}  // namespace detail

/// Copies a piece. Subjects, sids and sizes are short, and for these two overlapping moves beat
/// the call of memcpy.
[[gnu::always_inline]] inline char* write_piece(char* out, std::string_view piece) noexcept {
  const char* from = piece.data();
  const std::size_t size = piece.size();
  if (size > 32) {
    std::memcpy(out, from, size);
  } else if (size >= 16) {
    detail::copy_ends<detail::SixteenBytes>(out, from, size);
  } else if (size >= 8) {
    detail::copy_ends<std::uint64_t>(out, from, size);
  } else if (size >= 4) {
    detail::copy_ends<std::uint32_t>(out, from, size);
  } else if (size >= 2) {
    detail::copy_ends<std::uint16_t>(out, from, size);
  } else if (size == 1) {
    *out = *from;
  }
  return out + size;
}

/// MSG <subject> <sid> [reply] <size>
constexpr std::size_t msg_size(std::string_view subject, std::string_view sid,
                               std::string_view reply, std::string_view size_digits) noexcept {
  return subject.size() + sid.size() + reply.size() + size_digits.size() + sizeof("MSG    \r\n");
}
inline char* write_msg(char* out, std::string_view subject, std::string_view sid,
                       std::string_view reply, std::string_view size_digits) noexcept;

/// HMSG <subject> <sid> [reply] <header size> <total size>
constexpr std::size_t hmsg_size(std::string_view subject, std::string_view sid,
                                std::string_view reply, std::string_view header_digits,
                                std::string_view size_digits) noexcept {
  return msg_size(subject, sid, reply, size_digits) + header_digits.size() + sizeof("H ");
}
inline char* write_hmsg(char* out, std::string_view subject, std::string_view sid,
                        std::string_view reply, std::string_view header_digits,
                        std::string_view size_digits) noexcept;

/// Bytes for a list of queue groups in LMSG and HMSG.
constexpr std::size_t queues_size(std::span<const std::string_view> queues) noexcept {
  std::size_t size = queues.size();
  for (const std::string_view name : queues) size += name.size();
  return size;
}

/// LMSG <subject> [reply] <size>, LMSG <subject> + <reply> <queue>... <size>,
/// LMSG <subject> | <queue>... <size>
constexpr std::size_t lmsg_size(std::string_view subject, std::string_view reply,
                                std::span<const std::string_view> queues,
                                std::string_view size_digits) noexcept {
  return subject.size() + reply.size() + queues_size(queues) + size_digits.size() +
         sizeof("LMSG  +  \r\n");
}
inline char* write_lmsg(char* out, std::string_view subject, std::string_view reply,
                        std::span<const std::string_view> queues,
                        std::string_view size_digits) noexcept;

/// The same three forms with headers: HMSG ... <header size> <total size>
constexpr std::size_t leaf_hmsg_size(std::string_view subject, std::string_view reply,
                                     std::span<const std::string_view> queues,
                                     std::string_view header_digits,
                                     std::string_view size_digits) noexcept {
  return lmsg_size(subject, reply, queues, size_digits) + header_digits.size() + sizeof(" ");
}
inline char* write_leaf_hmsg(char* out, std::string_view subject, std::string_view reply,
                             std::span<const std::string_view> queues,
                             std::string_view header_digits,
                             std::string_view size_digits) noexcept;

/// LS+ <subject> or LS+ <subject> <queue> <weight>; LS- <subject> [queue]. An empty queue is none.
constexpr std::size_t leaf_sub_size(std::string_view subject, std::string_view queue) noexcept {
  return subject.size() + queue.size() + decimal_digits_max + sizeof("LS+   \r\n");
}
char* write_leaf_sub(char* out, std::string_view subject, std::string_view queue = {},
                     std::uint32_t weight = 1) noexcept;
constexpr std::size_t leaf_unsub_size(std::string_view subject, std::string_view queue) noexcept {
  return subject.size() + queue.size() + sizeof("LS-  \r\n");
}
char* write_leaf_unsub(char* out, std::string_view subject, std::string_view queue = {}) noexcept;

inline char* write_ping(char* out) noexcept { return write_piece(out, ping_line); }
inline char* write_pong(char* out) noexcept { return write_piece(out, pong_line); }
inline char* write_ok(char* out) noexcept { return write_piece(out, ok_line); }

/// -ERR '<text>'. The text is ours, or quotes a peer's subject, which holds no line end.
constexpr std::size_t error_size(std::string_view text) noexcept {
  return text.size() + sizeof("-ERR ''\r\n");
}
char* write_error(char* out, std::string_view text) noexcept;

/// The answer to a request that nobody is subscribed to: an HMSG with the status 503 and no
/// payload, complete with its CRLF. As 2.15 does it names the subject of the request, of which 2.9
/// and 2.10 say nothing. The subject came from the parser, so it has no line end.
constexpr std::size_t no_responders_size(std::string_view reply, std::string_view sid,
                                         std::string_view subject) noexcept {
  return hmsg_size(reply, sid, {}, {}, {}) + 2 * decimal_digits_max + subject.size() +
         sizeof("NATS/1.0 503\r\nNats-Subject: \r\n\r\n\r\n");
}
char* write_no_responders(char* out, std::string_view reply, std::string_view sid,
                          std::string_view subject) noexcept;

/// INFO <json> with the blank that nats-server writes before CR LF, and CONNECT <json>.
constexpr std::size_t info_size(std::string_view json) noexcept {
  return json.size() + sizeof("INFO  \r\n");
}
char* write_info(char* out, std::string_view json) noexcept;
constexpr std::size_t connect_size(std::string_view json) noexcept {
  return json.size() + sizeof("CONNECT \r\n");
}
char* write_connect(char* out, std::string_view json) noexcept;

// The four message lines are written once a delivery, so they stay in the header.

namespace detail {

/// A piece and the blank behind it.
inline char* write_word(char* out, std::string_view word) noexcept {
  out = write_piece(out, word);
  *out++ = ' ';
  return out;
}

inline char* write_line_end(char* out) noexcept {
  std::memcpy(out, "\r\n", 2);
  return out + 2;
}

/// What stands between the verb and the sizes of LMSG and HMSG on a leaf link.
inline char* write_leaf_route(char* out, std::string_view subject, std::string_view reply,
                              std::span<const std::string_view> queues) noexcept {
  out = write_word(out, subject);
  if (!queues.empty()) out = write_word(out, reply.empty() ? "|" : "+");
  if (!reply.empty()) out = write_word(out, reply);
  for (const std::string_view name : queues) out = write_word(out, name);
  return out;
}

}  // namespace detail

inline char* write_msg(char* out, std::string_view subject, std::string_view sid,
                       std::string_view reply, std::string_view size_digits) noexcept {
  std::memcpy(out, "MSG ", 4);
  out = detail::write_word(out + 4, subject);
  out = detail::write_word(out, sid);
  if (!reply.empty()) out = detail::write_word(out, reply);
  return detail::write_line_end(write_piece(out, size_digits));
}

inline char* write_hmsg(char* out, std::string_view subject, std::string_view sid,
                        std::string_view reply, std::string_view header_digits,
                        std::string_view size_digits) noexcept {
  std::memcpy(out, "HMSG ", 5);
  out = detail::write_word(out + 5, subject);
  out = detail::write_word(out, sid);
  if (!reply.empty()) out = detail::write_word(out, reply);
  out = detail::write_word(out, header_digits);
  return detail::write_line_end(write_piece(out, size_digits));
}

inline char* write_lmsg(char* out, std::string_view subject, std::string_view reply,
                        std::span<const std::string_view> queues,
                        std::string_view size_digits) noexcept {
  std::memcpy(out, "LMSG ", 5);
  out = detail::write_leaf_route(out + 5, subject, reply, queues);
  return detail::write_line_end(write_piece(out, size_digits));
}

inline char* write_leaf_hmsg(char* out, std::string_view subject, std::string_view reply,
                             std::span<const std::string_view> queues,
                             std::string_view header_digits,
                             std::string_view size_digits) noexcept {
  std::memcpy(out, "HMSG ", 5);
  out = detail::write_leaf_route(out + 5, subject, reply, queues);
  out = detail::write_word(out, header_digits);
  return detail::write_line_end(write_piece(out, size_digits));
}

}  // namespace leafnats::wire
