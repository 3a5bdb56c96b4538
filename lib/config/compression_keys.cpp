// SPDX-License-Identifier: Apache-2.0
//
// The forms that compression of a leaf link can take: a boolean, a mode, or a map. `zstd` and the
// keys that belong to it are ours.
#include "config/section.hpp"
#include "config/sections.hpp"

#include <algorithm>

namespace leafnats::config {

namespace {

struct ModeName {
  std::string_view names;
  CompressionMode mode;
};
constexpr ModeName mode_names[] = {
    {"on enabled true auto s2_auto", CompressionMode::s2_auto},
    {"off disabled false", CompressionMode::off},
    {"accept", CompressionMode::accept},
    {"fast s2_fast", CompressionMode::s2_fast},
    {"better s2_better", CompressionMode::s2_better},
    {"best s2_best", CompressionMode::s2_best},
    {"zstd", CompressionMode::zstd},
    {"not_supported", CompressionMode::not_supported},
};

/// Names are compared in lower case, and one of them has a blank in it.
void take_mode(const Field& field, CompressionOptions& target) {
  const std::optional<std::string> text = field.text();
  if (!text) {
    return;
  }
  const std::string name = lower(*text) == "not supported" ? "not_supported" : lower(*text);
  for (const ModeName& known : mode_names) {
    if (is_spelling(known.names, name)) {
      target.mode = known.mode;
      return;
    }
  }
  field.invalid(
      "unsupported compression mode: it must be off, accept, s2_auto, s2_fast, s2_better, s2_best "
      "or zstd");
}

/// Their order and number are checked with the other rules about Options. Negative ones count as
/// 0 in nats-server.
void take_rtt_thresholds(const Field& field, CompressionOptions& target) {
  const Array* array = field.array();
  if (array == nullptr) {
    return;
  }
  for (const Value& element : *array) {
    const auto found = field.part(element, field.option()).signed_duration();
    if (!found) {
      return;
    }
    target.rtt_thresholds.push_back(std::max(*found, std::chrono::milliseconds(0)));
  }
}

/// The bounds are those of any int here; what zstd takes is checked with the rules about Options.
void take_number(const Field& field, int& target) {
  if (const auto number = field.integer_between(-1000, 1000)) {
    target = static_cast<int>(*number);
  }
}

constexpr Rule<CompressionOptions> compression_rules[] = {
    {"mode", "mode", take_mode},
    {"rtt_thresholds thresholds rtts rtt", "rtt_thresholds", take_rtt_thresholds},
    {"level", "zstd_level",
     [](const Field& field, CompressionOptions& target) { take_number(field, target.zstd_level); }},
    {"window_log", "zstd_window_log",
     [](const Field& field, CompressionOptions& target) {
       take_number(field, target.zstd_window_log);
     }},
    {"dictionary", "zstd_dictionary_file",
     [](const Field& field, CompressionOptions& target) {
       field.into(target.zstd_dictionary_file);
     }},
};
constexpr Section<CompressionOptions> compression_section{"compression", compression_rules, {}};

}  // namespace

void take_compression(const Field& field, CompressionOptions& target) {
  target = {};
  if (const bool* is_on = field.value().as<bool>()) {
    target.mode = *is_on ? CompressionMode::s2_auto : CompressionMode::off;
  } else if (field.value().as<std::string>()) {
    take_mode(field, target);
  } else if (const Map* map = field.value().as<Map>()) {
    take_section(compression_section, *map, field.option(), field.diagnostics(), target);
  } else {
    field.must_be("true, false, a mode or a map");
  }
}

void list_compression_keys(KeyList& list) { list_keys(compression_section, list); }

}  // namespace leafnats::config
