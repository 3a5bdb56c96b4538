// SPDX-License-Identifier: Apache-2.0
//
// The outcome of a Result in a form that a test can compare and print.
#pragma once

#include <leafnats/result.hpp>

#include <optional>

namespace leafnats::test {

/// The error's code; none for success.
template <class T>
std::optional<Errc> code_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code);
}

}  // namespace leafnats::test
