// SPDX-License-Identifier: Apache-2.0
//
// Subjects that become other subjects: a source with wildcards, and a destination that says what
// becomes of what they matched. Mappings of accounts use all functions; imports and the renaming
// on leaf links only place whole tokens, so that they work on patterns and have a reverse. The
// rules are nats-server's (subject_transform.go, 2.15); see mapping_function.hpp.
#pragma once

#include "subject/mapping_function.hpp"

#include <leafnats/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject {

/// The pattern that covers exactly what both cover; nullopt if there is nothing. Literals are
/// patterns too.
[[nodiscard]] std::optional<std::string> intersection(std::string_view a, std::string_view b);

/// The pattern of all that a destination can yield: `*` for each `$n` and `{{wildcard(n)}}`.
[[nodiscard]] std::string pattern_of(std::string_view destination);

/// The other way: the destination that puts what a pattern's stars match in their places, `$1`
/// for the first of them.
[[nodiscard]] std::string numbered(std::string_view pattern);

/// Immutable, and cheap to ask: a source that does not cover a subject is refused by its literal
/// beginning.
class Transform {
 public:
  /// With all functions. An empty source is `>`. Errors: invalid_argument with nats-server's
  /// reason; beyond those, a destination that no subject could be (empty, or with white space).
  static Result<Transform> make(std::string_view source, std::string_view destination);

  /// Only `$n`, `{{wildcard(n)}}` or `*` (the first is `$1`, and so on), each wildcard of the
  /// source exactly once; nats-server refuses only those that are missing.
  static Result<Transform> make_reversible(std::string_view source, std::string_view destination);

  [[nodiscard]] bool covers(std::string_view literal) const;

  /// Writes the destination of `literal` to `out`; false, and `out` as it was, if the source does
  /// not cover it. Allocates only if the capacity of `out` is too small. `random` is for the
  /// function random() alone. With split() and its like the result need not be a valid subject
  /// (nats-server): whoever publishes to it finds nobody.
  /// Lifetime: `literal` must not lie in `out`.
  bool apply(std::string_view literal, std::string& out, std::uint64_t random = 0) const;

  /// Reversible ones only: the pattern of the destinations of what `pattern` and the source have
  /// in common; nullopt: nothing.
  [[nodiscard]] std::optional<std::string> apply_to_pattern(std::string_view pattern) const;

  /// Reversible ones only: from pattern_of(destination()) to the source.
  [[nodiscard]] Transform reversed() const;

  [[nodiscard]] const std::string& source() const noexcept { return source_; }
  /// As it was given, but for plain `*`, which are numbered.
  [[nodiscard]] const std::string& destination() const noexcept { return destination_; }

 private:
  /// Of the source, behind its literal beginning.
  struct Step {
    enum class Kind : std::uint8_t { text, star, rest };
    Kind kind;
    std::string text;
  };
  /// Of the destination: text with its dots, or a function.
  struct Piece {
    MappingFunction function;
    std::string text;                      // plain text, or split's delimiter
    std::vector<std::uint16_t> wildcards;  // places in Captures
    std::int32_t number;
  };
  struct Captures;

  Transform() = default;
  static Result<Transform> build(std::string_view source, std::string_view destination,
                                 bool reversible);
  void compile_source();
  /// A `$1` in the source would be a placeholder on the way back.
  [[nodiscard]] bool is_plain_source() const;
  Result<void> compile_destination(bool reversible);
  Result<void> add_piece(std::string_view token, bool reversible);
  Result<void> add_call(std::string_view token, const DestinationToken& parsed);
  void add_text(std::string_view text);
  [[nodiscard]] bool each_wildcard_once() const;
  bool capture(std::string_view literal, Captures& captures) const;
  static void write(const Piece& piece, const Captures& captures, std::uint64_t random,
                    std::string& out);

  std::string source_;
  std::string destination_;
  std::string head_;            // of the source, up to its first wildcard; all of it if literal
  std::vector<Step> steps_;     // what follows head_
  std::vector<Piece> pieces_;   // the destination
  std::size_t stars_ = 0;
  bool reversible_ = false;
};

}  // namespace leafnats::subject
