// SPDX-License-Identifier: Apache-2.0
//
// Collecting findings. Limit: config_errors_max of them are shown, the first ones in file order.
#include "config/diagnostics.hpp"

#include "base/assert.hpp"
#include "config/limits.hpp"

#include <algorithm>

namespace leafnats::config {

void Diagnostics::invalid(Position position, std::string text) {
  errors_.push_back({position, Errc::invalid_config, std::move(text)});
}

void Diagnostics::not_supported(Position position, std::string text) {
  errors_.push_back({position, Errc::not_supported, std::move(text)});
}

void Diagnostics::warn(Position position, std::string text) {
  has_warned_ = true;
  remark(position, std::move(text));
}

void Diagnostics::remark(Position position, std::string text) {
  warnings_.push_back({position, Errc::invalid_config, std::move(text)});
}

void Diagnostics::note_origin(std::string field, Position position) {
  origins_[std::move(field)] = position;
}

/// "leaf.remotes[0].urls[1]" may have come with "leaf.remotes[0].urls" (a variable's value), so
/// that the path is shortened until it is known.
Position Diagnostics::origin(std::string_view field) const {
  while (true) {
    if (const auto found = origins_.find(field); found != origins_.end()) {
      return found->second;
    }
    const std::size_t cut = field.find_last_of(".[");
    if (cut == field.npos) {
      return Position{};
    }
    field = field.substr(0, cut);
  }
}

bool Diagnostics::has_enough_errors() const { return errors_.size() > limits::config_errors_max; }

/// Sections are applied in file order, but rules about several options come last.
Error Diagnostics::error() {
  LEAFNATS_ASSERT(has_errors());
  std::stable_sort(errors_.begin(), errors_.end(),
                   [](const Finding& a, const Finding& b) { return a.position < b.position; });
  const bool is_unsupported = std::all_of(errors_.begin(), errors_.end(), [](const Finding& f) {
    return f.code == Errc::not_supported;
  });
  Error error{is_unsupported ? Errc::not_supported : Errc::invalid_config, {}};
  for (std::size_t i = 0; i < std::min(errors_.size(), limits::config_errors_max); ++i) {
    error.context += (i == 0 ? "" : "\n") + document_.place(errors_[i].position) + errors_[i].text;
  }
  if (errors_.size() > limits::config_errors_max) {
    error.context +=
        "\nand " + std::to_string(errors_.size() - limits::config_errors_max) + " more errors";
  }
  return error;
}

std::vector<std::string> Diagnostics::warnings() const {
  std::vector<std::string> lines;
  for (const Finding& finding : warnings_) {
    lines.push_back(document_.place(finding.position) + finding.text);
  }
  return lines;
}

}  // namespace leafnats::config
