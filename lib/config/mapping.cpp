// SPDX-License-Identifier: Apache-2.0
//
// The two steps of the mapping: the tables of the sections set options key by key; then the rules
// about options as a whole run, and are blamed on the lines that set them.
#include "config/mapping.hpp"

#include "config/diagnostics.hpp"
#include "config/sections.hpp"
#include "config/validation.hpp"

namespace leafnats::config {

namespace {

/// What a client connects to if nothing else is said.
constexpr std::uint16_t default_client_port = 4222;

}  // namespace

Result<Config> to_config(const Document& document) {
  Diagnostics diagnostics(document);
  General general;
  // nats-server warns too: an empty file is more often a mistake than a wish.
  if (document.root.empty()) {
    diagnostics.warn({}, "config has no values or is empty");
  }
  take_general(document.root, diagnostics, general);
  general.config.options.client_listen = general.listen.endpoint(default_client_port);
  // A section that was refused or wrong leaves gaps that would break rules by themselves.
  if (!diagnostics.has_errors()) {
    for (const Finding& finding : check(general.config.options)) {
      const Position position = diagnostics.origin(finding.field);
      finding.code == Errc::not_supported ? diagnostics.not_supported(position, finding.text)
                                          : diagnostics.invalid(position, finding.text);
    }
  }
  if (diagnostics.has_errors()) {
    return diagnostics.error();
  }
  general.config.warnings = diagnostics.warnings();
  general.config.is_doubtful = diagnostics.has_warned();
  return std::move(general.config);
}

}  // namespace leafnats::config
