// SPDX-License-Identifier: Apache-2.0
//
// The JSON of INFO and CONNECT: flat objects whose fields we know. A message is described by a
// list of fields, each a key and a pointer to where its value lives; the same list reads and
// writes it, so that the two cannot drift apart.
//
// Reading follows what nats-server 2.15.1 accepts, because its decoder is the one that peers were
// tried against:
//   - keys match without regard to case; of two equal keys the later one counts
//   - null leaves a field as it was, and the document `null` leaves all of them
//   - another type than the field's, a fraction or an overflow is an error; nothing is converted
//   - unknown keys are ignored, whatever their value
//   - bytes that are no UTF-8 and lone surrogates become U+FFFD
//   - anything but blanks behind the document is an error
// Stricter than nats-server: at most json_depth_max levels, at most limits::json_document_bytes_max
// bytes, and a number must fit into 64 bits or a double even where it is ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <leafnats/options.hpp>
#include <leafnats/result.hpp>

namespace leafnats::wire {

/// Levels of nesting in a document. The deepest thing that we read has three.
inline constexpr std::size_t json_depth_max = 64;

/// Where the value of a field is read to.
using JsonTarget = std::variant<bool*, std::int64_t*, std::uint64_t*, std::string*,
                                std::vector<std::string>*, std::optional<SubjectPermissions>*>;
/// Where the value of a field is written from.
using JsonSource =
    std::variant<const bool*, const std::int64_t*, const std::uint64_t*, const std::string*,
                 const std::vector<std::string>*, const std::optional<SubjectPermissions>*>;

enum class JsonPresence : std::uint8_t {
  always,      ///< written whatever its value
  if_not_empty ///< left out if false, zero, empty or absent
};

template <class Place>
struct JsonField {
  std::string_view key;
  Place place;
  JsonPresence presence = JsonPresence::if_not_empty;
};

/// Reads documents. It keeps simdjson's buffers from one document to the next, so a shard has one
/// reader for all its connections.
/// Thread: one at a time.
class JsonReader {
 public:
  JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;
  ~JsonReader();

  /// Reads `text` into the fields. After an error some of them may have been assigned.
  Result<void> read(std::string_view text, std::span<const JsonField<JsonTarget>> fields);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// One object with the fields in their order, escaped as Go escapes: <, > and & become \u003c,
/// \u003e and \u0026. The result is valid UTF-8 whatever the strings hold.
[[nodiscard]] std::string format_json(std::span<const JsonField<JsonSource>> fields);

/// Appends a string in quotes, escaped like that.
void append_json_string(std::string& out, std::string_view text);

}  // namespace leafnats::wire
