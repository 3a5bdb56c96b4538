// SPDX-License-Identifier: Apache-2.0
//
// From a request to its answer, its deadline, or the news that nobody is there.

#include "server/client_requests.hpp"

#include "base/assert.hpp"
#include "base/random.hpp"
#include "broker/shard.hpp"
#include "server/client_core.hpp"
#include "server/client_limits.hpp"
#include "wire/encoder.hpp"
#include "wire/headers.hpp"

#include <charconv>
#include <utility>

namespace leafnats::server {
namespace {

/// Whether a server far away says that nobody is subscribed (nats-server: status 503, no payload).
bool says_no_responders(const Message& message) {
  if (!message.payload().empty() || message.header_block().empty()) return false;
  const auto block = wire::HeaderBlock::parse(message.header_block());
  return block && block->status() == "503";
}

}  // namespace

class RequestTable::Pending final : public broker::Timed {
 public:
  Pending(RequestTable& table, std::uint64_t token, AnswerCompletion done)
      : completion(std::move(done)), table_(table), token_(token) {}

  void on_deadline(std::int64_t) override { table_.expire(token_); }

  const AnswerCompletion completion;
  bool nobody = false;  // known at once, told at the deadline, which is now

 private:
  RequestTable& table_;
  const std::uint64_t token_;
};

RequestTable::RequestTable(ClientCore& client, std::uint64_t inbox_sid) noexcept
    : client_(client), inbox_sid_(inbox_sid) {}

RequestTable::~RequestTable() { LEAFNATS_ASSERT(pending_.empty()); }

Result<void> RequestTable::begin(broker::Shard& shard, broker::LocalSession& session,
                                 const Publication& request, std::chrono::milliseconds timeout,
                                 const AnswerCompletion& completion) {
  if (pending_.size() >= limits::client_requests_max) return Error{Errc::limit_exceeded, {}};
  shard_ = &shard;
  if (inbox_prefix_.empty()) open_inbox(session);
  const std::uint64_t token = ++last_token_;
  auto& entry = pending_[token];
  entry = std::make_unique<Pending>(*this, token, completion);
  shard.timers().set(*entry, shard.now() + broker::to_ns(bounded_timeout(timeout)));
  const std::string reply = inbox_prefix_ + std::string(wire::Decimal(token).view());
  const Result<bool> found =
      session.publish(request.subject, reply, request.header_block, request.payload);
  if (!found) {
    take(token);
    return found.error();
  }
  if (!*found) {
    entry->nobody = true;
    shard.timers().set(*entry, shard.now());
  }
  return {};
}

void RequestTable::open_inbox(broker::LocalSession& session) {
  inbox_prefix_ = "_INBOX." + base::make_nuid(*shard_->context().entropy) + ".";
  const Result<void> subscribed = session.subscribe(inbox_sid_, inbox_prefix_ + "*", {}, 0);
  LEAFNATS_ASSERT(subscribed.has_value());
}

void RequestTable::on_answer(const Message& message) {
  const std::string_view digits = message.subject().substr(inbox_prefix_.size());
  std::uint64_t token = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token);
  if (error != std::errc() || end != digits.data() + digits.size()) return;
  // None: it was answered before, or too late.
  const std::unique_ptr<Pending> request = take(token);
  if (request == nullptr) return;
  if (says_no_responders(message)) {
    conclude(*request, Error{Errc::no_responders, {}});
  } else {
    conclude(*request, message);
  }
}

void RequestTable::expire(std::uint64_t token) {
  const std::unique_ptr<Pending> request = take(token);
  conclude(*request, Error{request->nobody ? Errc::no_responders : Errc::timeout, {}});
}

void RequestTable::conclude(Pending& request, const Result<Message>& outcome) {
  // After close() the completion is dropped instead, which tells `closed`.
  client_.call_back(
      inbox_sid_, [&] { return !client_.closed(); }, [&] { request.completion->finish(outcome); });
  client_.consider_drained();
}

std::unique_ptr<RequestTable::Pending> RequestTable::take(std::uint64_t token) {
  const auto found = pending_.find(token);
  if (found == pending_.end()) return nullptr;
  std::unique_ptr<Pending> request = std::move(found->second);
  pending_.erase(found);
  shard_->timers().remove(*request);
  return request;
}

void RequestTable::end_all() {
  for (auto& [token, request] : pending_) shard_->timers().remove(*request);
  const auto dropped = std::exchange(pending_, {});
}

}  // namespace leafnats::server
