// SPDX-License-Identifier: Apache-2.0
//
// The door into a shard for other threads.
#pragma once

#include "broker/shard.hpp"

#include <functional>

namespace leafnats::net {

class ShardAccess {
 public:
  virtual ~ShardAccess() = default;

  /// Thread: the shard's only.
  [[nodiscard]] virtual broker::Shard& shard() = 0;

  [[nodiscard]] virtual bool on_shard_thread() const = 0;

  /// Runs `task` on the shard's thread inside a turn. False: the server has stopped and the task
  /// is dropped. Thread: any.
  virtual bool post(std::function<void()> task) = 0;
};

}  // namespace leafnats::net
