// SPDX-License-Identifier: Apache-2.0
//
// What the readers of JSON share, for json*.cpp only: simdjson with our bounds, and how text and
// keys are taken.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string_view>

namespace leafnats::wire {

/// Parses a document of at most json_depth_max levels; malformed text in it becomes U+FFFD.
simdjson::simdjson_result<simdjson::dom::element> parse_json(simdjson::dom::parser& parser,
                                                             std::string_view text);

/// Whether two keys are one to nats-server's decoder, which does not mind the case.
[[nodiscard]] bool same_json_key(std::string_view left, std::string_view right) noexcept;

/// Length of the valid UTF-8 sequence that starts at `at`, or 0. Overlong forms, surrogates and
/// anything above U+10FFFF are not valid (RFC 3629).
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text, std::size_t at) noexcept;

}  // namespace leafnats::wire
