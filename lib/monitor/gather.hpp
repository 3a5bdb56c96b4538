// SPDX-License-Identifier: Apache-2.0
//
// Asking every shard for its part of an answer: each fills its part on its own thread, and when
// all have, the parts are put together on the first shard's.
//
// Thread: gather() and `done` on the first shard's; `ask` on each shard's own.
#pragma once

#include "net/engine.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace leafnats::monitor {

/// `done` does not come if the server stops meanwhile.
template <class Part>
void gather(net::Engine& engine, std::function<void(broker::Shard& shard, Part& part)> ask,
            std::function<void(std::vector<Part>& parts)> done) {
  // The parts are written by one shard each and read after all of them have answered.
  auto parts = std::make_shared<std::vector<Part>>(engine.shards_at_work());
  engine.ask_shards(
      static_cast<unsigned>(parts->size()),
      [parts, ask = std::move(ask)](broker::Shard& shard) {
        ask(shard, (*parts)[base::to_index(shard.id())]);
      },
      [parts, done = std::move(done)] { done(*parts); });
}

}  // namespace leafnats::monitor
