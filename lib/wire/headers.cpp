// SPDX-License-Identifier: Apache-2.0
//
// parse() checks the whole block once, so that the iterator can rely on its form.
#include "wire/headers.hpp"

#include <utility>

#include "base/assert.hpp"
#include "wire/encoder.hpp"

namespace leafnats::wire {

namespace {

std::string_view trim(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes one line off the front, without its CRLF. Nothing if there is none.
std::optional<std::string_view> take_line(std::string_view& bytes) noexcept {
  const std::size_t end = bytes.find(crlf);
  if (end == bytes.npos) return std::nullopt;
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + crlf.size());
  return line;
}

bool is_name(std::string_view name) noexcept {
  for (const char byte : name) {
    const unsigned char value = static_cast<unsigned char>(byte);
    if (value <= ' ' || value == 0x7f || value == ':') return false;
  }
  return !name.empty();
}

bool is_value(std::string_view value) noexcept {
  return value.find_first_of(crlf) == value.npos;
}

}  // namespace

void HeaderBlock::iterator::advance() noexcept {
  header_ = {};
  const std::optional<std::string_view> line = take_line(lines_);
  if (!line || line->empty()) return;
  const std::size_t colon = line->find(':');
  header_ = {line->substr(0, colon), trim(line->substr(colon + 1))};
}

std::optional<HeaderBlock> HeaderBlock::parse(std::string_view bytes) noexcept {
  const std::optional<std::string_view> first = take_line(bytes);
  if (!first || !first->starts_with(header_version) || !is_value(*first)) return std::nullopt;
  const std::string_view rest = first->substr(header_version.size());
  if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') return std::nullopt;

  HeaderBlock block;
  const std::string_view status_line = trim(rest);
  block.status_ = status_line.substr(0, status_line.find_first_of(" \t"));
  block.description_ = trim(status_line.substr(block.status_.size()));
  block.lines_ = bytes;
  while (const std::optional<std::string_view> line = take_line(bytes)) {
    if (line->empty()) return bytes.empty() ? std::optional(block) : std::nullopt;
    const std::size_t colon = line->find(':');
    if (colon == line->npos || !is_name(line->substr(0, colon)) || !is_value(*line)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> HeaderBlock::find(std::string_view name) const noexcept {
  for (const Header& header : *this) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

HeaderBuilder::HeaderBuilder(std::string_view status, std::string_view description)
    : lines_(header_version) {
  LEAFNATS_ASSERT(is_value(status) && is_value(description));
  LEAFNATS_ASSERT(description.empty() || !status.empty());
  for (const std::string_view part : {status, description}) {
    if (!part.empty()) lines_.append(" ").append(part);
  }
  lines_ += crlf;
}

bool HeaderBuilder::add(std::string_view name, std::string_view value) {
  if (!is_name(name) || !is_value(value)) return false;
  lines_.append(name).append(": ").append(value).append(crlf);
  return true;
}

std::string HeaderBuilder::finish() && {
  lines_ += crlf;
  return std::move(lines_);
}

std::string replace_header(std::string_view block, std::string_view name,
                           std::string_view value) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto is_named = [&](std::string_view line) {
    const std::string_view found = trim(line.substr(0, line.find(':')));
    return line.find(':') != line.npos &&
           std::equal(found.begin(), found.end(), name.begin(), name.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
  };
  std::string result;
  result.reserve(block.size() + name.size() + value.size() + 16);
  const std::optional<std::string_view> version = take_line(block);
  result.append(version ? *version : header_version).append(crlf);
  while (const std::optional<std::string_view> line = take_line(block)) {
    if (line->empty()) break;
    if (!is_named(*line)) result.append(*line).append(crlf);
  }
  result.append(name).append(": ").append(value).append(crlf).append(crlf);
  return result;
}

}  // namespace leafnats::wire
