// SPDX-License-Identifier: Apache-2.0
//
// One token of a mapping's destination: plain text, or one of nats-server's mapping functions, as
// `$1` or as `{{name(arguments)}}`. What is a function, what it takes and how its faults are
// called is nats-server's (subject_transform.go, 2.15), its leniency included: spaces around
// names and arguments, the first letter of each word in either case. As a destination is cut at
// its dots first, no argument can have one.
#pragma once

#include <leafnats/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject {

enum class MappingFunction : std::uint8_t {
  none,              ///< plain text
  wildcard,          ///< (wildcard): what it matched; `$n` is the same
  partition,         ///< (buckets, wildcards...): a hash of what they matched; none: of the subject
  split_from_left,   ///< (wildcard, characters): a dot after so many
  split_from_right,  ///< (wildcard, characters): a dot before the last so many
  slice_from_left,   ///< (wildcard, characters): a dot after each so many, the last has the rest
  slice_from_right,  ///< (wildcard, characters): likewise, the first has the rest
  split,             ///< (wildcard, delimiter): a dot for each delimiter
  left,              ///< (wildcard, characters): the first so many
  right,             ///< (wildcard, characters): the last so many
  random,            ///< (ceiling): a random number below it
  rest,              ///< `>`, as the last token: what the source's `>` matched
};

/// Plain text has no arguments.
struct DestinationToken {
  MappingFunction function = MappingFunction::none;
  std::vector<std::int64_t> wildcards;  ///< counted from 1, as written
  std::int32_t number = 0;              ///< buckets, characters or ceiling, as written
  std::string delimiter;                ///< split's
};

/// Reads one token; `>` is plain text to it.
/// Errors: invalid_argument with nats-server's words.
Result<DestinationToken> parse_destination_token(std::string_view token);

/// nats-server's words for a token of a destination that is wrong.
Error destination_error(std::string_view what, std::string_view token);

}  // namespace leafnats::subject
