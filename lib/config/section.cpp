// SPDX-License-Identifier: Apache-2.0
//
// The parts of a section that do not depend on its target.
#include "config/section.hpp"

namespace leafnats::config {

bool is_spelling(std::string_view keys, std::string_view key) {
  while (!keys.empty()) {
    const std::size_t length = std::min(keys.find(' '), keys.size());
    if (keys.substr(0, length) == key) {
      return true;
    }
    keys.remove_prefix(std::min(length + 1, keys.size()));
  }
  return false;
}

std::string option_path(const std::string& section, std::string_view option) {
  const std::string dot = section.empty() || option.empty() ? "" : ".";
  return option.empty() ? std::string() : section + dot + std::string(option);
}

namespace {

bool has_kind(const Field& field, Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return field.boolean().has_value();
    case Kind::integer:
      return field.integer().has_value();
    case Kind::text:
      return field.text().has_value();
    case Kind::any:
      break;
  }
  return true;
}

}  // namespace

void take_notice(const Field& field, const Notice& notice) {
  const std::string reason(notice.reason);
  switch (notice.policy) {
    case Policy::ignore:
      if (has_kind(field, notice.kind)) {
        field.remark(reason + ": " + field.key() + " is ignored");
      }
      return;
    case Policy::pass:
      static_cast<void>(has_kind(field, notice.kind));
      return;
    case Policy::refuse:
      field.not_supported(reason);
      return;
    case Policy::refuse_if_on:
      if (field.boolean().value_or(false)) {
        field.not_supported(reason);
      }
      return;
  }
}

}  // namespace leafnats::config
