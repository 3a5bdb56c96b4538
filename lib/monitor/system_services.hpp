// SPDX-License-Identifier: Apache-2.0
//
// The server's own client in the system account: it takes requests, publishes what is due, and
// says good-bye. While nobody else subscribes there, nothing ticks.
//
// Thread: start(), announce_lame_duck() and stop() from the server's owner; the rest on the first
// shard's.
// Lifetime: must outlive the engine, whose shard keeps it as a sink.
#pragma once

#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/local_session.hpp"
#include "broker/timer_queue.hpp"
#include "monitor/claims_services.hpp"
#include "monitor/server_block.hpp"
#include "monitor/system_events.hpp"
#include "monitor/system_requests.hpp"
#include "net/engine.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::monitor {

/// What every account imports of the system's services: its own numbers and connections, and what
/// its users may know of themselves.
[[nodiscard]] std::vector<AccountImport> common_imports(const broker::Context& context,
                                                        const std::string& account);

/// What the system account offers others, unless its configuration says otherwise: their own
/// connections and numbers, which every server that hears the request answers, and USER.INFO.
void add_system_exports(Options& options, const std::string& system_account);

class SystemServices final : private broker::LocalSink,
                             private broker::Timed,
                             private broker::InterestObserver {
 public:
  SystemServices(net::Engine& engine, broker::Context& context);
  ~SystemServices() override = default;

  /// What sessions tell of logins goes here; for the context, before the shards run.
  [[nodiscard]] broker::Advisories& advisories() noexcept { return events_; }

  /// Operator mode: account tokens are handed out and taken. Both must outlive the engine's
  /// threads; before start().
  void keep_claims(ClaimsKeeper& keeper, auth::Worker& worker);

  /// Subscribes. The engine runs already, its listeners need not.
  void start();
  /// Lame duck mode begins.
  void announce_lame_duck();
  /// Says that the server goes; nothing is answered or told from here on.
  void stop();

 private:
  void on_messages(std::vector<broker::LocalDelivery>& messages) override;
  void on_closed() override { session_ = nullptr; }
  void on_deadline(std::int64_t now_ns) override;
  void on_interest() override;

  void subscribe();
  void subscribe_to(const std::vector<std::string>& subjects);
  void on_account_change(const std::string& account);
  void publish_changes();
  void publish_all_connections();
  void say_good_bye(std::string_view last_token);
  [[nodiscard]] broker::Shard& shard() { return engine_.first_reactor()->shard(); }
  [[nodiscard]] bool anybody_else() ;

  net::Engine& engine_;
  broker::Context& context_;
  ServerBlock server_;
  SystemRequests requests_;
  std::optional<ClaimsServices> claims_;     // only in operator mode
  SystemEvents events_;
  broker::LocalSession* session_ = nullptr;  // the first shard's
  std::set<std::string> changed_;            // accounts to be told of soon
  std::int64_t tick_ns_ = 0;                 // until the next STATSZ; it doubles up to a maximum
  std::int64_t heartbeat_due_ns_ = 0;        // of the accounts' numbers
  bool ticking_ = false;
};

}  // namespace leafnats::monitor
