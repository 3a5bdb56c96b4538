// SPDX-License-Identifier: Apache-2.0
//
// Source and destination are taken apart once. A subject then goes through the source's steps,
// which note where the wildcards' tokens lie, and the destination's pieces are written in order.

#include "subject/transform.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "subject/grammar.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace leafnats::subject {

/// Where things lie in a subject. Not initialised: it is large, and used from the front.
struct Transform::Captures {
  struct Place {
    const char* begin;
    std::size_t size;
  };
  std::string_view subject;
  std::string_view rest;
  std::array<Place, limits::subject_tokens_max> stars;

  [[nodiscard]] std::string_view at(std::uint16_t place) const {
    // nats-server takes the first token for $0, which no wildcard has.
    if (place == first_token) return subject.substr(0, subject.find('.'));
    return {stars[place].begin, stars[place].size};
  }

  static constexpr std::uint16_t first_token = 0xffff;
};

namespace {

constexpr std::string_view index_out_of_range = "wildcard index out of range";

Error bad_subject() { return {Errc::invalid_argument, "invalid subject"}; }

bool is_full(std::string_view token) { return token == ">"; }
bool is_star(std::string_view token) { return token == "*"; }

bool ends_with_full(std::string_view subject) {
  return subject == ">" || subject.ends_with(".>");
}

/// Arguments of functions may have spaces, nothing else: what is written goes out on the wire.
/// nats-server looks for them in mappings only.
bool has_forbidden(std::string_view token) {
  constexpr std::string_view forbidden(" \t\r\n\f\0", 6);
  return token.find_first_of(forbidden) != std::string_view::npos;
}


/// FNV-1a with 32 bits: members of a partition must be the same on all servers.
class Fnv {
 public:
  void add(std::string_view text) {
    for (const char c : text) state_ = (state_ ^ static_cast<unsigned char>(c)) * 16'777'619u;
  }
  [[nodiscard]] std::uint32_t value() const { return state_; }

 private:
  std::uint32_t state_ = 2'166'136'261u;
};

template <class Number>
void write_number(Number number, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// Between two characters of UTF-8: nats-server splits so at an empty delimiter.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  std::size_t bytes = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead > 0xf4 || bytes > text.size()) bytes = 1;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0u) != 0x80u) return 1;
  }
  return bytes;
}

/// Cuts off the next part; `more` becomes false with the last one.
std::string_view cut_part(std::string_view& text, std::string_view delimiter, bool& more) {
  std::size_t end = delimiter.empty() ? (text.empty() ? 0 : character_bytes(text))
                                      : text.find(delimiter);
  end = std::min(end, text.size());
  more = end < text.size();
  const std::string_view part = text.substr(0, end);
  if (more) text.remove_prefix(end + delimiter.size());
  return part;
}

void write_split(std::string_view token, std::string_view delimiter, std::string& out) {
  bool more = true;
  std::string_view part = cut_part(token, delimiter, more);
  for (bool first = true; ; first = false) {
    out += part;
    if (!more) return;
    const bool begins_empty = first && part.empty();
    part = cut_part(token, delimiter, more);
    if (!part.empty() && !begins_empty) out += '.';
  }
}

void write_slices(std::string_view token, std::size_t size, std::size_t first, std::string& out) {
  out += token.substr(0, first);
  for (std::size_t at = first; at < token.size(); at += size) {
    if (at != 0) out += '.';
    out += token.substr(at, size);
  }
}

/// The functions of one token and a number of characters. Where the token is too short, it is
/// taken whole.
void write_cut(MappingFunction function, std::string_view token, std::int32_t number,
               std::string& out) {
  const auto size = static_cast<std::size_t>(number);
  if (number <= 0 || size >= token.size()) {
    out += token;
    return;
  }
  switch (function) {
    case MappingFunction::split_from_left:
      write_slices(token, token.size(), size, out);
      break;
    case MappingFunction::split_from_right:
      write_slices(token, token.size(), token.size() - size, out);
      break;
    case MappingFunction::slice_from_left:
      write_slices(token, size, 0, out);
      break;
    case MappingFunction::slice_from_right:
      write_slices(token, size, token.size() % size, out);
      break;
    case MappingFunction::left:
      out += token.substr(0, size);
      break;
    default:
      out += token.substr(token.size() - size);
      break;
  }
}

}  // namespace

