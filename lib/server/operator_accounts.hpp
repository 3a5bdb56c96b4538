// SPDX-License-Identifier: Apache-2.0
//
// Operator mode in a running server: brings auth::OperatorMode together with the directory of
// accounts, the shards, the resolver that was configured, and a timer of the first shard for
// accounts and activations that expire. While nothing is to expire, nothing is armed.
#pragma once

#include "auth/operator_mode.hpp"
#include "broker/context.hpp"
#include "broker/timer_queue.hpp"
#include "net/zone_files.hpp"

#include <leafnats/result.hpp>

#include <atomic>
#include <memory>
#include <string>

namespace leafnats::net {
class Engine;
class Reactor;
}

namespace leafnats::server {

class OperatorAccounts final : private broker::Timed {
 public:
  /// `context` and `worker` must outlive it. Errors: of OperatorMode::make(), and resolvers that
  /// this build does not have.
  static Result<std::unique_ptr<OperatorAccounts>> make(broker::Context& context,
                                                        auth::Worker& worker,
                                                        auth::LateAnswer answer);

  [[nodiscard]] auth::OperatorMode& mode() noexcept { return *mode_; }
  /// The configuration's system account, or else the operators'; may be empty.
  [[nodiscard]] const std::string& system_account() const noexcept { return system_account_; }

  /// Takes what was preloaded into force. The engine need not run yet.
  void load() { mode_->start(system_account_); }
  /// From now on changes reach the shards.
  void attach(net::Engine& engine);
  /// The engine is about to stop.
  void detach();

 private:
  OperatorAccounts(broker::Context& context, auth::Worker& worker)
      : context_(context), worker_(worker) {}

  void on_deadline(std::int64_t now_ns) override;
  void on_changed();
  void arm();

  broker::Context& context_;
  auth::Worker& worker_;
  const net::ZoneFiles zones_;
  std::string system_account_;
  std::unique_ptr<auth::OperatorMode> mode_;
  std::atomic<net::Engine*> engine_{nullptr};  // set once; workers look at it
  std::shared_ptr<net::Reactor> reactor_;      // the first
};

}  // namespace leafnats::server
