// SPDX-License-Identifier: Apache-2.0
//
// Protocol traces in nats-server's form: `<<- [PUB foo 5]`, `<<- MSG_PAYLOAD: ["hello"]`,
// `->> [PONG]`. Secrets never reach one: a CONNECT is shown by its harmless fields.
#pragma once

#include "broker/session.hpp"
#include "wire/op.hpp"

#include <string_view>

namespace leafnats::broker {

class Shard;

/// An operation that was received; `begin` is its first byte.
void trace_in(const Shard& shard, const Session& session, const char* begin, const wire::Op& op);

/// A line that is sent, with or without its CR LF.
void trace_out(const Shard& shard, const Session& session, std::string_view line);

/// A body that is sent, without its line end.
void trace_body_out(const Shard& shard, const Session& session, std::string_view body);

}  // namespace leafnats::broker