std::optional<std::string> intersection(std::string_view a, std::string_view b) {
  std::string common;
  auto left = Tokens(a).begin();
  auto right = Tokens(b).begin();
  const auto add = [&common](std::string_view token) { common.append(token).append("."); };
  const auto finish = [&common] {
    common.pop_back();
    return std::optional(std::move(common));
  };
  while (left != std::default_sentinel && right != std::default_sentinel) {
    if (is_full(*left)) std::swap(left, right);
    if (is_full(*right)) {
      for (; left != std::default_sentinel; ++left) add(*left);
      return finish();
    }
    if (!is_star(*left) && !is_star(*right) && *left != *right) return std::nullopt;
    add(is_star(*left) ? *right : *left);
    ++left;
    ++right;
  }
  if (left != std::default_sentinel || right != std::default_sentinel) return std::nullopt;
  return finish();
}

std::string pattern_of(std::string_view destination) {
  std::string pattern;
  for (const std::string_view token : Tokens(destination)) {
    const auto parsed = parse_destination_token(token);
    const bool wildcard = parsed && parsed->function == MappingFunction::wildcard;
    pattern.append(wildcard ? "*" : token).append(".");
  }
  pattern.pop_back();
  return pattern;
}

std::string numbered(std::string_view pattern) {
  std::string text;
  unsigned stars = 0;
  for (const std::string_view token : Tokens(pattern)) {
    if (is_star(token)) {
      text.append("$").append(std::to_string(++stars)).append(".");
    } else {
      text.append(token).append(".");
    }
  }
  text.pop_back();
  return text;
}

Result<Transform> Transform::make(std::string_view source, std::string_view destination) {
  return build(source, destination, false);
}

Result<Transform> Transform::make_reversible(std::string_view source,
                                             std::string_view destination) {
  return build(source, numbered(destination), true);
}

Result<Transform> Transform::build(std::string_view source, std::string_view destination,
                                   bool reversible) {
  Transform made;
  made.source_ = source.empty() ? ">" : source;
  made.destination_ = destination;
  made.reversible_ = reversible;
  if (!is_valid_subject(made.source_)) return bad_subject();
  made.compile_source();
  if (reversible && !made.is_plain_source()) return bad_subject();
  if (auto compiled = made.compile_destination(reversible); !compiled) return compiled.error();
  return made;
}

void Transform::compile_source() {
  for (const std::string_view token : Tokens(source_)) {
    if (is_full(token)) {
      steps_.push_back({Step::Kind::rest, {}});
    } else if (is_star(token)) {
      steps_.push_back({Step::Kind::star, {}});
      ++stars_;
    } else if (!steps_.empty()) {
      steps_.push_back({Step::Kind::text, std::string(token)});
    } else {
      head_.append(head_.empty() ? "" : ".").append(token);
    }
  }
  if (!steps_.empty() && !head_.empty()) head_ += '.';
}

bool Transform::is_plain_source() const {
  for (const std::string_view token : Tokens(source_)) {
    const auto parsed = parse_destination_token(token);
    if (!parsed || parsed->function != MappingFunction::none) return false;
  }
  return true;
}

Result<void> Transform::compile_destination(bool reversible) {
  std::size_t tokens = 0;
  bool full = false;
  for (const std::string_view token : Tokens(destination_)) {
    if (token.empty() || full || is_star(token)) return bad_subject();
    if (++tokens > limits::subject_tokens_max) return bad_subject();
    full = is_full(token);
    if (tokens > 1) add_text(".");
    if (auto added = add_piece(token, reversible); !added) return added;
  }
  if (full != ends_with_full(source_)) return bad_subject();
  if (reversible && !each_wildcard_once()) {
    return destination_error("not using all of the token wildcard(s)", destination_);
  }
  return {};
}

Result<void> Transform::add_piece(std::string_view token, bool reversible) {
  if (is_full(token)) {
    pieces_.push_back({MappingFunction::rest, {}, {}, 0});
    return {};
  }
  const auto parsed = parse_destination_token(token);
  if (!parsed) return parsed.error();
  if (parsed->function == MappingFunction::none) {
    if (has_forbidden(token)) return destination_error("invalid transform", token);
    add_text(token);
    return {};
  }
  if (reversible && parsed->function != MappingFunction::wildcard) {
    return destination_error(
        "the only mapping function allowed for import transforms is {{Wildcard()}}", token);
  }
  return add_call(token, *parsed);
}

Result<void> Transform::add_call(std::string_view token, const DestinationToken& parsed) {
  if (has_forbidden(parsed.delimiter)) return destination_error("invalid transform", token);
  Piece piece{parsed.function, parsed.delimiter, {}, parsed.number};
  const bool partition = parsed.function == MappingFunction::partition;
  // Of a source without wildcards nats-server hashes the whole subject, whatever is asked for.
  const bool literal = steps_.empty();
  for (const std::int64_t index : parsed.wildcards) {
    if (literal && partition) break;
    if (literal) return destination_error(index_out_of_range, token);
    if (index > static_cast<std::int64_t>(stars_)) {
      std::string place(token);
      place.append(": [").append(std::to_string(index)).append("]");
      return destination_error(index_out_of_range, place);
    }
    piece.wildcards.push_back(index < 1 ? Captures::first_token
                                        : static_cast<std::uint16_t>(index - 1));
  }
  pieces_.push_back(std::move(piece));
  return {};
}

