// SPDX-License-Identifier: Apache-2.0
//
// The requests of one client that wait for answers. All share one subscription,
// `_INBOX.<nuid>.*`, made at the first request; the last token of the reply subject tells them
// apart, so that a request costs a table entry and a deadline, and no change of interest.
//
// Thread: the shard's.
#pragma once

#include "broker/local_session.hpp"
#include "broker/timer_queue.hpp"
#include "server/client_completion.hpp"
#include "server/client_queue.hpp"

#include <leafnats/message.hpp>
#include <leafnats/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace leafnats::broker {
class Shard;
}

namespace leafnats::server {

class ClientCore;
using AnswerCompletion = std::shared_ptr<Completion<Message>>;

class RequestTable {
 public:
  /// Answers arrive under `inbox_sid`.
  RequestTable(ClientCore& client, std::uint64_t inbox_sid) noexcept;
  ~RequestTable();

  /// Publishes a request. `completion` gets its outcome, never within this call. Error:
  /// limit_exceeded; then `completion` was not taken.
  Result<void> begin(broker::Shard& shard, broker::LocalSession& session,
                     const Publication& request, std::chrono::milliseconds timeout,
                     const AnswerCompletion& completion);

  /// A message has come under the inbox's sid.
  void on_answer(const Message& message);

  /// Drops all, which tells each `closed`.
  void end_all();

  [[nodiscard]] bool empty() const noexcept { return pending_.empty(); }

 private:
  class Pending;

  void open_inbox(broker::LocalSession& session);
  std::unique_ptr<Pending> take(std::uint64_t token);
  void expire(std::uint64_t token);
  void conclude(Pending& request, const Result<Message>& outcome);

  ClientCore& client_;
  const std::uint64_t inbox_sid_;
  broker::Shard* shard_ = nullptr;  // known from the first request on
  std::string inbox_prefix_;        // "_INBOX.<nuid>."; empty before the first request
  std::uint64_t last_token_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Pending>> pending_;
};

}  // namespace leafnats::server
