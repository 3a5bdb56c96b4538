// SPDX-License-Identifier: Apache-2.0
//
// Which verb a line begins with, for any line: complete or not, in any case. The parser asks here
// whenever its fast compares do not apply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/op.hpp"

namespace leafnats::wire {

enum class Recognition : std::uint8_t {
  known,       ///< a verb, and the blank behind it if it needs one
  incomplete,  ///< the beginning of at least one verb
  unknown,
};

struct Recognized {
  Recognition state = Recognition::unknown;
  Verb verb = Verb::ping;
  std::size_t arguments_at = 0;  ///< behind the verb and one blank, if there is one
};

/// Looks at the bytes of a line as far as they are there, its LF included.
[[nodiscard]] Recognized recognize(Dialect dialect, std::string_view bytes) noexcept;

}  // namespace leafnats::wire
