// SPDX-License-Identifier: Apache-2.0
//
// Formatting of protocol traces.

#include "broker/trace.hpp"

#include "base/printable.hpp"
#include "broker/shard.hpp"

#include <fmt/format.h>

namespace leafnats::broker {
namespace {

// A trace is for reading: more of a payload than this helps nobody.
constexpr std::size_t traced_bytes_max = 1024;

std::string_view line_of(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

bool has_body(wire::Verb verb) {
  return verb == wire::Verb::pub || verb == wire::Verb::hpub || verb == wire::Verb::leaf_msg ||
         verb == wire::Verb::leaf_hmsg;
}

void trace_body(const Shard& shard, const Session& session, std::string_view arrow,
                std::string_view body) {
  shard.log(LogLevel::trace, session,
            fmt::format("{} MSG_PAYLOAD: [\"{}\"]", arrow,
                        base::printable(body, traced_bytes_max)));
}

}  // namespace

void trace_in(const Shard& shard, const Session& session, const char* begin, const wire::Op& op) {
  // Control lines end in LF at the latest, so this stays inside what was parsed.
  const char* end = begin;
  while (*end != '\r' && *end != '\n') ++end;
  const std::string_view line(begin, static_cast<std::size_t>(end - begin));
  if (op.verb == wire::Verb::connect) {
    shard.log(LogLevel::trace, session, "<<- [CONNECT {...}]");
    return;
  }
  shard.log(LogLevel::trace, session,
            fmt::format("<<- [{}]", base::printable(line, traced_bytes_max)));
  if (has_body(op.verb)) trace_body(shard, session, "<<-", op.body);
}

void trace_out(const Shard& shard, const Session& session, std::string_view line) {
  shard.log(LogLevel::trace, session,
            fmt::format("->> [{}]", base::printable(line_of(line), traced_bytes_max)));
}

void trace_body_out(const Shard& shard, const Session& session, std::string_view body) {
  trace_body(shard, session, "->>", body);
}

}  // namespace leafnats::broker
