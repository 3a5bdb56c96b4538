// SPDX-License-Identifier: Apache-2.0
//
// Requests into another account, and answers out of it.

#include "broker/service_import.hpp"

#include "base/limits.hpp"
#include "broker/account.hpp"
#include "broker/client_info.hpp"
#include "broker/shard.hpp"
#include "wire/encoder.hpp"
#include "wire/headers.hpp"

#include <utility>

namespace leafnats::broker {
namespace {

constexpr int reply_token_size = 14;
constexpr std::string_view digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

void append_random(std::string& out, base::Random& random, int characters) {
  for (int i = 0; i < characters; ++i) out += digits[random.below(digits.size())];
}

std::string make_prefix(base::Random& random) {
  std::string prefix = "_R_.";
  append_random(prefix, random, 6);
  return prefix + '.';
}

/// What came of publishing: with another import nobody knows yet.
enum class Found : std::uint8_t { nobody, another_import, somebody };

/// Publishes in another account, whose mappings hold there too.
Found publish_in(Shard& shard, Account& account, Message message, Origin origin,
                Luggage& luggage) {
  origin.forwarded = false;
  origin.rerouted = false;
  if (std::string mapped; account.map(message.subject, shard.random(), mapped)) {
    luggage.subject = std::move(mapped);
    message.subject = luggage.subject;
  }
  const std::size_t waiting = shard.router().waiting_crossings();
  const bool found = shard.router().publish(account, message, origin);
  return found                                           ? Found::somebody
         : shard.router().waiting_crossings() > waiting ? Found::another_import
                                                         : Found::nobody;
}

}  // namespace

// ---- Requests ----

ServiceImport::ServiceImport(Shard& shard, Account& importer, Account& exporter,
                             const LinkedImport& import)
    : shard_(shard),
      importer_(importer),
      exporter_(exporter),
      import_(import),
      subscription_(*this, LedgerSource::standing, InterestClass{}) {
  importer_.subscribe(import_.to_exporter.source(), {}, subscription_);
}

ServiceImport::~ServiceImport() { importer_.unsubscribe(subscription_); }

bool ServiceImport::cross(const Crossing& crossing, Luggage& luggage) {
  if (!import_.to_exporter.apply(crossing.message.subject, luggage.subject)) return false;
  Message message = crossing.message;
  message.subject = luggage.subject;
  // An acknowledgement of JetStream finds its way by itself.
  const bool expects = !message.reply.empty() && !message.reply.starts_with("$JS.ACK.");
  if (expects) {
    luggage.reply = exporter_.replies().expect({&importer_, std::string(message.reply),
                                                import_.response_type,
                                                import_.response_threshold});
    message.reply = luggage.reply;
  }
  set_request_info(message, crossing.origin, luggage);
  Origin origin = crossing.origin;
  origin.crossed_service = true;
  const Found found = publish_in(shard_, exporter_, message, origin, luggage);
  if (found == Found::nobody && expects) exporter_.replies().forget(luggage.reply);
  return found == Found::somebody;
}

/// Says who asks, in a header that no requester can set: one that is there already counts only
/// where we have written it ourselves, at the import before this one.
void ServiceImport::set_request_info(Message& message, const Origin& origin,
                                     Luggage& luggage) const {
  const std::string_view block = message.body.substr(0, message.header_size);
  const std::string_view payload = message.payload();
  const std::string info =
      origin.crossed_service
          ? forwarded_client_info(shard_, block, importer_)
          : client_info(shard_, origin.connection, importer_,
                        {import_.share, exporter_.id() == AccountId::system});
  luggage.body = wire::replace_header(block, request_info_header, info);
  message.header_size = static_cast<std::uint32_t>(luggage.body.size());
  luggage.body.append(payload).append(wire::crlf);
  message.body = std::string_view(luggage.body).substr(0, luggage.body.size() - 2);
  message.slab = nullptr;
  luggage.size_digits = wire::Decimal(message.body.size()).view();
  luggage.header_digits = wire::Decimal(message.header_size).view();
  message.size_digits = luggage.size_digits;
  message.header_digits = luggage.header_digits;
}

// ---- Answers ----

ServiceReplies::ServiceReplies(Shard& shard, Account& account)
    : shard_(shard),
      account_(account),
      prefix_(make_prefix(shard.random())),
      subscription_(*this, LedgerSource::own, InterestClass{}) {
  account_.subscribe(prefix_ + '>', {}, subscription_);
}

ServiceReplies::~ServiceReplies() {
  account_.unsubscribe(subscription_);
  shard_.timers().remove(*this);
}

std::string ServiceReplies::expect(Expected expected) {
  std::string token;
  append_random(token, shard_.random(), reply_token_size);
  if (order_.size() >= limits::service_replies_max) drop_oldest();
  expected.deadline_ns = shard_.now() + to_ns(expected.threshold);
  order_.emplace_back(expected.deadline_ns, token);
  expected_.emplace(token, std::move(expected));
  if (order_.size() == 1) arm();
  return prefix_ + token;
}

void ServiceReplies::forget(std::string_view reply) {
  expected_.erase(std::string(reply.substr(prefix_.size())));
}

bool ServiceReplies::cross(const Crossing& crossing, Luggage& luggage) {
  const std::string_view subject = crossing.message.subject;
  const auto found = expected_.find(std::string(subject.substr(prefix_.size())));
  if (found == expected_.end()) return false;
  Expected& expected = found->second;
  Account& requester = *expected.requester;
  luggage.subject = expected.subject;
  Message message = crossing.message;
  message.subject = luggage.subject;
  const ResponseType type = expected.type;
  // The requester may answer to the answer.
  if (!message.reply.empty()) {
    luggage.reply = requester.replies().expect(
        {&account_, std::string(message.reply), type, expected.threshold});
    message.reply = luggage.reply;
  }
  expected.deadline_ns = shard_.now() + to_ns(expected.threshold);
  if (type == ResponseType::singleton || message.body.empty()) expected_.erase(found);
  return publish_in(shard_, requester, message, crossing.origin, luggage) == Found::somebody;
}

void ServiceReplies::on_deadline(std::int64_t now_ns) {
  // An answer in pieces moves its deadline: such a token goes to the end of the queue once more.
  while (!order_.empty() && order_.front().first <= now_ns) {
    std::string token = std::move(order_.front().second);
    order_.pop_front();
    const auto waiting = expected_.find(token);
    if (waiting == expected_.end()) continue;
    if (waiting->second.deadline_ns > now_ns) {
      order_.emplace_back(waiting->second.deadline_ns, std::move(token));
    } else {
      expected_.erase(waiting);
    }
  }
  arm();
}

void ServiceReplies::drop_oldest() {
  expected_.erase(order_.front().second);
  order_.pop_front();
}

void ServiceReplies::arm() {
  shard_.timers().set(*this, order_.empty() ? never : order_.front().first);
}

}  // namespace leafnats::broker