void Transform::add_text(std::string_view text) {
  if (pieces_.empty() || pieces_.back().function != MappingFunction::none) {
    pieces_.push_back({MappingFunction::none, {}, {}, 0});
  }
  pieces_.back().text += text;
}

bool Transform::each_wildcard_once() const {
  std::vector<bool> used(stars_);
  std::size_t uses = 0;
  for (const Piece& piece : pieces_) {
    for (const std::uint16_t place : piece.wildcards) {
      if (place == Captures::first_token || used[place]) return false;
      used[place] = true;
      ++uses;
    }
  }
  return uses == stars_;
}

bool Transform::covers(std::string_view literal) const {
  Captures captures;
  return capture(literal, captures);
}

bool Transform::capture(std::string_view literal, Captures& captures) const {
  if (steps_.empty()) {
    captures.subject = literal;
    return literal == head_;
  }
  if (!literal.starts_with(head_)) return false;
  captures.subject = literal;
  std::size_t stars = 0;
  std::size_t at = head_.size();
  for (const Step& step : steps_) {
    if (at > literal.size()) return false;
    if (step.kind == Step::Kind::rest) {
      captures.rest = literal.substr(at);
      return !captures.rest.starts_with('.') && !captures.rest.ends_with('.') &&
             !captures.rest.empty() && captures.rest.find("..") == std::string_view::npos;
    }
    const std::size_t end = std::min(literal.find('.', at), literal.size());
    const std::string_view token = literal.substr(at, end - at);
    if (token.empty() || (step.kind == Step::Kind::text && token != step.text)) return false;
    if (step.kind == Step::Kind::star) captures.stars[stars++] = {token.data(), token.size()};
    at = end + 1;
  }
  return at == literal.size() + 1;
}

bool Transform::apply(std::string_view literal, std::string& out, std::uint64_t random) const {
  Captures captures;
  if (!capture(literal, captures)) return false;
  out.clear();
  for (const Piece& piece : pieces_) write(piece, captures, random, out);
  return true;
}

void Transform::write(const Piece& piece, const Captures& captures, std::uint64_t random,
                      std::string& out) {
  switch (piece.function) {
    case MappingFunction::none:
      out += piece.text;
      break;
    case MappingFunction::rest:
      out += captures.rest;
      break;
    case MappingFunction::wildcard:
      out += captures.at(piece.wildcards[0]);
      break;
    case MappingFunction::partition: {
      Fnv hash;
      for (const std::uint16_t place : piece.wildcards) hash.add(captures.at(place));
      if (piece.wildcards.empty()) hash.add(captures.subject);
      const auto buckets = static_cast<std::uint32_t>(piece.number);
      write_number(buckets == 0 ? 0 : hash.value() % buckets, out);
      break;
    }
    case MappingFunction::split:
      write_split(captures.at(piece.wildcards[0]), piece.text, out);
      break;
    case MappingFunction::random: {
      const auto ceiling = static_cast<std::uint64_t>(std::abs(std::int64_t{piece.number}));
      write_number(ceiling == 0 ? 0 : random % ceiling, out);
      break;
    }
    default:
      write_cut(piece.function, captures.at(piece.wildcards[0]), piece.number, out);
      break;
  }
}

std::optional<std::string> Transform::apply_to_pattern(std::string_view pattern) const {
  LEAFNATS_ASSERT(reversible_);
  const auto common = intersection(pattern, source_);
  std::string mapped;
  // Its wildcards are tokens here as any others.
  if (!common || !apply(*common, mapped)) return std::nullopt;
  return mapped;
}

Transform Transform::reversed() const {
  LEAFNATS_ASSERT(reversible_);
  // The destination's placeholders become its stars, in order; each star of the source gets the
  // number of its placeholder.
  std::vector<std::size_t> numbers(stars_);
  std::size_t next = 0;
  for (const Piece& piece : pieces_) {
    if (piece.function == MappingFunction::wildcard) numbers[piece.wildcards[0]] = ++next;
  }
  std::string destination;
  std::size_t star = 0;
  for (const std::string_view token : Tokens(source_)) {
    if (!destination.empty()) destination += '.';
    if (is_star(token)) {
      destination.append("$").append(std::to_string(numbers[star++]));
    } else {
      destination += token;
    }
  }
  auto reverse = build(pattern_of(destination_), destination, true);
  LEAFNATS_ASSERT(reverse.has_value());
  return std::move(*reverse);
}

}  // namespace leafnats::subject
