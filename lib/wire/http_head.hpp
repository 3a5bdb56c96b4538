// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP/1.x message, request or response:
//
//   head  = start CRLF *( name ":" value CRLF ) CRLF
//   start = method SP target SP "HTTP/1." digit        (request)
//         | "HTTP/1." digit SP status [ SP reason ]    (response)
//
// Used by the WebSocket upgrade on both sides, by the tunnel through a proxy, and by monitoring.
// As in Go's net/http a bare LF ends a line too; unlike there a folded line is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::wire {

struct HttpField {
  std::string_view name;
  std::string_view value;  ///< without the blanks around it
};

/// Collects a head from pieces and reads it.
/// Limit: limits::http_head_bytes_max and http_head_fields_max; a head is refused with the byte
/// or line that passes one.
/// Lifetime: views are good as long as the object.
class HttpHead {
 public:
  enum class Kind : std::uint8_t { request, response };
  enum class State : std::uint8_t { incomplete, complete, malformed, too_large };

  explicit HttpHead(Kind kind) noexcept : kind_(kind) {}
  HttpHead(const HttpHead&) = delete;
  HttpHead& operator=(const HttpHead&) = delete;

  /// Takes bytes off the front of `in` up to the end of the head, never beyond it. A start line
  /// that is wrong is malformed at once, without waiting for the rest.
  State take(std::string_view& in);

  [[nodiscard]] State state() const noexcept { return state_; }

  /// What is wrong with a malformed or too large head, as a part of a log line.
  [[nodiscard]] std::string_view error() const noexcept { return error_; }

  // ---- When complete ----

  [[nodiscard]] std::string_view method() const noexcept { return method_; }
  [[nodiscard]] std::string_view target() const noexcept { return target_; }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] std::string_view reason() const noexcept { return reason_; }
  [[nodiscard]] int minor_version() const noexcept { return minor_version_; }

  [[nodiscard]] const std::vector<HttpField>& fields() const noexcept { return fields_; }

  /// The value of the first field of that name, in whatever case it is written.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;

  /// Whether one of the fields of that name is a comma-separated list with `token` in it, in
  /// whatever case.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const noexcept;

 private:
  void end_line();
  bool read_start(std::string_view line);
  bool read_request_line(std::string_view line);
  bool read_status_line(std::string_view line);
  bool read_version(std::string_view text);
  void read_fields();
  void fail(State state, std::string_view error);

  const Kind kind_;
  State state_ = State::incomplete;
  std::string_view error_;
  std::string text_;
  std::size_t line_begin_ = 0;
  std::size_t lines_ = 0;
  std::size_t start_bytes_ = 0;  // of the start line, with its end
  std::string_view method_;
  std::string_view target_;
  std::string_view reason_;
  std::vector<HttpField> fields_;
  int status_ = 0;
  int minor_version_ = 0;
};

/// Writes a head, and a body of known length behind it.
class HttpWriter {
 public:
  [[nodiscard]] static HttpWriter request(std::string_view method, std::string_view target);
  [[nodiscard]] static HttpWriter response(int status, std::string_view reason);

  /// Both are ours or were checked with is_http_name() and is_http_value().
  HttpWriter& field(std::string_view name, std::string_view value);

  /// The head. With a body it gets a Content-Length.
  [[nodiscard]] std::string finish();
  [[nodiscard]] std::string finish(std::string_view body);

 private:
  HttpWriter() = default;
  std::string text_;
};

/// Whether it can be the name or the value of a field: a token; no control characters but tabs.
[[nodiscard]] bool is_http_name(std::string_view text) noexcept;
[[nodiscard]] bool is_http_value(std::string_view text) noexcept;

/// Compares in whatever case of ASCII letters.
[[nodiscard]] bool equal_fold(std::string_view left, std::string_view right) noexcept;

/// Takes the next element off the front of a list; blanks around it are dropped.
[[nodiscard]] std::string_view take_element(std::string_view& list, char separator) noexcept;

/// The standard words for a status ("Not Found"); empty for one that we never send.
[[nodiscard]] std::string_view http_reason(int status) noexcept;

}  // namespace leafnats::wire
