// SPDX-License-Identifier: Apache-2.0
//
// The "server" block that every event and answer carries: which server speaks, and the number of
// what it says.
//
// Thread: any.
#pragma once

#include "broker/context.hpp"
#include "monitor/time_text.hpp"
#include "wire/json_writer.hpp"

#include <atomic>
#include <cstdint>

namespace leafnats::monitor {

class ServerBlock {
 public:
  explicit ServerBlock(const broker::Context& context) : context_(context) {}

  void write(wire::JsonWriter& out) {
    out.open("server");
    write_fields(out);
    out.close();
  }
  void write_fields(wire::JsonWriter& out) {
    const broker::Identity& identity = context_.identity;
    out.add("name", identity.server_name);
    out.add("host", identity.client_info.host);
    out.add("id", identity.server_id);
    out.add_if("cluster", identity.cluster);
    out.add("ver", identity.client_info.version);
    out.add("jetstream", false);
    out.add("flags", 0);
    // Relaxed: numbers are unique and grow; nothing is published through them.
    out.add("seq", sequence_.fetch_add(1, std::memory_order_relaxed) + 1);
    out.add("time", rfc3339(WallClock::now()));
  }

 private:
  const broker::Context& context_;
  std::atomic<std::uint64_t> sequence_{0};
};

}  // namespace leafnats::monitor
