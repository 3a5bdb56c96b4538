// SPDX-License-Identifier: Apache-2.0
//
// What the system account hears of logins: connect and disconnect advisories, and refused logins.
// A subject is looked up first; if nobody listens, nothing is made. What the documents hold is
// written field by field from what monitoring shows, so that no secret can slip in.
//
// Thread: each event on the shard of its session.
#pragma once

#include "broker/advisories.hpp"
#include "broker/context.hpp"
#include "broker/shard.hpp"
#include "monitor/server_block.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

namespace leafnats::monitor {

class SystemEvents final : public broker::Advisories {
 public:
  /// `on_change` is told, on any shard, of accounts whose connections have changed while somebody
  /// listens for that.
  using OnChange = std::function<void(const std::string& account)>;
  SystemEvents(broker::Context& context, ServerBlock& server, OnChange on_change);

  void on_connect(broker::Shard& shard, const broker::Session& session) override;
  void on_disconnect(broker::Shard& shard, const broker::Session& session,
                     std::string_view reason) override;
  void on_login_refused(broker::Shard& shard, const broker::Session& session,
                        std::string_view reason) override;

  /// The server stops: what ends now is no news.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }

 private:
  void note_change(broker::Shard& shard, const broker::Session& session);
  [[nodiscard]] std::string end_document(const broker::Session& session, std::string_view account,
                                         std::string_view reason);
  void write_head(wire::JsonWriter& out, std::string_view type);

  broker::Context& context_;
  ServerBlock& server_;
  const OnChange on_change_;
  const std::string login_refused_subject_;
  std::atomic<bool> stopped_{false};
};

/// "type", "id" and "timestamp" of an event.
void write_event_head(wire::JsonWriter& out, broker::Context& context, std::string_view type);

/// Whether a message to this subject of the system account would reach anybody. False for what is
/// no subject: an account's name may be anything.
[[nodiscard]] bool is_heard(broker::Shard& shard, std::string_view subject);

/// The two subjects that an account's number of connections is told on, old and new.
[[nodiscard]] std::string connections_subject(std::string_view account);
[[nodiscard]] std::string old_connections_subject(std::string_view account);

}  // namespace leafnats::monitor
