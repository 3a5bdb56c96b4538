// SPDX-License-Identifier: Apache-2.0
//
// Lines are collected until the empty one; the start line is judged as soon as it is there, so
// that a stranger who speaks something else is not waited for. Fields are cut at the end, when
// the text moves no more.

#include "wire/http_head.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

#include <algorithm>

namespace leafnats::wire {
namespace {

constexpr std::string_view version_prefix = "HTTP/1.";

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view without_line_end(std::string_view line) noexcept {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// A target has no blanks and no control characters, whatever its form.
bool is_target(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7f;
  });
}

}  // namespace

// ---- Reading ----

HttpHead::State HttpHead::take(std::string_view& in) {
  while (state_ == State::incomplete && !in.empty()) {
    const std::size_t newline = in.find('\n');
    const std::string_view piece = in.substr(0, newline == in.npos ? in.size() : newline + 1);
    if (piece.size() > limits::http_head_bytes_max - text_.size()) {
      fail(State::too_large, "the HTTP head is too long");
      break;
    }
    text_ += piece;
    in.remove_prefix(piece.size());
    if (newline != in.npos) end_line();
  }
  return state_;
}

void HttpHead::fail(State state, std::string_view error) {
  state_ = state;
  error_ = error;
  text_ = {};
  fields_.clear();
}

void HttpHead::end_line() {
  const std::string_view line = without_line_end(std::string_view(text_).substr(line_begin_));
  line_begin_ = text_.size();
  if (lines_++ == 0) {
    start_bytes_ = text_.size();
    if (!read_start(line)) fail(State::malformed, "the start line is not one of HTTP/1");
  } else if (line.empty()) {
    read_fields();
  } else if (lines_ - 1 > limits::http_head_fields_max) {
    fail(State::too_large, "the HTTP head has too many fields");
  }
}

bool HttpHead::read_start(std::string_view line) {
  if (!is_http_value(line)) return false;
  return kind_ == Kind::request ? read_request_line(line) : read_status_line(line);
}

bool HttpHead::read_version(std::string_view text) {
  if (text.size() != version_prefix.size() + 1 || !text.starts_with(version_prefix) ||
      !is_digit(text.back())) {
    return false;
  }
  minor_version_ = text.back() - '0';
  return true;
}

bool HttpHead::read_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  return is_http_name(line.substr(0, first)) &&
         is_target(line.substr(first + 1, last - first - 1)) && read_version(line.substr(last + 1));
}

bool HttpHead::read_status_line(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == line.npos || !read_version(line.substr(0, blank))) return false;
  const std::string_view rest = line.substr(blank + 1);
  if (rest.size() < 3 || !std::all_of(rest.begin(), rest.begin() + 3, is_digit)) return false;
  if (rest.size() > 3 && rest[3] != ' ') return false;
  status_ = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
  return true;
}

void HttpHead::read_fields() {
  std::string_view text(text_);
  const std::string_view start = without_line_end(text.substr(0, start_bytes_));
  text.remove_prefix(start_bytes_);
  fields_.reserve(lines_ - 2);
  for (;;) {
    const std::size_t end = text.find('\n') + 1;
    const std::string_view line = without_line_end(text.substr(0, end));
    text.remove_prefix(end);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !is_http_name(line.substr(0, colon)) ||
        !is_http_value(line.substr(colon + 1))) {
      fail(State::malformed, "a line of the HTTP head is not a field");
      return;
    }
    fields_.push_back({line.substr(0, colon), trim(line.substr(colon + 1))});
  }
  const std::size_t first = start.find(' ');
  if (kind_ == Kind::request) {
    method_ = start.substr(0, first);
    target_ = start.substr(first + 1, start.rfind(' ') - first - 1);
  } else {
    reason_ = start.size() > first + 5 ? start.substr(first + 5) : std::string_view{};
  }
  state_ = State::complete;
}

std::optional<std::string_view> HttpHead::find(std::string_view name) const noexcept {
  for (const HttpField& field : fields_) {
    if (equal_fold(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t HttpHead::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [name](const HttpField& field) { return equal_fold(field.name, name); }));
}

bool HttpHead::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const HttpField& field : fields_) {
    if (!equal_fold(field.name, name)) continue;
    for (std::string_view list = field.value; !list.empty();) {
      if (equal_fold(take_element(list, ','), token)) return true;
    }
  }
  return false;
}

// ---- Writing ----

HttpWriter HttpWriter::request(std::string_view method, std::string_view target) {
  LEAFNATS_ASSERT(is_http_name(method) && is_target(target));
  HttpWriter writer;
  writer.text_.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  return writer;
}

HttpWriter HttpWriter::response(int status, std::string_view reason) {
  LEAFNATS_ASSERT(status >= 100 && status <= 999 && is_http_value(reason));
  HttpWriter writer;
  writer.text_.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  writer.text_.append(reason).append("\r\n");
  return writer;
}

HttpWriter& HttpWriter::field(std::string_view name, std::string_view value) {
  LEAFNATS_ASSERT(is_http_name(name) && is_http_value(value));
  text_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

std::string HttpWriter::finish() {
  text_ += "\r\n";
  return std::move(text_);
}

std::string HttpWriter::finish(std::string_view body) {
  field("Content-Length", std::to_string(body.size()));
  text_.append("\r\n").append(body);
  return std::move(text_);
}

// ---- Parts ----

bool is_http_name(std::string_view text) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || marks.find(c) != marks.npos;
  });
}

bool is_http_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= ' ' && byte != 0x7f) || c == '\t';
  });
}

bool equal_fold(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view take_element(std::string_view& list, char separator) noexcept {
  const std::size_t end = std::min(list.find(separator), list.size());
  const std::string_view element = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

std::string_view http_reason(int status) noexcept {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return {};
  }
}

}  // namespace leafnats::wire
