// SPDX-License-Identifier: Apache-2.0
//
// The services of the system account that hand out, take and delete account tokens, in operator
// mode: `$SYS.REQ.ACCOUNT.<key>.CLAIMS.LOOKUP` and `.UPDATE`, `$SYS.REQ.CLAIMS.UPDATE`, `.LIST` and
// `.DELETE`. What a token is worth is the keeper's to say; here are subjects and envelopes.
//
// Thread: handle() on the first shard's; the work is done on the worker.
#pragma once

#include "auth/authenticator.hpp"
#include "broker/context.hpp"
#include "monitor/server_block.hpp"
#include "net/engine.hpp"

#include <leafnats/result.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::monitor {

struct SystemRequest;

/// Who keeps account tokens. Thread: any, several at once; may wait for a disk or a network.
class ClaimsKeeper {
 public:
  virtual ~ClaimsKeeper() = default;
  /// Checks a token and keeps it; in force when this returns.
  virtual Result<void> update(std::string_view token) = 0;
  virtual Result<void> remove(const std::string& account) = 0;
  using Found = std::function<void(Result<std::string> token)>;
  virtual void fetch(const std::string& account, Found found) = 0;
  [[nodiscard]] virtual std::vector<std::string> list() const = 0;
  /// Whether deletions are obeyed, and by whom they may be signed.
  [[nodiscard]] virtual bool may_delete() const = 0;
  [[nodiscard]] virtual bool is_operator_key(std::string_view public_key) const = 0;
};

class ClaimsServices {
 public:
  /// All must outlive it.
  ClaimsServices(net::Engine& engine, broker::Context& context, ServerBlock& server,
                 ClaimsKeeper& keeper, auth::Worker& worker);

  /// The subjects that are answered; a request is known by its place in this list.
  [[nodiscard]] static std::vector<std::string> subjects();
  void handle(std::size_t place, const SystemRequest& request);

 private:
  void look_up(const SystemRequest& request);
  void update(const SystemRequest& request, bool named_by_subject);
  void list(const SystemRequest& request);
  void remove(const SystemRequest& request);

  /// What became of an order.
  struct Outcome {
    std::string account;
    std::string message;
    Result<void> result;
  };
  [[nodiscard]] Outcome update_from(const std::string& token, const std::string& account);
  [[nodiscard]] Outcome remove_from(const std::string& token);
  [[nodiscard]] Result<std::vector<std::string>> accounts_to_remove(const std::string& token,
                                                                    std::string& who) const;
  void answer(const std::string& reply, const Outcome& outcome);
  void publish(const std::string& reply, std::string payload);

  net::Engine& engine_;
  broker::Context& context_;
  ServerBlock& server_;
  ClaimsKeeper& keeper_;
  auth::Worker& worker_;
};

}  // namespace leafnats::monitor
