// SPDX-License-Identifier: Apache-2.0
//
// The values that have no parts: strings in their five spellings, numbers with units, booleans,
// dates, and references to variables.
#pragma once

#include "config/scanner.hpp"
#include "config/value.hpp"

namespace leafnats::config {

/// A value, or the name of the variable whose value is meant.
struct Scalar {
  Value value;
  bool is_reference = false;  ///< value holds the name after the '$'
};

/// Reads the scalar at the cursor, which stands on its first byte. A bare string may be empty:
/// `key =` at the end of a line in a map is one. False: see scanner.problem().
[[nodiscard]] bool scan_scalar(Scanner& scanner, Scalar& result);

}  // namespace leafnats::config
