// SPDX-License-Identifier: Apache-2.0
//
// nats-server finds the parts with a regular expression: a line with three dashes or more at either
// end of something, a line that is the part, and another such line. Lines are looked at here, with
// the blanks around them gone; whatever that expression finds is found.

#include "auth/credentials.hpp"

#include "auth/jwt.hpp"
#include "auth/nkey.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace leafnats::auth {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Takes the next line, without the blanks around it.
std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(line);
}

/// "-----BEGIN NATS USER JWT-----": three dashes somewhere, and three more at the end.
bool is_marker(std::string_view line) noexcept {
  return line.size() >= 6 && line.ends_with("---") &&
         line.substr(0, line.size() - 3).find("---") != line.npos;
}

/// What a part is made of; a line of dashes is none.
bool is_part(std::string_view line) noexcept {
  const auto belongs = [](char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.' || c == '=';
  };
  return !line.empty() && std::all_of(line.begin(), line.end(), belongs) && !is_marker(line);
}

bool is_seed(std::string_view line) noexcept {
  return line.starts_with("SU") || line.starts_with("SA") || line.starts_with("SO");
}

struct Parts {
  std::array<std::string_view, 2> found{};
  std::size_t count = 0;
};

/// The first two parts between markers.
Parts find_parts(std::string_view text) noexcept {
  Parts parts;
  std::string_view begin;
  std::string_view part;
  while (!text.empty() && parts.count < parts.found.size()) {
    const std::string_view line = take_line(text);
    if (is_marker(line)) {
      if (!part.empty()) {
        parts.found[parts.count++] = part;
        begin = {};
      } else {
        begin = line;
      }
      part = {};
    } else {
      // Only the very line after the first marker can be a part.
      part = !begin.empty() && is_part(line) ? line : std::string_view();
      begin = {};
    }
  }
  return parts;
}

std::string_view find_seed_line(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (is_seed(line)) return line;
  }
  return {};
}

std::string_view without_mark(std::string_view text) noexcept {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return text;
}

Error malformed(std::string_view what) {
  return {Errc::invalid_argument, "credentials: " + std::string(what)};
}

}  // namespace

std::string_view find_token(std::string_view text) noexcept {
  text = without_mark(text);
  const Parts parts = find_parts(text);
  if (parts.count > 0 && !is_seed(parts.found[0])) return parts.found[0];
  const std::string_view all = trim(text);
  return is_part(all) && std::count(all.begin(), all.end(), '.') == 2 ? all : std::string_view();
}

Result<Credentials> parse_credentials(std::string_view text) {
  text = without_mark(text);
  const Parts parts = find_parts(text);
  const std::string_view token = find_token(text);
  std::string_view seed = parts.count > 1 ? parts.found[1] : find_seed_line(text);
  if (seed.empty()) return malformed("no seed");
  const Result<KeyPair> pair = KeyPair::from_seed(seed);
  if (!pair) {
    return pair.error().code == Errc::not_supported ? pair.error() : malformed("the seed is none");
  }
  if (pair->kind() != NkeyKind::user_key) return malformed("not the seed of a user");
  return Credentials{std::string(token), Secret(seed)};
}

}  // namespace leafnats::auth
